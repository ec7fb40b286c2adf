/**
 * How far a client is behind, while it is behind: more than `limits.bufferedBytes` wait for it. Slowness is judged by
 * progress. A client may be behind for as long as it takes, within each `limits.slowTime`, either all that waited at
 * some moment of that time or at least `bufferedBytes`; and as long as no more than `limits.backlogBytes` is added to
 * the bytes that waited when it fell behind.
 */
import { SocketIoError } from '../../errors.js';
import type { Clock } from '../clock.js';
import type { LimitReport } from '../limit-report.js';
import { describeLimit, type ResolvedLimits } from '../limits.js';
import type { Loggable } from '../log-fields.js';
import type { Log } from '../log.js';

/** Bytes that a write costs in addition to its data: an entry in the queue of a Node stream. */
export const WRITE_COST = 256;

/**
 * A client that lags, as the option `slowClients` gets it.
 * @publicApi
 */
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
 * The treatment of a client that makes no progress:
 *
 * - `disconnect`: terminate the connection
 * - `drop-volatile`: keep it until `limits.backlogBytes` wait; until it has caught up it gets no volatile messages
 * - a function: decides each time `limits.slowTime` passes without progress
 *
 * `limits.backlogBytes` always terminates the connection, since it bounds the memory of the server.
 * @publicApi
 */
export type SlowClients = 'disconnect' | 'drop-volatile' | ((client: SlowClient) => 'disconnect' | 'wait');

/** The connection of the client. */
export interface LagOwner {
  readonly id: string;
  readonly remoteAddress: string;
  /** Bytes that have been written and that the client has not taken. */
  readonly waitingBytes: number;
  /** Calls `taken` when the client has taken all that has been written so far. */
  whenTaken(taken: () => void): void;
  /** The client is no longer behind. */
  caughtUp(): void;
}

interface LagOptions {
  readonly limits: ResolvedLimits;
  readonly slowClients: SlowClients;
  readonly clock: Clock;
  readonly logger: Log;
}

export class Lag {
  readonly #owner: LagOwner;
  readonly #options: LagOptions;
  /** ms */
  readonly #since: number;
  /** Cost of what was sent after the client fell behind, or since it last took all that waited. */
  #cost = 0;
  /** Bytes sent since the last check. */
  #sent = 0;
  /** Bytes that waited at the last check. */
  #waited: number;
  #progressed = false;
  /** Whether the write that made the client fall behind is yet to come. A burst alone ends no connection. */
  #isBurst = true;
  /** Whether a mark is on its way through the socket. */
  #isMarked = false;

  constructor(owner: LagOwner, options: LagOptions) {
    this.#owner = owner;
    this.#options = options;
    this.#since = options.clock.now();
    this.#waited = owner.waitingBytes;
  }

  /** Cost in bytes of what has been added to the backlog. */
  get cost(): number {
    return this.#cost;
  }

  /** Counts data that has been written, and marks its end to learn when the client has taken it. */
  wrote(bytes: number, writes: number): void {
    this.#sent += bytes;
    if (!this.#isBurst) this.#cost += bytes + writes * WRITE_COST;
    this.#isBurst = false;
    if (!this.#isMarked) this.#mark();
  }

  /** Ends a period of `limits.slowTime`. @returns whether the client may go on lagging */
  check(): boolean {
    const { limits } = this.#options;
    const waiting = this.#owner.waitingBytes;
    const takenBytes = this.#waited + this.#sent - waiting;
    const hasProgressed = this.#progressed || takenBytes >= limits.bufferedBytes;
    this.#progressed = false;
    this.#waited = waiting;
    this.#sent = 0;
    return hasProgressed || this.#isTolerated(waiting, takenBytes);
  }

  /** Applies the option `slowClients`. */
  #isTolerated(bufferedAmount: number, takenBytes: number): boolean {
    const { slowClients, clock, logger } = this.#options;
    if (typeof slowClients !== 'function') return slowClients === 'drop-volatile';
    const { id, remoteAddress } = this.#owner;
    const laggingFor = clock.now() - this.#since;
    try {
      return slowClients({ id, remoteAddress, bufferedAmount, takenBytes, laggingFor }) === 'wait';
    } catch (error) {
      logger.error('the function given as slowClients failed: the client is disconnected', error, {
        connection: id,
        address: remoteAddress,
      });
      return false;
    }
  }

  #mark(): void {
    this.#isMarked = true;
    this.#owner.whenTaken(() => {
      this.#isMarked = false;
      this.#progressed = true;
      this.#cost = 0;
      if (this.#owner.waitingBytes > this.#options.limits.bufferedBytes) this.#mark();
      else this.#owner.caughtUp();
    });
  }
}

/** A limit that a slow client reaches. */
export type SlownessLimit = 'backlogBytes' | 'slowTime' | 'totalBufferedBytes';

/** Reports a client that is disconnected because it is too slow. @returns the error with which its connection ends */
export function tooSlow(
  client: Loggable & { readonly quotedAddress: string; readonly waitingBytes: number },
  limit: SlownessLimit,
  { limits, limitReport }: { readonly limits: ResolvedLimits; readonly limitReport: Pick<LimitReport, 'reached'> },
): SocketIoError {
  const waiting = `${client.waitingBytes} bytes waiting`;
  limitReport.reached(limit, `a client of ${client.quotedAddress} was disconnected with ${waiting}`, client);
  return new SocketIoError('SLOW_CLIENT', `the client left ${waiting}: ${describeLimit(limit, limits[limit])}`);
}
