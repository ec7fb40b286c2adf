/**
 * The link of a server to its broker. Everything that its adapters publish passes through here, in order. Client
 * libraries queue without bound while their broker is away, so the link gives a client only a window of messages at a
 * time and keeps the others in a queue of its own. The bounds are `limits.brokerMessages` and `limits.brokerBytes`,
 * for all namespaces together. When one is reached, the oldest waiting message is dropped.
 */
import {
  type Clock,
  Histogram,
  isThenable,
  type LimitReport,
  type Log,
  type ResolvedLimits,
  ThrottledLog,
} from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';

/** Messages and bytes that a client library gets before it has settled earlier ones: enough to keep a network busy. */
const WINDOW = { messages: 256, bytes: 1_000_000 };

/** ms without progress after which the broker counts as absent: longer than a pause of a healthy one. */
const STALL = 5_000;

/**
 * How a server gets on with its broker. See {@link Server.brokerHealth}.
 * @publicApi
 */
export interface BrokerHealth {
  /** Why the clients of other servers are not reached at present; `null` if they are, or if there is no broker. */
  readonly degraded: string | null;
  /** Messages to other servers that were dropped, see `limits.brokerMessages` and `limits.brokerBytes`. */
  readonly dropped: number;
  /** Failed calls of the adapter and of the client of its broker. */
  readonly failed: number;
  /** Messages from the broker that the adapter could not read. */
  readonly unreadable: number;
  /** Messages to other servers that the broker has not taken yet, and their bytes. */
  readonly waiting: { readonly messages: number; readonly bytes: number };
}

/** The options that a link reads. They may change until the server serves. */
export interface LinkOptions {
  readonly limits: Pick<ResolvedLimits, 'brokerMessages' | 'brokerBytes'>;
  readonly limitReport: Pick<LimitReport, 'reached'>;
  readonly clock: Clock;
  readonly logger: Log;
}

/** The reason why {@link BrokerLink.send} rejects for a dropped message. The limit report has logged it. */
export class MessageDropped extends SocketIoError {
  constructor() {
    super('ADAPTER_FAILED', 'a message to other servers was dropped: too many wait for the broker');
  }
}

/** Seconds that a broker takes for a message: from a broker on the same host to one that is about to count as absent. */
export const BROKER_LATENCIES = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

interface Parcel {
  readonly bytes: number;
  /** ms, of `performance.now()` */
  readonly at: number;
  readonly publish: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  next: Parcel | null;
}

export class BrokerLink {
  // --- Public attributes ---

