/**
 * A server's broker on PostgreSQL: one connection receives, another publishes. While a statement is under way, further
 * messages wait, and leave together in the next one.
 */
import { createId, inTime, type Timer } from '../../engine/internal.js';
import type { Broker, BrokerContext, BrokerListener } from '../broker/broker.js';
import { brokerClosed } from '../broker/broker-failure.js';
import { ProblemReport } from '../broker/problem-report.js';
import { HistoryTable } from './history-table.js';
import { MessageTable, ROW_TIME } from './message-table.js';
import { decodePayload, encodeInline } from './notification.js';
import type { PostgresClient } from './postgres-client.js';
import { PostgresConnection } from './postgres-connection.js';

/** Messages and bytes of one statement. One message is always sent, whatever its size. */
const BATCH = { messages: 256, bytes: 1_000_000 };

/** Rows that are read at once. */
const ROWS = 8;

/** ms that {@link PostgresChannel.close} waits for messages under way. */
const FLUSH_TIME = 300;

interface Outgoing {
  readonly bytes: Buffer;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class PostgresChannel implements Broker {
  // --- Public attributes ---

  readonly store = null;
  readonly lists: HistoryTable | null;
  readonly #channel: string;
  readonly #table: MessageTable;
  readonly #context: BrokerContext;
  readonly #receiving: PostgresConnection;
  readonly #publishing: PostgresConnection;
  /** Differs from the senders of all other servers. */
  readonly #sender = createId().slice(0, 12);
  #listener: BrokerListener | null = null;
  #sent = 0;
  #outgoing: Outgoing[] = [];
  #isPublishing: Promise<void> | null = null;
  /** Messages, and keys of messages in rows, in the order of their notifications. */
  #incoming: (Buffer | string)[] = [];
  #isReading = false;
  #removal: Timer | null = null;
  #isClosed = false;
  readonly #problems = new ProblemReport<'receiving' | 'publishing' | 'lists'>();

  constructor(channel: string, create: () => PostgresClient, context: BrokerContext) {
    this.#channel = channel;
    this.#table = new MessageTable(channel);
    this.#context = context;
    const report = (problem: string | null): void => this.#problems.set('lists', problem);
    this.lists = context.lists == null ? null : new HistoryTable(channel, create, context, report);
    const listen = `listen "${channel.replaceAll('"', '""')}"`;
    this.#receiving = new PostgresConnection(
      create,
      {
        prepare: async (run) => {
          this.#incoming = [];
          await run({ text: listen });
        },
        connected: (again) => {
          if (again) this.#listener?.gap();
          this.#problems.set('receiving', null);
          this.#readNext();
        },
        lost: (reason) => this.#problems.set('receiving', reason),
        notified: (payload) => this.#receive(payload),
      },
      context.clock,
    );
    this.#publishing = new PostgresConnection(
      create,
      {
        prepare: (run) => this.#table.prepare(run),
        connected: () => {
          this.#problems.set('publishing', null);
          this.#publishNext();
        },
        lost: (reason) => this.#problems.set('publishing', reason),
      },
      context.clock,
    );
  }

  // --- Public methods ---

  async open(listener: BrokerListener): Promise<void> {
    this.#listener = listener;
    this.#problems.open(listener);
    this.#receiving.open();
    this.#publishing.open();
    this.lists?.open();
    try {
      await Promise.all([this.#receiving.ready, this.#publishing.ready, this.lists?.ready]);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  publish(bytes: Buffer): Promise<void> {
    if (this.#isClosed) return Promise.reject(brokerClosed());
    return new Promise((resolve, reject) => {
      this.#outgoing.push({ bytes, resolve, reject });
      this.#publishNext();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#listener = null;
    this.#problems.open(null);
    this.#removal?.cancel();
    if (this.#isPublishing !== null) {
      await inTime(this.#isPublishing, FLUSH_TIME, this.#context.clock, () => {});
    }
    await Promise.all([this.#receiving.close(), this.#publishing.close(), this.lists?.close()]);
    for (const { reject } of this.#outgoing.splice(0)) reject(brokerClosed());
  }

  // --- Inside ---

  #publishNext(): void {
    if (this.#isPublishing !== null || !this.#publishing.isReady) return;
    this.#isPublishing = this.#publishAll().finally(() => {
      this.#isPublishing = null;
      if (this.#outgoing.length > 0) this.#publishNext(); // connected again in the meantime
    });
  }

  async #publishAll(): Promise<void> {
    while (this.#outgoing.length > 0 && this.#publishing.isReady) {
      const batch = this.#takeBatch();
      try {
        await this.#send(batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
        // The preparation of a connection creates the table.
        if ((error as { code?: unknown }).code === '42P01') this.#publishing.reconnect('the table was removed');
      }
    }
  }

  #takeBatch(): readonly Outgoing[] {
    let [count, bytes] = [0, 0];
    for (const message of this.#outgoing) {
      bytes += message.bytes.length;
      if (count > 0 && (count === BATCH.messages || bytes > BATCH.bytes)) break;
      count++;
    }
    return this.#outgoing.splice(0, count);
  }

  async #send(batch: readonly Outgoing[]): Promise<void> {
    const keys: string[] = [];
    const rows: Buffer[] = [];
    const payloads = batch.map(({ bytes }) => {
      const key = `${this.#sender}.${(this.#sent++).toString(36)}`;
      const inline = encodeInline(key, bytes);
      if (inline !== null) return inline;
      keys.push(key);
      rows.push(bytes);
      return key;
    });
    await this.#publishing.run(this.#table.notify(this.#channel, payloads, keys, rows));
    if (keys.length > 0) this.#removeRowsLater();
  }

  /** Removes the rows that are older than {@link ROW_TIME} by then. */
  #removeRowsLater(): void {
    this.#removal ??= this.#context.clock.after(2 * ROW_TIME, () => {
      this.#removal = null;
      this.#publishing.run(this.#table.removal).catch(() => {});
    });
  }

  #receive(payload: string): void {
    if (payload.startsWith(`${this.#sender}.`)) return;
    const message = decodePayload(payload);
    if (typeof message !== 'string' && this.#incoming.length === 0) {
      this.#listener?.received(message, null);
      return;
    }
    this.#incoming.push(message);
    this.#readNext();
  }

  #readNext(): void {
    if (!this.#isReading && this.#receiving.isReady) void this.#readRows();
  }

  /** Reads rows, and delivers messages in the order of their notifications. */
  async #readRows(): Promise<void> {
    this.#isReading = true;
    while (this.#incoming.length > 0 && this.#receiving.isReady) {
      const incoming = this.#incoming;
      const keys = incoming.filter((message) => typeof message === 'string').slice(0, ROWS);
      const found = new Map<unknown, unknown>();
      try {
        for (const { key, bytes } of await this.#receiving.run(this.#table.read(keys))) found.set(key, bytes);
      } catch {
        if (!this.#receiving.isReady) break; // the next connection reports a gap
      }
      if (incoming === this.#incoming) this.#deliver(new Set(keys), found); // else the connection is another one
    }
    this.#isReading = false;
  }

  #deliver(read: ReadonlySet<string>, found: ReadonlyMap<unknown, unknown>): void {
    const end = this.#incoming.findIndex((message) => typeof message === 'string' && !read.has(message));
    const ready = this.#incoming.splice(0, end === -1 ? this.#incoming.length : end);
    const messages = ready.map((message) => (typeof message === 'string' ? found.get(message) : message));
    if (messages.includes(undefined)) this.#listener?.gap();
    for (const bytes of messages) if (bytes !== undefined) this.#listener?.received(bytes as Buffer, null);
  }
}
