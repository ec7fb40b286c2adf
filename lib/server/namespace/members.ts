/**
 * The sockets of a namespace that broadcasts reach, by id: one index of those that are connected and those whose
 * connect handlers run. The connected ones have a Map of their own, which is the public `namespace.sockets`.
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

  /** Visits all members. Not an iterator: a broadcast to 1,000 clients would spend more on it than on sending. */
  forEach(visit: (socket: S) => void): void {
    for (const socket of this.connected.values()) visit(socket);
    for (const socket of this.#entering.values()) visit(socket);
  }

  /** Adds a socket whose connect handlers run. */
  add(socket: S): void {
    this.#entering.set(socket.id, socket);
  }

  /** The socket is connected. */
  connect(socket: S): void {
    this.#entering.delete(socket.id);
    this.connected.set(socket.id, socket);
  }

  /** Removes a socket. A new socket with the same id stays: its client may have resumed already. */
  delete(socket: S): void {
    for (const sockets of [this.connected, this.#entering]) {
      if (sockets.get(socket.id) === socket) sockets.delete(socket.id);
    }
  }
}
