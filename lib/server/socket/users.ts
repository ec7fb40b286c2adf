/**
 * The sockets of a server by user, in all namespaces, from the moment at which the server learns of the user until the
 * socket is disconnected or refused. An anonymous socket has no entry. Most users have one socket, which needs no Set.
 */
import type { IdentifiedSocket, Identity } from './identity.js';

export class Users {
  readonly #sockets = new Map<string, IdentifiedSocket | Set<IdentifiedSocket>>();

  /** The number of users. */
  get size(): number {
    return this.#sockets.size;
  }

  /** The sockets of a user. A copy: sockets may leave while the caller iterates. */
  of(userId: string): IdentifiedSocket[] {
    const found = this.#sockets.get(userId);
    if (found === undefined) return [];
    return found instanceof Set ? [...found] : [found];
  }

  /** The number of connections with connected sockets of a user, except one connection. */
  connections(userId: string, except: object): number {
    const clients = new Set<object>();
    for (const { connected, client } of this.of(userId)) if (connected && client !== except) clients.add(client);
    return clients.size;
  }

  /** Lists a socket under the id that its user has now. */
  list(identity: Identity): void {
    const { userId, listedAs, socket } = identity;
    if (userId === listedAs) return;
    this.delete(identity);
    if (userId === undefined) return;
    identity.listedAs = userId;
    const listed = this.#sockets.get(userId);
    if (listed === undefined) this.#sockets.set(userId, socket);
    else if (listed instanceof Set) listed.add(socket);
    else this.#sockets.set(userId, new Set([listed, socket]));
  }

  /** Removes a socket. */
  delete(identity: Identity): void {
    const { listedAs, socket } = identity;
    if (listedAs === undefined) return;
    identity.listedAs = undefined;
    const listed = this.#sockets.get(listedAs);
    if (listed instanceof Set) {
      listed.delete(socket);
      if (listed.size > 0) return;
    }
    this.#sockets.delete(listedAs);
  }
}
