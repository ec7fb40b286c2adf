/**
 * The acknowledgements that one client owes. Each is settled exactly once: by the client's answer, by its timeout or
 * by the client's leaving, whichever comes first.
 */
import type { Clock, Timer } from '../../engine/index.js';
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
   * @param timeout ms. Without it, the acknowledgement waits until the client answers or leaves
   * @throws SocketIoError `TOO_MANY_ACKS`
   */
  expect(id: number, settle: Settle, timeout?: number): void {
    if (this.#pending.size >= this.#limit) {
      throw new SocketIoError(
        'TOO_MANY_ACKS',
        `${this.#limit} acknowledgements of one client are outstanding: emit with timeout(), or raise maxPendingAcks`,
      );
    }
    const timer = timeout === undefined ? null : this.#clock.after(timeout, () => this.#timedOut(id, timeout));
    this.#pending.set(id, { settle, timer });
  }

  /** Settles an acknowledgement. Ignores an id that is not pending. */
  answer(id: number, answer: readonly unknown[]): void {
    this.#take(id)?.settle(null, answer);
  }

  /** Settles all with `CLIENT_GONE`: the client has left. */
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
