/** The deadlines of the clients of a server. Each is a queue with one timer, however many clients there are. */
import { DeadlineQueue } from '../engine/internal.js';
import type { Undecided } from './namespace/patterns.js';
import type { ResolvedServerOptions } from './server-options.js';

/** A client as its deadlines see it. */
interface LateClient {
  /** Called when the time is up: closes the connection. */
  expire(what: string): void;
}

/** @typeParam C the type of a client */
export class ClientDeadlines<C extends LateClient> {
  /** Clients that must join a namespace soon. */
  readonly unjoined: DeadlineQueue<C>;
  /** Clients that must send attachments soon. */
  readonly incomplete: DeadlineQueue<C>;
  /** Sockets and functions given to {@link Server.of} that must decide soon. */
  readonly undecided: DeadlineQueue<Undecided>;
  /** Sockets whose disconnect handlers must finish soon. */
  readonly leaving: DeadlineQueue<() => void>;

  constructor({ connectTimeout, attachmentTimeout, engine }: ResolvedServerOptions) {
    const { clock, limits } = engine;
    this.unjoined = new DeadlineQueue(connectTimeout, (client) => client.expire('no namespace joined'), clock);
    this.incomplete = new DeadlineQueue(
      attachmentTimeout,
      (client) => client.expire('attachments did not arrive'),
      clock,
    );
    this.undecided = new DeadlineQueue(connectTimeout, (undecided) => undecided.overdue(), clock);
    this.leaving = new DeadlineQueue(limits.disconnectHandlerTime, (giveUp) => giveUp(), clock);
  }

  clear(): void {
    this.unjoined.clear();
    this.incomplete.clear();
    this.undecided.clear();
    this.leaving.clear();
  }
}
