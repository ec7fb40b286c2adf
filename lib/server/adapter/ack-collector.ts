/**
 * Collects the acknowledgements of one broadcast: one response per receiver, and one result. `AckCollector` knows its
 * receivers; `ClusterAcks` learns their number from the servers of the cluster.
 */
import type { Clock, Timer } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';

/** Settles one acknowledgement, with the client's answer or with an error that says why there is none. */
export type Settle = (error: SocketIoError | null, answer: readonly unknown[]) => void;

/**
 * Some receivers of a broadcast did not acknowledge it. `responses` has the answers of the others.
 * @publicApi
 */
export class AckError extends SocketIoError {
  constructor(
    readonly responses: readonly unknown[],
    /** The number of receivers. */
    readonly expected: number,
    cause: SocketIoError,
  ) {
    super('ACK_INCOMPLETE', `${responses.length} of ${expected} clients acknowledged: ${cause.message}`, { cause });
    this.name = 'AckError';
  }
}

/** Called once with the responses to a broadcast. `error` is set if some are missing. */
export type AllAcknowledged = (error: AckError | null, responses: readonly unknown[]) => void;

/** Collects the responses of known receivers. */
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

  /** Expects the answer of one more client. */
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

  /** Expects the answers of several clients, which another collector gathers. */
  expectSeveral(): AllAcknowledged {
    this.#open++;
    return (error, responses) => {
      this.#open--;
      this.#expected += error === null ? responses.length : error.expected;
      for (const response of responses) this.#responses.push(response); // a spread call fails above some 120,000
      if (error !== null) this.#failure ??= error.cause as SocketIoError;
      this.#settle();
    };
  }

  /** Ends the registration of clients. Without any client, the result is ready now. */
  seal(): void {
    this.#sealed = true;
    this.#settle();
  }

  #settle(): void {
    if (!this.#sealed || this.#open > 0) return;
    report(this.#done, this.#responses, this.#expected, this.#failure);
  }
}

/**
 * Collects the responses of a cluster. The clients of this process answer here. Each server reports how many of its
 * clients got the broadcast, and the other servers pass on the answers of theirs.
 */
export class ClusterAcks {
  readonly #done: AllAcknowledged;
  readonly #responses: unknown[] = [];
  #deadline: Timer | null = null;
  #expected = 0;
  /** The number of clients of this process that failed to answer. */
  #lost = 0;
  #failure: SocketIoError | null = null;
  /** The number of servers that have reported. */
  #reported = 0;
  #servers = Number.POSITIVE_INFINITY; // until the adapter has counted them
  #over = false;

  constructor(done: AllAcknowledged) {
    this.#done = done;
  }

  /** Starts the timeout. @param timeout ms, after which the responses received so far are the result */
  start(clock: Clock, timeout: number): void {
    this.#deadline = clock.after(timeout, () => {
      this.#failure = new SocketIoError('ACK_TIMEOUT', `not every client acknowledged within ${timeout} ms`);
      this.#end();
    });
  }

  /** @param count the number of servers in the cluster, including this one */
  setServerCount(count: number): void {
    this.#servers = count;
    this.#check();
  }

  /** Called for each server with the number of its clients that got the broadcast. */
  expect(clients: number): void {
    this.#expected += clients;
    this.#reported++;
    this.#check();
  }

  /** Called with the answer of a client. */
  answer(response: unknown): void {
    this.#responses.push(response);
    this.#check();
  }

  /** Expects the answer of one more client of this process. */
  expectLocal(): Settle {
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
    report(this.#done, this.#responses, this.#expected, this.#failure);
  }
}

function report(
  done: AllAcknowledged,
  responses: readonly unknown[],
  expected: number,
  failure: SocketIoError | null,
): void {
  done(failure === null ? null : new AckError(responses, expected, failure), responses);
}
