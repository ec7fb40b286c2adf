/**
 * The lifetime of clients as other parts of the server follow it, such as presence and the handlers of gateways. With
 * connection state recovery, it spans connections: a client that loses its connection is `dropped`, and then `returned`,
 * `moved` or `ended`. Each client that was `connected` or `returned` is `ended` or `moved` once.
 */
import type { DisconnectReason } from '../socket/socket-state.js';
import type { WatchedSocket } from '../telemetry/watched-socket.js';

/** A client as observers see it. */
export interface ObservedSocket extends WatchedSocket {
  readonly data: unknown;
}

/** All members are notices: they must return at once, and what they throw is a fault of this package. */
export interface SocketObserver<S extends ObservedSocket = ObservedSocket> {
  /** A client was accepted that resumes no session. It may be in rooms already. */
  connected?(socket: S): void;
  /** Its connection was lost, and its session is kept. Its rooms and data can still be read. */
  dropped?(socket: S, reason: DisconnectReason): void;
  /**
   * A client was accepted that resumes a session: of this server or of another one.
   * @param socket another object than before, with the same id, rooms and data
   */
  returned?(socket: S): void;
  /**
   * It has left, did not return in time, or can no longer return. Its rooms and data can still be read. With sessions
   * in a broker, not called for clients that may return to other servers when this one closes.
   * @param reason as it was reported by `dropped`, if it was
   */
  ended?(socket: S, reason: DisconnectReason): void;
  /**
   * It was dropped here, and has returned on another server. If that server refuses it, it has `ended` here instead.
   */
  moved?(socket: S): void;
  /** It may not be accepted yet. A client that has lost its connection leaves no room until it has ended. */
  joined?(socket: S, room: string): void;
  left?(socket: S, room: string): void;
}

/** The observers of one namespace. */
export class SocketObservers implements Required<SocketObserver> {
  readonly #all: SocketObserver[] = [];

  add(observer: SocketObserver): void {
    this.#all.push(observer);
  }

  /** Copies the observers of a parent namespace. */
  inherit(from: SocketObservers): void {
    this.#all.push(...from.#all);
  }

  connected(socket: ObservedSocket): void {
    for (const one of this.#all) one.connected?.(socket);
  }

  dropped(socket: ObservedSocket, reason: DisconnectReason): void {
    for (const one of this.#all) one.dropped?.(socket, reason);
  }

  returned(socket: ObservedSocket): void {
    for (const one of this.#all) one.returned?.(socket);
  }

  ended(socket: ObservedSocket, reason: DisconnectReason): void {
    for (const one of this.#all) one.ended?.(socket, reason);
  }

  moved(socket: ObservedSocket): void {
    for (const one of this.#all) one.moved?.(socket);
  }

  joined(socket: ObservedSocket, room: string): void {
    for (const one of this.#all) one.joined?.(socket, room);
  }

  left(socket: ObservedSocket, room: string): void {
    for (const one of this.#all) one.left?.(socket, room);
  }
}
