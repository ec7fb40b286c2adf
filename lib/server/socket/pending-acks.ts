/**
 * The outstanding acknowledgements of one client. Each is settled exactly once: when the client answers, when the
 * timeout has passed or when the client leaves, whichever comes first.
 */
import type { Clock, Timer } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';
import type { Settle } from '../adapter/ack-collector.js';

interface PendingAck {
  readonly settle: Settle;
  readonly timer: Timer | null;
}

export class PendingAcks {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #pending = new Map<number, PendingAck>();

  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
  }

  get size(): number {
    return this.#pending.size;
  }

  /**
   * Waits for an acknowledgement.
   * @param timeout ms; without it, the wait ends when the client answers or leaves
   * @throws SocketIoError `TOO_MANY_ACKS`
   */
  expect(id: number, settle: Settle, timeout?: number): void {
    if (this.#pending.size >= this.#limit) {
      throw new SocketIoError(
        'TOO_MANY_ACKS',
        `${this.#limit} acknowledgements of one client are outstanding: emit with timeout(), or raise limits.pendingAcks`,
      );
    }
    const timer = timeout === undefined ? null : this.#clock.after(timeout, () => this.#timedOut(id, timeout));
    this.#pending.set(id, { settle, timer });
  }

  /** Settles an acknowledgement. Ignores an id that is not pending. */
  answer(id: number, answer: readonly unknown[]): void {
    this.#take(id)?.settle(null, answer);
  }

  /** Called when the client has left: settles all with `CLIENT_GONE`. */
  end(): void {
    const error = new SocketIoError('CLIENT_GONE', 'the client left before it acknowledged');
    for (const id of this.#pending.keys()) this.#take(id)?.settle(error, []);
  }

  #timedOut(id: number, timeout: number): void {
    const error = new SocketIoError('ACK_TIMEOUT', `the client did not acknowledge within ${timeout} ms`);
    this.#take(id)?.settle(error, []);
  }

  #take(id: number): PendingAck | undefined {
    const ack = this.#pending.get(id);
    this.#pending.delete(id);
    ack?.timer?.cancel();
    return ack;
  }
}
