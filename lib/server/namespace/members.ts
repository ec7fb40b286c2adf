/**
 * The sockets of a namespace that broadcasts reach, by id: the connected ones, and those whose connect handlers are
 * running. The connected ones have a Map of their own, which is the public `namespace.sockets`.
 */
import type { Member, MemberIndex } from '../adapter/adapter.js';

/** @typeParam S the type of a socket */
export class Members<S extends Member> implements MemberIndex {
  readonly connected = new Map<string, S>();
  readonly #entering = new Map<string, S>();

  get size(): number {
    return this.connected.size + this.#entering.size;
  }

  get(id: string): S | undefined {
    return this.connected.get(id) ?? this.#entering.get(id);
  }

  *keys(): Generator<string, undefined> {
    yield* this.connected.keys();
    yield* this.#entering.keys();
  }

  /**
   * Visits all members. A method, since a broadcast to 1,000 clients would spend more on an iterator than on sending.
   */
  forEach(visit: (socket: S) => void): void {
    for (const socket of this.connected.values()) visit(socket);
    for (const socket of this.#entering.values()) visit(socket);
  }

  /** Adds a socket whose connect handlers are about to run. */
  add(socket: S): void {
    this.#entering.set(socket.id, socket);
  }

  /** Moves a socket to the connected ones. */
  connect(socket: S): void {
    this.#entering.delete(socket.id);
    this.connected.set(socket.id, socket);
  }

  /** Removes a socket, but not a new socket with the same id, which exists if the client has resumed already. */
  delete(socket: S): void {
    for (const sockets of [this.connected, this.#entering]) {
      if (sockets.get(socket.id) === socket) sockets.delete(socket.id);
    }
  }
}
