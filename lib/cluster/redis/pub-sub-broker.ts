import type { Clock } from '../../engine/internal.js';
import type { Broker, BrokerListener } from '../broker/broker.js';
import { BrokerConnections } from './broker-connections.js';
import { hasRecentEntries } from './other-transport.js';
import type { RedisClient, RedisClients } from './redis-client.js';
import { RedisLists } from './redis-lists.js';

/** Messages over `PUBLISH` and `SUBSCRIBE`. Redis keeps nothing, so a lost connection is a gap. */
export class PubSubBroker implements Broker {
  readonly store = null;
  readonly lists: RedisLists | null;
  readonly #channel: string;
  readonly #connections: BrokerConnections;
  #listener: BrokerListener | null = null;
  /** Called once at most. */
  #warn: (() => void) | undefined;

  /** @param warn logs that servers with recovery use the channel */
  constructor(clients: RedisClients, channel: string, clock: Clock, keepsLists = false, warn?: () => void) {
    this.#channel = channel;
    this.#warn = warn;
    this.#connections = new BrokerConnections(clients, clock, {
      preparePublishing: (client) => {
        void this.#lookForOthers(client);
        return Promise.resolve();
      },
      prepareReceiving: (client) =>
        client.subscribe(channel, (bytes) => {
          // For a moment, a client that was dropped may deliver messages that the next client delivers as well.
          if (this.#connections.receiving.isCurrent(client)) this.#listener?.received(bytes, null);
        }),
      receiving: (_client, isFirst) => {
        if (!isFirst) this.#listener?.gap();
      },
    });
    this.lists = keepsLists ? new RedisLists(this.#connections.publishing, channel) : null;
  }

  open(listener: BrokerListener): Promise<void> {
    this.#listener = listener;
    return this.#connections.open(listener);
  }

  publish(bytes: Buffer): Promise<void> {
    return this.#connections.publishing.use(
      (client) => client.command(['publish', this.#channel, bytes]) as Promise<void>,
    );
  }

  close(): Promise<void> {
    return this.#connections.close();
  }

  // --- Inside ---

  async #lookForOthers(client: RedisClient): Promise<void> {
    const warn = this.#warn;
    this.#warn = undefined;
    if (warn !== undefined && (await hasRecentEntries(client, this.#channel))) warn();
  }
}
