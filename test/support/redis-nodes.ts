/** The servers of a cluster at a Redis server of their own, reduced to their brokers. */
import { Redis as IoRedis } from 'ioredis';
import { expect } from 'vitest';
import type { Broker, BrokerContext, BrokerFactory } from '../../lib/cluster/broker/broker.js';
import { parseBrokerUrl } from '../../lib/cluster/broker/broker-url.js';
import { PubSubBroker } from '../../lib/cluster/redis/pub-sub-broker.js';
import { redisAddressOf } from '../../lib/cluster/redis/redis-address.js';
import { redisBroker } from '../../lib/cluster/redis/redis-broker.js';
import { clientsAt } from '../../lib/cluster/redis/redis-clients.js';
import { StreamBroker } from '../../lib/cluster/redis/stream-broker.js';
import { consoleLog, systemClock } from '../../lib/engine/internal.js';
import { BrokerNode } from './broker-inbox.js';
import { type Redis, startRedis } from './redis.js';

export type Kind = 'pub/sub' | 'streams';

const limits = { scope: '', keepFor: 60_000, keepAtMost: 1000 };

export const contextOf = (kind: Kind): BrokerContext => ({
  ...limits,
  clock: systemClock,
  log: consoleLog,
  keepFor: kind === 'streams' ? limits.keepFor : null,
});

/** A server with a broker on Redis. */
export class RedisNode extends BrokerNode {
  isOpen = false;

  async open(): Promise<this> {
    await this.broker.open(this);
    this.isOpen = true;
    return this;
  }

  /** The messages of other nodes, since a node may receive its own. */
  heard(prefix: string): string[] {
    return this.texts.filter((text) => text.startsWith(prefix));
  }

  /** The position of the newest message. */
  get position(): string {
    return this.positions.at(-1) ?? '';
  }
}

/** The brokers and programs of a test, which are stopped afterwards. */
export class RedisNodes {
  readonly #nodes: RedisNode[] = [];
  readonly #programs: { stop(): unknown }[] = [];

  async join(factory: BrokerFactory, context: Kind | BrokerContext): Promise<RedisNode> {
    return this.#add(await factory.create(typeof context === 'string' ? contextOf(context) : context));
  }

  /** Joins two nodes, one with the package `redis` and one with `ioredis`. @param server its port or its URL */
  async two(kind: Kind, server: number | string, channel: string): Promise<[a: RedisNode, b: RedisNode]> {
    const url = typeof server === 'string' ? server : `redis://127.0.0.1:${server}`;
    const clients = await clientsAt(redisAddressOf(parseBrokerUrl('url', url)), importIoRedis);
    return [
      await this.join(redisBroker({ url, channel }), kind),
      this.#add(
        kind === 'pub/sub'
          ? new PubSubBroker(clients, channel, systemClock)
          : new StreamBroker(clients, channel, systemClock, limits),
      ),
    ];
  }

  /** @param at the port; a free one by default */
  async redis(at?: number, ...options: string[]): Promise<Redis> {
    const server = await startRedis(at, options);
    this.stopLater(server);
    return server;
  }

  /** Connects a client that changes the state of Redis. */
  async admin(port: number): Promise<IoRedis> {
    const client = new IoRedis(port, '127.0.0.1', { lazyConnect: true });
    this.stopLater({ stop: () => client.disconnect() });
    await client.connect();
    return client;
  }

  stopLater(program: { stop(): unknown }): void {
    this.#programs.push(program);
  }

  /** Closes the nodes, within a second. */
  async close(): Promise<void> {
    const started = performance.now();
    await Promise.all(this.#nodes.splice(0).map(({ broker }) => broker.close()));
    expect(performance.now() - started).toBeLessThan(1000);
  }

  async stop(): Promise<void> {
    await this.close();
    for (const program of this.#programs.splice(0).toReversed()) await program.stop();
  }

  #add(broker: Broker): RedisNode {
    const node = new RedisNode(broker);
    this.#nodes.push(node);
    return node;
  }
}

/** Imports packages as if `redis` was not installed. */
async function importIoRedis(name: string): Promise<unknown> {
  if (name === 'ioredis') return import('ioredis');
  throw Object.assign(new Error(`Cannot find package '${name}'`), { code: 'ERR_MODULE_NOT_FOUND' });
}