  /** Clients that are guarded already: several namespaces may share one. */
  readonly guarded = new WeakSet<object>();
  /** Seconds from {@link send} until the broker has taken the message. */
  readonly latency = new Histogram(BROKER_LATENCIES);
  /** Called with each of them. */
  onTaken: ((latency: number) => void) | null = null;
  readonly #options: LinkOptions;
  readonly #throttled: ThrottledLog;
  /** The queue is a linked list: the oldest message is removed as often as the newest is added. */
  #first: Parcel | null = null;
  #last: Parcel | null = null;
  /** All messages that have not been settled, waiting or not. */
  #messages = 0;
  #bytes = 0;
  /** Those of them that the client library has. */
  #given = 0;
  #givenBytes = 0;
  /** When a message was last settled, or given to an idle client library. ms */
  #progressAt = 0;
  #watching = false;
  #closed = false;
  #degraded: string | null = null;
  #dropped = 0;
  #failed = 0;
  #unreadable = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#throttled = new ThrottledLog(() => options.clock.now());
  }

  /** A copy. */
  get health(): BrokerHealth {
    return {
      degraded: this.#degraded,
      dropped: this.#dropped,
      failed: this.#failed,
      unreadable: this.#unreadable,
      waiting: { messages: this.#messages, bytes: this.#bytes },
    };
  }

  // --- Public methods ---

  /**
   * Publishes a message, at once or after the ones that wait.
   * @param bytes the approximate size of the message
   * @returns the result of `publish`. A rejection that the caller ignores has no effect
   * @throws MessageDropped
   */
  send<T>(bytes: number, publish: () => T): Promise<Awaited<T>> {
    const sent = new Promise<unknown>((resolve, reject) => {
      this.#accept({ bytes, at: performance.now(), publish, resolve, reject, next: null });
    });
    sent.catch(() => {}); // published adapters ignore the promise
    return sent as Promise<Awaited<T>>;
  }

  /** Counts a failed call, whether or not it went through {@link send}. */
  countFailure(): void {
    this.#failed++;
  }

  /** Counts a message that the adapter could not read. */
  countUnreadable(): void {
    this.#unreadable++;
  }

  /** Called when the server is closed: messages that are under way are no longer watched. */
  close(): void {
    this.#closed = true;
  }

  // --- Inside ---

  #accept(parcel: Parcel): void {
    this.#messages++;
    this.#bytes += parcel.bytes;
    if (this.#first === null && this.#fits(parcel)) return this.#give(parcel);
    if (this.#last === null) this.#first = parcel;
    else this.#last.next = parcel;
    this.#last = parcel;
    this.#drop();
  }

  /** Drops the oldest waiting messages while a limit is exceeded. */
  #drop(): void {
    const { limits, limitReport } = this.#options;
    while (this.#first !== null) {
      const tooMany = this.#messages > limits.brokerMessages;
      if (!tooMany && this.#bytes <= limits.brokerBytes) return;
      const oldest = this.#shift(this.#first);
      this.#messages--;
      this.#bytes -= oldest.bytes;
      this.#dropped++;
      this.#degraded = 'the broker takes fewer messages than this server sends: the oldest are dropped';
      limitReport.reached(
        tooMany ? 'brokerMessages' : 'brokerBytes',
        'the oldest message to other servers was dropped, since the broker does not take it',
      );
      oldest.reject(new MessageDropped());
    }
  }

  #fits({ bytes }: Parcel): boolean {
    const { brokerMessages, brokerBytes } = this.#options.limits;
    if (this.#given === 0) return true; // even a message that is larger than the window
    return (
      this.#given < Math.min(WINDOW.messages, brokerMessages / 2) &&
      this.#givenBytes + bytes <= Math.min(WINDOW.bytes, brokerBytes / 2)
    );
  }

  #shift(first: Parcel): Parcel {
    this.#first = first.next;
    if (this.#first === null) this.#last = null;
    return first;
  }

  #give(parcel: Parcel): void {
    const { resolve, reject } = parcel;
    if (this.#given === 0) this.#progressAt = this.#options.clock.now();
    this.#given++;
    this.#givenBytes += parcel.bytes;
    try {
      const result = parcel.publish();
      if (!isThenable(result)) {
        this.#settled(parcel);
        return resolve(result);
      }
      this.#watch();
      result.then(
        (value) => {
          this.#settled(parcel);
          this.#taken(parcel);
          if (this.#first === null) this.#degraded = null;
          resolve(value);
          this.#advance();
        },
        (error: unknown) => {
          this.#settled(parcel);
          this.#degraded = `the broker did not take a message: ${error instanceof Error ? error.message || error.name : String(error)}`;
          reject(error);
          this.#advance();
        },
      );
    } catch (error) {
      this.#settled(parcel); // a value that cannot be encoded, which says nothing about the broker
      reject(error);
    }
  }

  #settled({ bytes }: Parcel): void {
    this.#messages--;
    this.#bytes -= bytes;
    this.#given--;
    this.#givenBytes -= bytes;
    this.#progressAt = this.#options.clock.now();
  }

  #taken({ at }: Parcel): void {
    const latency = (performance.now() - at) / 1_000;
    this.latency.add(latency);
    this.onTaken?.(latency);
  }

  #advance(): void {
    while (this.#first !== null && this.#fits(this.#first)) this.#give(this.#shift(this.#first));
  }

  /** Checks the progress every {@link STALL} ms until nothing is under way. One timer serves all messages. */
  #watch(): void {
    if (this.#watching || this.#closed) return;
    this.#watching = true;
    this.#options.clock.after(STALL, () => {
      this.#watching = false;
      if (this.#given === 0 || this.#closed) return;
      if (this.#options.clock.now() - this.#progressAt >= STALL) this.#stalled();
      this.#watch();
    });
  }

  #stalled(): void {
    this.#degraded = `the broker has taken no message for more than ${STALL} ms`;
    const line = this.#throttled.pass('stall', `${this.#degraded}: the clients of other servers are not reached`);
    if (line !== null) this.#options.logger.warn(line);
  }
}
