import { SocketIoError } from '../../errors.js';
import { invalidOption, refuseUnknownOptions } from '../../options.js';
import { type Broker, type BrokerContext, BrokerFactory, scopedChannel } from '../broker/broker.js';
import { clientsAt, clientsLike } from './client-library.js';
import { PubSubBroker } from './pub-sub-broker.js';
import { parseRedisUrl } from './redis-address.js';
import type { RedisClients } from './redis-client.js';
import { StreamBroker } from './stream-broker.js';

const DEFAULT_CHANNEL = 'nest-socketio';

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

/** @publicApi */
export type RedisBrokerOptions = {
  /**
   * The channel of pub/sub, or the key of the stream. Servers with the same channel are one cluster.
   * @default nest-socketio
   */
  readonly channel?: string;
} & (
  | {
      /**
       * `redis://user:password@host:6379/0`; `rediss://` for TLS; `valkey://` and `valkeys://`;
       * `redis+sentinel://host1:26379,host2:26379/master`; `unix:///run/redis.sock`.
       */
      readonly url: string;
      readonly client?: undefined;
    }
  | {
      /**
       * The broker opens connections with the configuration of this client, which it neither uses nor closes. The client
       * of a cluster must be connected, since the broker takes the addresses of the nodes from it.
       */
      readonly client: IoRedisClient | NodeRedisClient;
      readonly url?: undefined;
    }
);

/**
 * Connects the servers of a cluster through Redis or Valkey, for the option `broker`. With `connectionStateRecovery`, it
 * uses a stream, otherwise pub/sub. Needs the package `ioredis` or `redis`.
 * @throws SocketIoError `INVALID_OPTION`, `UNKNOWN_OPTION`
 * @publicApi
 */
export function redisBroker(options: RedisBrokerOptions): BrokerFactory {
  refuseUnknownOptions(options, ['url', 'client', 'channel'], 'redisBroker()');
  const { url, client } = options;
  if ((url === undefined) === (client === undefined)) {
    throw new SocketIoError(
      'INVALID_OPTION',
      `redisBroker() must have either the option "url" or the option "client", got ${url === undefined ? 'neither' : 'both'}: ` +
        "write redisBroker({ url: 'redis://localhost:6379' })",
    );
  }
  if (url === undefined) {
    const clients = clientsLike(client);
    return new RedisBrokerFactory(checkChannel(options.channel), () => Promise.resolve(clients));
  }
  const address = parseRedisUrl(url);
  return new RedisBrokerFactory(checkChannel(options.channel ?? address.channel), () => clientsAt(address));
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
    const { clock, keepFor, keepAtMost } = context;
    const channel = scopedChannel(this.#channel, context);
    const clients = await this.#clients();
    if (keepFor === null) return new PubSubBroker(clients, channel, clock);
    return new StreamBroker(clients, channel, clock, { keepFor, keepAtMost });
  }
}

function checkChannel(channel: string = DEFAULT_CHANNEL): string {
  if (typeof channel !== 'string' || channel === '') invalidOption('channel', channel, 'be a text that is not empty');
  return channel;
}
