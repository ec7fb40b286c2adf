/** The servers of a cluster at a Redis server of their own, reduced to their brokers. */
import { Redis as IoRedis } from 'ioredis';
import { expect } from 'vitest';
import type {
  Broker,
  BrokerContext,
  BrokerFactory,
  BrokerListener,
  BrokerStore,
} from '../../lib/cluster/broker/broker.js';
import { clientsAt } from '../../lib/cluster/redis/client-library.js';
import { PubSubBroker } from '../../lib/cluster/redis/pub-sub-broker.js';
import { parseRedisUrl } from '../../lib/cluster/redis/redis-address.js';
import { redisBroker } from '../../lib/cluster/redis/redis-broker.js';
import { StreamBroker } from '../../lib/cluster/redis/stream-broker.js';
import { consoleLog, systemClock } from '../../lib/engine/internal.js';
import { type Redis, startRedis } from './redis.js';

export type Kind = 'pub/sub' | 'streams';

const limits = { scope: '', keepFor: 60_000, keepAtMost: 1000 };

export const contextOf = (kind: Kind): BrokerContext => ({
  ...limits,
  clock: systemClock,
  log: consoleLog,
  keepFor: kind === 'streams' ? limits.keepFor : null,
});

/** A server's end of a broker. */
export class RedisNode implements BrokerListener {
  readonly texts: string[] = [];
  readonly positions: (string | null)[] = [];
  readonly problems: (string | null)[] = [];
  gaps = 0;
  isOpen = false;

  constructor(readonly broker: Broker) {}

  async open(): Promise<this> {
    await this.broker.open(this);
    this.isOpen = true;
    return this;
  }

  received(bytes: Buffer, position: string | null): void {
    this.texts.push(bytes.toString());
    this.positions.push(position);
  }

  connection(problem: string | null): void {
    this.problems.push(problem);
  }

  gap(): void {
    this.gaps++;
  }

  say(...texts: string[]): Promise<unknown> {
    return Promise.all(texts.map((text) => this.broker.publish(Buffer.from(text))));
  }

  /** The messages of other nodes, since a node may receive its own. */
  heard(prefix: string): string[] {
    return this.texts.filter((text) => text.startsWith(prefix));
  }

  get problem(): string | null {
    return this.problems.at(-1) ?? null;
  }

  /** The position of the newest message. */
  get position(): string {
    return this.positions.at(-1) ?? '';
  }

  get store(): BrokerStore {
    if (this.broker.store === null) throw new Error('keeps nothing');
    return this.broker.store;
  }
}

/** What a test has started, to stop it afterwards. */
export class RedisNodes {
  readonly #nodes: RedisNode[] = [];
  readonly #programs: { stop(): unknown }[] = [];

  async join(factory: BrokerFactory, context: Kind | BrokerContext): Promise<RedisNode> {
    return this.#add(await factory.create(typeof context === 'string' ? contextOf(context) : context));
  }

  /** Joins two nodes, one with the package `ioredis` and one with `redis`. */
  async two(kind: Kind, port: number, channel: string): Promise<[a: RedisNode, b: RedisNode]> {
    const url = `redis://127.0.0.1:${port}`;
    const clients = await clientsAt(parseRedisUrl(url), importNodeRedis);
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

/** Imports packages as if `ioredis` was not installed. */
async function importNodeRedis(name: string): Promise<unknown> {
  if (name === 'redis') return import('redis');
  throw Object.assign(new Error(`Cannot find package '${name}'`), { code: 'ERR_MODULE_NOT_FOUND' });
}
