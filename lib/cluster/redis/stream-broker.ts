import type { Clock } from '../../engine/internal.js';
import type { Broker, BrokerListener } from '../broker/broker.js';
import { BrokerConnections } from './broker-connections.js';
import { hasSubscribers } from './other-transport.js';
import type { RedisClient, RedisClients } from './redis-client.js';
import { RedisLists } from './redis-lists.js';
import { addMessage, addOpening, timeOf } from './stream-entries.js';
import { StreamReader } from './stream-reader.js';
import { StreamStore } from './stream-store.js';

/**
 * Every message removes entries by age, except that one of this number removes them by count: a command can do only one
 * of the two.
 */
const COUNT_INTERVAL = 64;

export interface StreamLimits {
  /** ms */
  readonly keepFor: number;
  /** messages */
  readonly keepAtMost: number;
  readonly keepsLists?: boolean;
  /** Logs that servers without recovery use the channel. */
  readonly warn?: () => void;
}

/** Messages in a stream. Redis keeps them for a while, so a new connection continues where the last one ended. */
export class StreamBroker implements Broker {
  readonly store: StreamStore;
  readonly lists: RedisLists | null;
  readonly #channel: string;
  readonly #limits: StreamLimits;
  readonly #connections: BrokerConnections;
  readonly #reader: StreamReader;
  #listener: BrokerListener | null = null;
  /** The position of the entry that this server has added; empty until then. */
  #start = '';
  #published = 0;

  constructor(clients: RedisClients, channel: string, clock: Clock, limits: StreamLimits) {
    this.#channel = channel;
    this.#limits = limits;
    this.#reader = new StreamReader(channel, clock);
    this.#connections = new BrokerConnections(clients, clock, {
      preparePublishing: (client) => this.#prepare(client),
      prepareReceiving: () => Promise.resolve(),
      receiving: (client) => this.#reader.attach(client),
    });
    this.store = new StreamStore(this.#connections.publishing, channel);
    this.lists = limits.keepsLists === true ? new RedisLists(this.#connections.publishing, channel) : null;
  }

  open(listener: BrokerListener): Promise<void> {
    this.#listener = listener;
    return this.#connections.open(listener);
  }

  publish(bytes: Buffer): Promise<void> {
    const command =
      ++this.#published % COUNT_INTERVAL === 0
        ? addMessage(this.#channel, bytes, 'MAXLEN', String(this.#limits.keepAtMost))
        : addMessage(this.#channel, bytes, 'MINID', this.#oldest());
    return this.#connections.publishing.use((client) => client.command(command) as Promise<void>);
  }

  close(): Promise<void> {
    this.#reader.stop();
    return this.#connections.close();
  }

  // --- Inside ---

  /** Finds the position to start from, and checks that Redis has the commands and the user may use them. */
  async #prepare(client: RedisClient): Promise<void> {
    if (this.#start !== '' || this.#listener === null) return;
    await client.command(['getdel', `${this.#channel}:session:`]);
    this.#start = String(await client.command(addOpening(this.#channel)));
    this.#reader.start(this.#start, this.#listener);
    void this.#lookForOthers(client);
  }

  async #lookForOthers(client: RedisClient): Promise<void> {
    const { warn } = this.#limits;
    if (warn !== undefined && (await hasSubscribers(client, this.#channel))) warn();
  }

  /** The time before which entries are removed, in ms. It follows the clock of Redis, not the one of this server. */
  #oldest(): string {
    return String(Math.max(0, timeOf(this.#reader.last) - this.#limits.keepFor));
  }
}
