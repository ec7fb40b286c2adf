/** The namespaces for which `@InjectPresence` was written. As for broadcasters, all applications share the list. */
import { namespacePath } from '../../server/internal.js';

const requested = new Set<string>();

export function requestPresence(namespace: string): void {
  requested.add(namespacePath(namespace));
}

export function requestedPresences(): readonly string[] {
  return [...requested];
}
