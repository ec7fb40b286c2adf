/** Clients of the package `ioredis`. */
import { nameOf, type RedisAddress } from './redis-address.js';
import type { ClientEvents, RedisArgument, RedisClient, RedisClients, RedisCommand } from './redis-client.js';

/** The part of the package that is used here. */
export interface IoRedisModule {
  readonly Redis: new (options: object) => IoRedis;
}

/** An instance of `Redis` or `Cluster`. */
export interface IoRedis {
  readonly isCluster: boolean;
  readonly options: Readonly<Record<string, unknown>>;
  duplicate(options: object): IoRedis;
  connect(): Promise<unknown>;
  disconnect(): void;
  subscribe(channel: string): Promise<unknown>;
  callBuffer(name: string, ...args: RedisArgument[]): Promise<unknown>;
  pipeline(commands: readonly RedisCommand[]): { exec(): Promise<[error: Error | null, reply: unknown][] | null> };
  on(event: string, listener: (...args: never[]) => void): unknown;
}

interface IoRedisCluster extends Omit<IoRedis, 'duplicate'> {
  duplicate(nodes: readonly [], options: object): IoRedis;
  nodes(role: 'master'): readonly IoRedis[];
}

/** A client connects once: a lost connection ends it, and rejects the commands that were sent and not answered. */
const SINGLE_USE = {
  lazyConnect: true,
  retryStrategy: () => null,
  sentinelRetryStrategy: () => null,
  enableOfflineQueue: false,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  enableAutoPipelining: false,
  commandTimeout: undefined,
  disconnectTimeout: 100, // ms to wait for a server that does not answer
  monitor: false,
  replyMapping: 'legacy',
  // After a failover, the former master rejects writes.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
} as const;

/** As above, for a cluster. It must not send a command a second time, since a message would arrive twice. */
const SINGLE_USE_CLUSTER = {
  lazyConnect: true,
  clusterRetryStrategy: () => null,
  enableOfflineQueue: false,
  enableAutoPipelining: false,
  retryDelayOnFailover: 0,
  scaleReads: 'master',
} as const;

/** Creates clients for a URL. */
export function ioRedisClientsAt({ Redis }: IoRedisModule, address: RedisAddress): RedisClients {
  const { hosts, path, master, tls, username, password, database } = address;
  const server =
    path !== undefined ? { path } : master === undefined ? hosts[0] : { sentinels: [...hosts], name: master };
  const options = { ...server, tls, username, password, db: database ?? 0, ...SINGLE_USE };
  const create = (events: ClientEvents): RedisClient => new SingleUseIoRedis(new Redis(options), events);
  return { name: nameOf(address), forCommands: create, forSubscription: create };
}

/** Creates clients with the configuration of a client of the application. */
export function ioRedisClientsLike(client: IoRedis): RedisClients {
  if (client.isCluster) return clientsOfCluster(client as unknown as IoRedisCluster);
  const create = (events: ClientEvents): RedisClient => new SingleUseIoRedis(client.duplicate(SINGLE_USE), events);
  return { name: 'Redis', forCommands: create, forSubscription: create };
}

/** Each node of a cluster has all messages of pub/sub, so a subscription is a connection to one node. */
function clientsOfCluster(cluster: IoRedisCluster): RedisClients {
  return {
    name: 'Redis Cluster',
    forCommands: (events) => {
      const redisOptions = { ...(cluster.options['redisOptions'] as object | undefined), ...SINGLE_USE };
      return new SingleUseIoRedis(cluster.duplicate([], { ...SINGLE_USE_CLUSTER, redisOptions }), events);
    },
    forSubscription: (events) => {
      const nodes = cluster.nodes('master');
      const node = nodes[Math.floor(Math.random() * nodes.length)];
      if (node === undefined) throw new Error('the client of the cluster is not connected');
      return new SingleUseIoRedis(node.duplicate(SINGLE_USE), events);
    },
  };
}

class SingleUseIoRedis implements RedisClient {
  readonly #client: IoRedis;

  constructor(client: IoRedis, { lost }: ClientEvents) {
    this.#client = client;
    // Both stay: without a listener, ioredis prints errors.
    client.on('error', lost);
    client.on('end', () => lost(new Error('the connection was closed')));
  }

  connect(): Promise<unknown> {
    return this.#client.connect();
  }

  command([name, ...args]: RedisCommand): Promise<unknown> {
    return this.#client.callBuffer(name as string, ...args);
  }

  async batch(commands: readonly RedisCommand[]): Promise<void> {
    // A pipeline of a cluster must not leave one slot.
    if (this.#client.isCluster) await Promise.all(commands.map((command) => this.command(command)));
    else {
      for (const [error] of (await this.#client.pipeline(commands).exec()) ?? []) if (error !== null) throw error;
    }
  }

  subscribe(channel: string, received: (bytes: Buffer) => void): Promise<unknown> {
    this.#client.on('messageBuffer', (_channel: Buffer, bytes: Buffer) => received(bytes));
    return this.#client.subscribe(channel);
  }

  disconnect(): void {
    this.#client.disconnect();
  }
}
