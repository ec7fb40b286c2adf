import { addHandler, type LifecycleKind } from './metadata.js';

/**
 * Marks a method that runs before a client is accepted into the namespace. Returning `false` or throwing
 * refuses: the client gets `connect_error`, see `ConnectionRefused`. Until it settles, events of the client
 * wait, and so does what is sent to it.
 */
export function OnConnect(): MethodDecorator {
  return lifecycle('connect');
}

/**
 * Marks a method that runs once for each client that was accepted, when it leaves the namespace. Rooms and
 * `client.data` are still there until it settles.
 */
export function OnDisconnect(): MethodDecorator {
  return lifecycle('disconnect');
}

function lifecycle(kind: LifecycleKind): MethodDecorator {
  return (_target, _key, descriptor) => addHandler(descriptor.value as object, { lifecycle: [kind] });
}
