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
 * @publicApi
 */
export function OnDisconnect(): MethodDecorator {
  return lifecycle('disconnect');
}

function lifecycle(kind: LifecycleKind): MethodDecorator {
  return (target, _key, descriptor) => {
    requireModule(target);
    addHandler(descriptor.value as object, { lifecycle: [kind] });
  };
}
