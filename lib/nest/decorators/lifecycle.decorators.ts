import { requireModule } from '../required-module.js';
import { addHandler, type LifecycleKind } from './metadata.js';

/**
 * Marks a method that runs before a client is accepted into the namespace. If it returns `false` or throws, the client
 * is refused and gets `connect_error`, see `ConnectionRefused`. Until the method settles, packets from and to the
 * client are held back.
 * @publicApi
 */
export function OnConnect(): MethodDecorator {
  return lifecycle('connect');
}

/**
 * Marks a method that runs once for each accepted client, when the client leaves the namespace. The client keeps its
 * rooms and `client.data` until the method settles.
 *
 * With connection state recovery, the method does not run for a client that loses its connection and returns. It runs
 * when the client can no longer return: `maxDisconnectionDuration` after the connection was lost, or earlier if its
 * session is evicted, it is refused, or its user is disconnected. Its rooms and `client.data` can still be read then.
 * @publicApi
 */
export function OnDisconnect(): MethodDecorator {
  return lifecycle('disconnect');
}

/**
 * Marks a method that runs when a client has lost its connection and may return: its session is kept. Only with the
 * option `connectionStateRecovery`. Guards do not run. A failure is logged.
 * @publicApi
 */
export function OnDrop(): MethodDecorator {
  return lifecycle('drop');
}

/**
 * Marks a method that runs when a client has returned: it was accepted and has resumed its session, which may have been
 * on another server. `client` is a new object with the same id, rooms and data. The method runs after `@OnConnect`, and
 * its failure is logged and does not refuse the client. Only with the option `connectionStateRecovery`.
 * @publicApi
 */
export function OnReturn(): MethodDecorator {
  return lifecycle('return');
}

function lifecycle(kind: LifecycleKind): MethodDecorator {
  return (target, _key, descriptor) => {
    requireModule(target);
    addHandler(descriptor.value as object, { lifecycle: [kind] });
  };
}
