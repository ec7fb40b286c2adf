/** A broker on core NATS, which keeps no messages. */
import { SocketIoError } from '../../errors.js';
import type { Broker, BrokerListener } from '../broker/broker.js';
import { Assembler, Splitter } from './message-parts.js';
import { bufferOf, type NatsConnection } from './nats-client.js';
import { NatsLink } from './nats-link.js';
import type { NatsLists } from './nats-lists.js';
import type { OpenConnection } from './open-connection.js';
import { partSize } from './part-size.js';

export class NatsChannel implements Broker {
  readonly store = null;
  readonly lists: NatsLists | null;
  readonly #channel: string;
  readonly #link: NatsLink;
  readonly #splitter: Splitter;
  readonly #assembler = new Assembler();
  readonly #confirmations = new Confirmations();
  #listener: BrokerListener | null = null;
  /** The reason for which the server refuses the subscription. */
  #refused: Error | null = null;
  #unsubscribe: (() => void) | null = null;

  /** @param listsOver creates the lists, given the link */
  constructor(
    channel: string,
    source: NatsConnection | OpenConnection,
    listsOver: (link: () => NatsLink) => NatsLists | null = () => null,
  ) {
    this.#channel = channel;
    this.lists = listsOver(() => this.#link);
    this.#splitter = new Splitter(channel);
    this.#link = new NatsLink(source, {
      attach: (connection) => this.#subscribe(connection),
      prepare: (connection, again) => this.#prepare(connection, again),
    });
  }

  open(listener: BrokerListener): Promise<void> {
    this.#listener = listener;
    return this.#link.open(listener);
  }

  publish(bytes: Buffer): Promise<void> {
    return this.#link.whenReady((connection) => {
      for (const part of this.#splitter.split(bytes, partSize(connection))) {
        connection.publish(part.subject, part.bytes);
      }
      return this.#confirmations.next(connection);
    });
  }

  close(): Promise<void> {
    this.#unsubscribe?.();
    return this.#link.close();
  }

  #subscribe(connection: NatsConnection): void {
    // The library restores subscriptions when it reconnects. One server delivers both in the order of their messages.
    const subscriptions = [this.#channel, `${this.#channel}.part.>`].map((subject) =>
      connection.subscribe(subject, {
        callback: (error, message) => {
          if (error !== null) this.#refused = error;
          else this.#received(message.subject, message.data);
        },
      }),
    );
    this.#unsubscribe = () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
    };
  }

  #received(subject: string, data: Uint8Array): void {
    const bytes = subject === this.#channel ? bufferOf(data) : this.#assembler.add({ subject, bytes: data });
    if (bytes !== null) this.#listener?.received(bytes, null);
  }

  async #prepare(connection: NatsConnection, again: boolean): Promise<void> {
    this.#confirmations.clear();
    await connection.flush(); // NATS has processed the subscriptions
    if (this.#refused !== null) {
      throw new SocketIoError(
        'INVALID_OPTION',
        `option "broker" must have a user with permission to publish and to subscribe to "${this.#channel}" and ` +
          `"${this.#channel}.part.>", got "${this.#refused.message}": change the permissions of the user`,
      );
    }
    await this.lists?.prepare(connection);
    if (!again) return;
    this.#assembler.clear();
    this.#listener?.gap();
  }
}

/**
 * Confirms that NATS has received messages. It does not acknowledge a message, but it answers a ping after everything
 * that was sent before. One ping at a time is under way. Messages that are published in the meantime share the next
 * ping, and are sent without waiting for it.
 */
class Confirmations {
  #current: Promise<void> | null = null;
  #following: Promise<void> | null = null;

  /** Resolves when NATS has received all messages that were published before the call. */
  next(connection: NatsConnection): Promise<void> {
    if (this.#following !== null) return this.#following;
    if (this.#current === null) return this.#start(connection);
    const follow = (): Promise<void> => {
      if (this.#following === following) this.#following = null;
      return this.#start(connection);
    };
    const following = this.#current.then(follow, follow);
    this.#following = following;
    return following;
  }

  /** Forgets pings of a connection that was lost. */
  clear(): void {
    this.#current = null;
    this.#following = null;
  }

  #start(connection: NatsConnection): Promise<void> {
    const current = connection.flush();
    this.#current = current;
    const end = (): void => {
      if (this.#current === current) this.#current = null;
    };
    current.then(end, end);
    return current;
  }
}
