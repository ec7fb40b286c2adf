import { type Broker, type BrokerContext, BrokerFactory } from '../broker/broker.js';
import { parseBrokerUrl } from '../broker/broker-url.js';
import { checkChannel, scopedChannel } from '../broker/channel.js';
import { checkSourceOptions } from '../broker/source-options.js';
import { otherTransport } from './other-transport.js';
import { PubSubBroker } from './pub-sub-broker.js';
import { redisAddressOf } from './redis-address.js';
import type { RedisClients } from './redis-client.js';
import { clientsAt, clientsLike } from './redis-clients.js';
import { StreamBroker } from './stream-broker.js';

const SCHEMES = ['redis', 'rediss', 'valkey', 'valkeys', 'redis+sentinel', 'unix'] as const;

/**
 * A client of the package `ioredis`, of version 5 or later: `Redis` or `Cluster`.
 * @publicApi
 */
export interface IoRedisClient {
  readonly status: string;
  duplicate(): unknown;
}

/**
 * A client of the package `redis`, of version 5 or later, from `createClient` or `createCluster`; or, of version 6 or
 * later, from `createSentinel`.
 * @publicApi
 */
export interface NodeRedisClient {
  readonly isOpen: boolean;
  duplicate(): unknown;
}

/**
 * Options of {@link redisBroker}: either `url` or `client`.
 * @publicApi
 */
export type RedisBrokerOptions = {
  /**
   * The channel of pub/sub, or the key of the stream. Servers with the same channel are one cluster.
   * @default 'nest-socketio'
   */
  readonly channel?: string;
} & (
  | {
      /**
       * `redis://user:password@host:6379/0`; `rediss://` for TLS; `valkey://` and `valkeys://`;
       * `redis+sentinel://host1:26379,host2:26379/master`; `unix:///run/redis.sock`. Two connections are opened, and
       * closed again.
       */
      readonly url: string;
      readonly client?: undefined;
    }
  | {
      /**
       * A client of the package `redis` or `ioredis`. The broker opens and closes two connections with the same
       * configuration, and leaves the client itself alone. The client of a cluster must be connected, since the broker
       * needs the addresses of the nodes.
       */
      readonly client: IoRedisClient | NodeRedisClient;
      readonly url?: undefined;
    }
);

/**
 * Carries messages between servers over Redis or Valkey: pub/sub or, with `connectionStateRecovery`, a stream. Needs the package `redis` or `ioredis`. For a URL,
 * `redis` is preferred if both are installed.
 * @throws SocketIoError `INVALID_OPTION`, `UNKNOWN_OPTION`
 * @publicApi
 */
export function redisBroker(options: RedisBrokerOptions): BrokerFactory {
  checkSourceOptions(options, 'redisBroker', 'client', 'redis://localhost:6379');
  const { url, client, channel } = options;
  if (url === undefined) {
    const clients = clientsLike(client);
    return new RedisBrokerFactory(checkChannel(channel), () => Promise.resolve(clients));
  }
  const parsed = parseBrokerUrl('url', url, SCHEMES);
  const address = redisAddressOf(parsed);
  return new RedisBrokerFactory(checkChannel(channel ?? parsed.channel), () => clientsAt(address));
}

class RedisBrokerFactory extends BrokerFactory {
  readonly engine = 'Redis';
  readonly keepsEvents = true;
  readonly #channel: string;
  readonly #clients: () => Promise<RedisClients>;

  constructor(channel: string, clients: () => Promise<RedisClients>) {
    super();
    this.#channel = channel;
    this.#clients = clients;
  }

  async create(context: BrokerContext): Promise<Broker> {
    const { clock, log, keepFor, keepAtMost, lists } = context;
    const channel = scopedChannel(this.#channel, context);
    const clients = await this.#clients();
    const keepsLists = lists != null;
    const warn = (): void => log.warn(otherTransport(channel, keepFor !== null));
    if (keepFor === null) return new PubSubBroker(clients, channel, clock, keepsLists, warn);
    return new StreamBroker(clients, channel, clock, { keepFor, keepAtMost, keepsLists, warn });
  }
}
