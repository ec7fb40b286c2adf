/**
 * The namespaces that decorators have named. Decorators run before any application exists, so all applications share
 * the lists. They hold names only, and each application creates its own providers.
 */
import { SocketIoError } from '../../errors.js';
import { namespacePath } from '../../server/internal.js';
import { isRoutePattern } from '../gateways/namespace-pattern.js';

export class RequestedNamespaces {
  readonly #names = new Set<string>();

  /** A copy. */
  get names(): readonly string[] {
    return [...this.#names];
  }

  /**
   * @param refusal returns the message of the error for a pattern
   * @throws SocketIoError `INVALID_ARGUMENT` for a pattern
   */
  request(namespace: string, refusal: (namespace: string) => string): void {
    const path = namespacePath(namespace);
    if (isRoutePattern(path)) throw new SocketIoError('INVALID_ARGUMENT', refusal(namespace));
    this.#names.add(path);
  }
}

/** Those of `@InjectBroadcaster` and `@InjectHistory`. */
export const requestedBroadcasters = new RequestedNamespaces();

/** Those of `@InjectPresence`. */
export const requestedPresences = new RequestedNamespaces();
