/**
 * Acknowledgements that a client owes. Each is settled exactly once: by its answer, by its time-out or by
 * the client's leaving, whichever comes first.
 */
import type { Clock, Timer } from '../../engine/index.js';
import { SocketIoError } from '../../errors.js';

/** @param error why there is no answer, or `null` */
export type Settle = (error: SocketIoError | null, answer: readonly unknown[]) => void;

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
   * @param timeout ms; without it, only an answer or the client's leaving settles
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

  /** An id that is not expected, or no longer, is ignored. */
  answer(id: number, answer: readonly unknown[]): void {
    this.#take(id)?.settle(null, answer);
  }

  /** Gives up on an answer without settling it. */
  cancel(id: number): void {
    this.#take(id);
  }

  /** The client has gone: nothing more will be answered. */
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

/** A broadcast's acknowledgements did not all come. `responses` has those that did. */
export class AckError extends SocketIoError {
  constructor(
    readonly responses: readonly unknown[],
    /** How many should have come. */
    readonly expected: number,
    cause: SocketIoError,
  ) {
    super('ACK_INCOMPLETE', `${responses.length} of ${expected} clients acknowledged: ${cause.message}`, { cause });
    this.name = 'AckError';
  }
}

/** Told once how a broadcast was acknowledged: all answers, or those that came and why not all did. */
export type AllAcknowledged = (error: AckError | null, responses: readonly unknown[]) => void;

/** Collects the answers to one broadcast, one value per client. */
export class AckCollector {
  readonly #done: AllAcknowledged;
  readonly #responses: unknown[] = [];
  #expected = 0;
  #open = 0;
  #sealed = false;
  #failure: SocketIoError | null = null;

  constructor(done: AllAcknowledged) {
    this.#done = done;
  }

  /** One more client owes an answer. */
  expect(): Settle {
    this.#expected++;
    this.#open++;
    return (error, answer) => {
      this.#open--;
      if (error === null) this.#responses.push(answer[0]);
      else this.#failure ??= error;
      this.#settle();
    };
  }

  /** Several more, who are asked together. */
  expectSeveral(): AllAcknowledged {
    this.#open++;
    return (error, responses) => {
      this.#open--;
      this.#expected += error === null ? responses.length : error.expected;
      this.#responses.push(...responses);
      if (error !== null) this.#failure ??= error.cause as SocketIoError;
      this.#settle();
    };
  }

  /** All clients are known: without any, it is done. */
  seal(): void {
    this.#sealed = true;
    this.#settle();
  }

  #settle(): void {
    if (!this.#sealed || this.#open > 0) return;
    const error = this.#failure === null ? null : new AckError(this.#responses, this.#expected, this.#failure);
    this.#done(error, this.#responses);
  }
}

/**
 * The same for a cluster. The clients of this process owe their answers here; the other servers say one by
 * one how many clients they have asked, and hand over what these answer.
 */
export class ClusterAcks {
  readonly #done: AllAcknowledged;
  readonly #responses: unknown[] = [];
  #deadline: Timer | null = null;
  #expected = 0;
  /** Clients that will not answer. */
  #lost = 0;
  #failure: SocketIoError | null = null;
  #reported = 0;
  #servers = Number.POSITIVE_INFINITY; // until their number is known
  #over = false;

  constructor(done: AllAcknowledged) {
    this.#done = done;
  }

  /** @param timeout ms until the answers that came are all there will be */
  start(clock: Clock, timeout: number): void {
    this.#deadline = clock.after(timeout, () => {
      this.#failure = new SocketIoError('ACK_TIMEOUT', `not every client acknowledged within ${timeout} ms`);
      this.#end();
    });
  }

  /** How many servers the cluster has. */
  servers(count: number): void {
    this.#servers = count;
    this.#check();
  }

  /** One of them has asked so many clients. */
  expect(clients: number): void {
    this.#expected += clients;
    this.#reported++;
    this.#check();
  }

  /** A client has answered. */
  answer(response: unknown): void {
    this.#responses.push(response);
    this.#check();
  }

  /** One more client of this process owes an answer. */
  client(): Settle {
    this.#expected++;
    return (error, answer) => {
      if (error === null) return this.answer(answer[0]);
      this.#failure ??= error;
      this.#lost++;
      this.#check();
    };
  }

  #check(): void {
    if (this.#reported === this.#servers && this.#responses.length + this.#lost === this.#expected) this.#end();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#deadline?.cancel();
    const error = this.#failure === null ? null : new AckError(this.#responses, this.#expected, this.#failure);
    this.#done(error, this.#responses);
  }
}
