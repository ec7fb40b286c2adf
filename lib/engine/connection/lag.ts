/**
 * How far a client is behind, while it is behind: more than `limits.bufferedBytes` wait for it. Slowness is judged by
 * progress. A client may be behind for as long as it takes, within each `limits.slowTime`, either all that waited at
 * the start of that time or at least `bufferedBytes`; and as long as no more than `limits.backlogBytes` is added to
 * what waited when it fell behind.
 */

/** Bytes that a write costs in addition to its data: an entry in the queue of a Node stream. */
export const WRITE_COST = 256;

/** A client that lags, as the option `slowClients` gets it. */
export interface SlowClient {
  /** The Engine.IO session id of the connection: a secret between the server and this client. */
  readonly id: string;
  readonly remoteAddress: string;
  /** Bytes that wait for the client. */
  readonly bufferedAmount: number;
  /** Bytes that the client has taken within the last `limits.slowTime`. */
  readonly takenBytes: number;
  /** ms since the client fell behind. */
  readonly laggingFor: number;
}

/**
 * What to do with a client that makes no progress:
 *
 * - `disconnect`: terminate the connection
 * - `drop-volatile`: keep it until `limits.backlogBytes` wait; until it has caught up it gets no volatile messages
 * - a function: decides each time `limits.slowTime` passes without progress
 *
 * `limits.backlogBytes` always terminates the connection, since it bounds the memory of the server.
 */
export type SlowClients = 'disconnect' | 'drop-volatile' | ((client: SlowClient) => 'disconnect' | 'wait');

export class Lag {
  /** Whether a mark is on its way through the socket, see {@link Connection}. */
  isMarked = false;
  /** Cost of what was sent after the client fell behind, or since it last caught up with a mark. */
  cost = 0;
  /** Bytes sent since the last check. */
  #sent = 0;
  /** Bytes that waited at the last check. */
  #waited: number;
  #progressed = false;
  /** Whether the write that made the client fall behind is yet to come. A burst alone ends no connection. */
  #isBurst = true;

  /**
   * @param since time at which the client fell behind, in ms
   * @param waiting bytes
   */
  constructor(
    readonly since: number,
    waiting: number,
  ) {
    this.#waited = waiting;
  }

  /** Counts data that is written while the client is behind. */
  wrote(bytes: number, writes: number): void {
    this.#sent += bytes;
    if (!this.#isBurst) this.cost += bytes + writes * WRITE_COST;
    this.#isBurst = false;
  }

  /** The client has taken everything that was written before the mark. */
  reachedMark(): void {
    this.isMarked = false;
    this.#progressed = true;
    this.cost = 0;
  }

  /** Bytes that the client has taken since the last check. */
  taken(waiting: number): number {
    return this.#waited + this.#sent - waiting;
  }

  /** Starts the next period. @returns whether the client made progress in the one that ends */
  check(waiting: number, bufferedBytes: number): boolean {
    const hasProgressed = this.#progressed || this.taken(waiting) >= bufferedBytes;
    this.#progressed = false;
    this.#waited = waiting;
    this.#sent = 0;
    return hasProgressed;
  }
}
