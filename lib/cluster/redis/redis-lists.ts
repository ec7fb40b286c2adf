/**
 * Lists in Redis: a stream for each list, and a hash for the entries with a key. No command has two keys, so the lists
 * may be spread over a cluster.
 * Source: https://redis.io/docs/latest/commands/xadd/
 */
import type { BrokerLists, ListContent, ListEntry } from '../broker/broker.js';
import { ListGrowth } from '../broker/list-growth.js';
import type { RedisCommand } from './redis-client.js';
import type { RedisConnection } from './redis-connection.js';
import { addMessage, entriesOf, isBefore } from './stream-entries.js';

/** Characters of a position in front of an entry with a key: entries of a hash have no order. */
const ORDER = 32;

export class RedisLists implements BrokerLists {
  readonly #connection: RedisConnection;
  readonly #channel: string;
  /** The entries with a key. */
  readonly #growth = new ListGrowth();
  #order = 0;

  constructor(connection: RedisConnection, channel: string) {
    this.#connection = connection;
    this.#channel = channel;
  }

  async append(entries: readonly ListEntry[]): Promise<void> {
    const commands: RedisCommand[] = [];
    const expiries = new Map<string, number>();
    for (const { list, bytes, key, size, ttl } of entries) {
      const name = key === null ? this.#stream(list) : this.#hash(list);
      commands.push(
        key === null ? addMessage(name, bytes, 'MAXLEN', String(size)) : ['hset', name, key, this.#ordered(bytes)],
      );
      expiries.set(name, ttl);
    }
    for (const [name, ttl] of expiries) commands.push(['pexpire', name, String(Math.max(1, Math.ceil(ttl)))]);
    await this.#connection.use((client) => client.batch(commands));
    await this.#limit(entries);
  }

  async read(list: string, limit: number): Promise<ListContent> {
    const [stream, latest] = await this.#connection.use((client) =>
      Promise.all([
        limit === 0 ? [] : client.command(['xrevrange', this.#stream(list), '+', '-', 'COUNT', String(limit)]),
        client.command(['hvals', this.#hash(list)]),
      ]),
    );
    return {
      entries: entriesOf(stream)
        .map(({ bytes }) => bytes)
        .toReversed(),
      latest: (latest as Buffer[]).toSorted(byOrder).map((bytes) => bytes.subarray(ORDER)),
    };
  }

  async clear(list: string): Promise<void> {
    await this.#connection.use((client) =>
      client.batch([
        ['unlink', this.#stream(list)],
        ['unlink', this.#hash(list)],
      ]),
    );
  }

  // --- Inside ---

  /** Puts the time of this server in front of an entry, and a number that tells entries of one ms apart. */
  #ordered(bytes: Buffer): Buffer {
    return Buffer.concat([Buffer.from(`${Date.now()}-${this.#order++}`.padEnd(ORDER)), bytes]);
  }

  /** Removes the oldest entries with a key from lists that have too many. */
  async #limit(entries: readonly ListEntry[]): Promise<void> {
    const full = new Map<string, number>();
    for (const { list, key, keys } of entries) {
      if (key !== null && this.#growth.add(list, keys)) full.set(list, keys);
    }
    for (const [list, keys] of full) await this.#removeOldest(this.#hash(list), keys);
  }

  async #removeOldest(hash: string, keys: number): Promise<void> {
    const count = Number(await this.#connection.use((client) => client.command(['hlen', hash])));
    if (count <= keys) return;
    const flat = await this.#connection.use((client) => client.command(['hgetall', hash]));
    const oldest = pairsOf(flat)
      .toSorted(([, one], [, other]) => byOrder(one, other))
      .slice(0, count - keys);
    await this.#connection.use((client) => client.command(['hdel', hash, ...oldest.map(([key]) => key)]));
  }

  #stream(list: string): string {
    return `${this.#channel}:list:${list}`;
  }

  #hash(list: string): string {
    return `${this.#channel}:latest:${list}`;
  }
}

/** Compares entries with a key by the time and number in front of them. */
function byOrder(one: Buffer, other: Buffer): number {
  return isBefore(orderOf(one), orderOf(other)) ? -1 : 1;
}

function orderOf(bytes: Buffer): string {
  return bytes.toString('latin1', 0, ORDER).trimEnd();
}

/** Returns the fields of a hash: pairs in a flat list in RESP2, and in a map in RESP3. */
function pairsOf(reply: unknown): (readonly [key: Buffer, bytes: Buffer])[] {
  if (reply instanceof Map) return [...(reply as Map<Buffer, Buffer>)];
  if (!Array.isArray(reply))
    return Object.entries(reply as Record<string, Buffer>).map(([key, bytes]) => [Buffer.from(key), bytes]);
  const flat = reply as Buffer[];
  return Array.from({ length: flat.length / 2 }, (_, index) => [
    flat[2 * index] as Buffer,
    flat[2 * index + 1] as Buffer,
  ]);
}
