/** Injection tokens, and the namespaces for which a broadcaster was asked. */
import { namespacePath } from '../server/index.js';

/** Where this module logs. */
export const SOCKETIO_LOG = Symbol('nest-socketio:log');

/** The namespaces that `@InjectBroadcaster` has seen: names only, each application makes its own broadcasters. */
const noted = new Set<string>();

export function noteBroadcaster(namespace: string): void {
  noted.add(namespacePath(namespace));
}

export function notedBroadcasters(): readonly string[] {
  return [...noted];
}
