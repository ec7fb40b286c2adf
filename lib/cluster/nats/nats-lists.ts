/**
 * Lists in JetStream: one stream for all lists, with a subject for each, and one for the entries with a key, with a
 * subject for each key. The streams bound the messages of a subject, and their age.
 */
import type { JetStreamManager } from '@nats-io/jetstream';
import { ThrottledLog } from '../../engine/internal.js';
import type { BrokerContext, BrokerLists, ListContent, ListEntry, ListLimits } from '../broker/broker.js';
import { ListGrowth } from '../broker/list-growth.js';
import { type OpenJetStream, provideStream, store } from './jetstream.js';
import { bufferOf, type NatsConnection } from './nats-client.js';
import type { NatsLink } from './nats-link.js';
import { partSize } from './part-size.js';
import { StreamConsumer } from './stream-consumer.js';

/** ms that a call waits for the connection. */
const PATIENCE = 5_000;

interface Found {
  readonly sequence: number;
  readonly bytes: Buffer;
}

export class NatsLists implements BrokerLists {
  readonly #channel: string;
  readonly #openJetStream: OpenJetStream;
  readonly #limits: ListLimits;
  readonly #context: BrokerContext;
  readonly #throttled: ThrottledLog;
  readonly #link: () => NatsLink;
  #manager: JetStreamManager | null = null;
  /** The entries with a key. */
  readonly #growth = new ListGrowth();

  constructor(
    channel: string,
    openJetStream: OpenJetStream,
    context: BrokerContext & { readonly lists: ListLimits },
    link: () => NatsLink,
  ) {
    this.#channel = channel;
    this.#openJetStream = openJetStream;
    this.#limits = context.lists;
    this.#context = context;
    this.#throttled = new ThrottledLog(() => context.clock.now());
    this.#link = link;
  }

  /** Provides the streams. Called for each connection before it is used. */
  async prepare(connection: NatsConnection): Promise<void> {
    const manager = await this.#openJetStream(connection);
    const { size, ttl } = this.#limits;
    const limits = { maxAge: Math.max(ttl, 1_000), neverShorter: true } as const; // JetStream accepts no shorter age
    await provideStream(manager, this.#lists, [`${this.#channel}.list.*`], { ...limits, maxMessagesPerSubject: size });
    await provideStream(manager, this.#latest, [`${this.#channel}.latest.*.*`], {
      ...limits,
      maxMessagesPerSubject: 1,
    });
    this.#manager = manager;
  }

  // --- Public methods ---

  append(entries: readonly ListEntry[]): Promise<void> {
    return this.#link().whenReady(async (connection) => {
      const fitting = entries.filter(({ bytes }) => bytes.length <= partSize(connection));
      if (fitting.length < entries.length) this.#tooLarge();
      await Promise.all(fitting.map((entry) => store(connection, this.#subjectOf(entry), entry.bytes)));
      await this.#limitKeys(fitting);
    }, PATIENCE);
  }

  read(list: string, limit: number): Promise<ListContent> {
    return this.#link().whenReady(async () => {
      const [entries, latest] = await Promise.all([
        limit === 0 ? [] : this.#read(this.#lists, `${this.#channel}.list.${list}`),
        this.#read(this.#latest, `${this.#channel}.latest.${list}.*`),
      ]);
      return { entries: entries.slice(-limit).map(({ bytes }) => bytes), latest: latest.map(({ bytes }) => bytes) };
    }, PATIENCE);
  }

  clear(list: string): Promise<void> {
    return this.#link().whenReady(async () => {
      const { streams } = this.#manager as JetStreamManager;
      await streams.purge(this.#lists, { filter: `${this.#channel}.list.${list}` });
      await streams.purge(this.#latest, { filter: `${this.#channel}.latest.${list}.*` });
    }, PATIENCE);
  }

  // --- Inside ---

  get #lists(): string {
    return `${this.#channel}+lists`; // no channel has such a name
  }

  get #latest(): string {
    return `${this.#channel}+latest`;
  }

  #subjectOf({ list, key }: ListEntry): string {
    if (key === null) return `${this.#channel}.list.${list}`;
    return `${this.#channel}.latest.${list}.${Buffer.from(key).toString('base64url') || '-'}`;
  }

  /** Returns the messages of a subject, oldest first. */
  async #read(stream: string, subject: string): Promise<Found[]> {
    const manager = this.#manager as JetStreamManager;
    const { state } = await manager.streams.info(stream, { subjects_filter: subject });
    const count = Object.values(state.subjects ?? {}).reduce((sum, messages) => sum + messages, 0);
    const found: Found[] = [];
    if (count === 0) return found;
    return StreamConsumer.read(manager, { stream, sequence: 1, subject }, (finish, sequence, _subject, bytes) => {
      // Entries that were added meanwhile may have replaced some of those that were counted.
      if (sequence <= state.last_seq) found.push({ sequence, bytes: bufferOf(bytes) });
      if (found.length >= count || sequence >= state.last_seq) finish(found);
    });
  }

  /** Removes the oldest entries with a key from lists that have too many. */
  async #limitKeys(entries: readonly ListEntry[]): Promise<void> {
    const { streams } = this.#manager as JetStreamManager;
    for (const { list, key, keys } of entries) {
      if (key === null || !this.#growth.add(list, keys)) continue;
      const found = await this.#read(this.#latest, `${this.#channel}.latest.${list}.*`);
      for (const { sequence } of found.slice(0, Math.max(0, found.length - keys))) {
        await streams.deleteMessage(this.#latest, sequence, false).catch(() => {}); // it was replaced
      }
    }
  }

  #tooLarge(): void {
    const line = this.#throttled.pass(
      'large',
      'an event is not kept in the history of its rooms, since it is larger than max_payload of NATS',
    );
    if (line !== null) this.#context.log.warn(line);
  }
}
