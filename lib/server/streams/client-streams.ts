/** The streams of one connection: their number, the bytes that are kept for it, and what its end means for them. */
import { RECOVERABLE } from '../adapter/recovery.js';
import type { StreamAccount } from './stream.js';
import type { StreamSocket } from './stream-socket.js';

/** A stream that ends at a client of this server. */
export interface ClientStream {
  readonly socket: StreamSocket;
  /** The connection was lost: the client may resume the stream. */
  lost(): void;
  /** The client has left. */
  left(): void;
}

export class ClientStreams implements StreamAccount {
  bytes = 0;
  readonly address: string;
  #hasAcknowledged = false;
  #hasMissed = false;
  readonly #open = new Set<ClientStream>();
  readonly #followed = new WeakSet<StreamSocket>();

  constructor(address: string) {
    this.address = address;
  }

  /** The number of streams that have not ended. */
  get size(): number {
    return this.#open.size;
  }

  /** Whether the client has not acknowledged a value when it could have: there is no use in waiting for it again. */
  get neverAcknowledges(): boolean {
    return this.#hasMissed && !this.#hasAcknowledged;
  }

  /** The client has acknowledged a value, of any stream. */
  acknowledged(): void {
    this.#hasAcknowledged = true;
  }

  /** The client has not acknowledged a value of a stream in time. */
  missed(): void {
    this.#hasMissed = true;
  }

  add(stream: ClientStream): void {
    this.#open.add(stream);
    const { socket } = stream;
    if (this.#followed.has(socket)) return;
    this.#followed.add(socket);
    socket.once('disconnecting', (reason) => {
      for (const one of this.#open) {
        if (one.socket !== socket) continue;
        this.#open.delete(one);
        if (RECOVERABLE.has(reason)) one.lost();
        else one.left();
      }
    });
  }

  delete(stream: ClientStream): void {
    this.#open.delete(stream);
  }
}
