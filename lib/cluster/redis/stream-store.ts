import type { BrokerStore, StoredMessage, StoredValue } from '../broker/broker.js';
import type { RedisConnection } from './redis-connection.js';
import { entriesOf } from './stream-entries.js';

/** Entries that are read at once. Other commands of the connection wait for the reply. */
const PAGE = 500;

/** Reads kept messages from a stream. Stores each value under a separate key, with an expiry. */
export class StreamStore implements BrokerStore {
  readonly #connection: RedisConnection;
  readonly #channel: string;

  constructor(connection: RedisConnection, channel: string) {
    this.#connection = connection;
    this.#channel = channel;
  }

  async read(from: string, to: string): Promise<readonly StoredMessage[] | null> {
    const messages: StoredMessage[] = [];
    for (let start = from; ;) {
      const command = ['xrange', this.#channel, start, to, 'COUNT', String(PAGE)];
      const entries = entriesOf(await this.#connection.use((client) => client.command(command)));
      if (start === from && entries[0]?.position !== from) return null;
      for (const { position, bytes, isMessage } of entries) if (isMessage) messages.push({ position, bytes });
      const last = entries.at(-1);
      if (last === undefined || entries.length < PAGE) return messages;
      start = `(${last.position}`;
    }
  }

  async put(values: readonly StoredValue[]): Promise<void> {
    const commands = values.map(({ key, bytes, ttl }) => [
      'set',
      this.#keyOf(key),
      bytes,
      'PX',
      String(Math.ceil(ttl)),
    ]);
    await this.#connection.use((client) => client.batch(commands));
  }

  async take(key: string): Promise<Buffer | null> {
    const command = ['getdel', this.#keyOf(key)];
    return (await this.#connection.use((client) => client.command(command))) as Buffer | null;
  }

  async remove(keys: readonly string[]): Promise<void> {
    const commands = keys.map((key) => ['unlink', this.#keyOf(key)]); // in a cluster, each key has its own server
    await this.#connection.use((client) => client.batch(commands));
  }

  #keyOf(key: string): string {
    return `${this.#channel}:session:${key}`;
  }
}
