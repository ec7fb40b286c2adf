/**
 * Values with an expiry, in a stream of their own: one message for each key. Servers before 2.11 know no expiry of
 * single messages, so a value begins with its time to live, and the stream drops messages after the longest of them.
 */
import type { JetStreamManager } from '@nats-io/jetstream';
import type { StoredValue } from '../broker/broker.js';
import { NANOS, provideStream, store } from './jetstream.js';
import { bufferOf, type NatsConnection } from './nats-client.js';

/** Bytes of the time to live at the beginning of a value: ms as a 64-bit float. */
const HEADER = 8;

/** The errors of JetStream for a message that does not exist. */
const NOT_DELETED = new Set([10043, 10057]);

export class NatsValues {
  readonly #manager: JetStreamManager;
  readonly #stream: string;
  readonly #subject: string;
  /** The longest time to live until now, in ms. */
  #longest: number;

  private constructor(manager: JetStreamManager, channel: string, longest: number) {
    this.#manager = manager;
    this.#stream = `${channel}+values`; // no channel has such a name
    this.#subject = `${channel}.value`;
    this.#longest = longest;
  }

  static async open(manager: JetStreamManager, channel: string, longest: number): Promise<NatsValues> {
    const values = new NatsValues(manager, channel, longest);
    await values.#provide(longest);
    return values;
  }

  async put(connection: NatsConnection, values: readonly StoredValue[]): Promise<void> {
    const longest = Math.max(...values.map(({ ttl }) => ttl));
    if (longest > this.#longest) await this.#provide(longest);
    await Promise.all(
      values.map(({ key, bytes, ttl }) => {
        const header = Buffer.alloc(HEADER);
        header.writeDoubleLE(ttl);
        return store(connection, this.#subjectOf(key), Buffer.concat([header, bytes]));
      }),
    );
  }

  async take(key: string): Promise<Buffer | null> {
    const { streams } = this.#manager;
    for (;;) {
      const found = await streams.getMessage(this.#stream, { last_by_subj: this.#subjectOf(key) });
      if (found === null) return null;
      // Deletes exactly the message that was read. If it does not exist any more, it was taken or replaced.
      const isTaken = await streams.deleteMessage(this.#stream, found.seq, false).catch((error: unknown) => {
        if (NOT_DELETED.has((error as { code?: number }).code ?? 0)) return false;
        throw error;
      });
      if (!isTaken) continue;
      const bytes = bufferOf(found.data);
      if (bytes.length < HEADER) return null; // another program wrote it
      const isExpired = found.time.getTime() + bytes.readDoubleLE(0) <= Date.now();
      return isExpired ? null : bytes.subarray(HEADER);
    }
  }

  async remove(keys: readonly string[]): Promise<void> {
    const { streams } = this.#manager;
    await Promise.all(keys.map((key) => streams.purge(this.#stream, { filter: this.#subjectOf(key) })));
  }

  async #provide(longest: number): Promise<void> {
    const info = await provideStream(this.#manager, this.#stream, [`${this.#subject}.*`], {
      maxAge: longest,
      neverShorter: true,
      maxMessagesPerSubject: 1,
    });
    this.#longest = info.config.max_age / NANOS;
  }

  /** Keys may hold characters that mean something in subjects. */
  #subjectOf(key: string): string {
    return `${this.#subject}.${Buffer.from(key).toString('base64url')}`;
  }
}
