/**
 * The namespaces for which `@InjectBroadcaster` or `@InjectHistory` was written. Decorators run before any application
 * exists, so all applications share the list. It holds names only, and each application creates its own broadcasters.
 */
import { namespacePath } from '../../server/internal.js';

const requested = new Set<string>();

export function requestBroadcaster(namespace: string): void {
  requested.add(namespacePath(namespace));
}

export function requestedNamespaces(): readonly string[] {
  return [...requested];
}
