/**
 * A broker on JetStream. A stream keeps the messages of the channel, and each server reads it in order. A position
 * consists of the creation time of the stream and the sequence number of a message, so a position in a deleted stream
 * is not found in the next one.
 */
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import type {
  Broker,
  BrokerContext,
  BrokerListener,
  BrokerStore,
  StoredMessage,
  StoredValue,
} from '../broker/broker.js';
import { type OpenJetStream, provideStream, store } from './jetstream.js';
import { Assembler, type Part, partsUpTo, Splitter } from './message-parts.js';
import { bufferOf, type NatsConnection } from './nats-client.js';
import { NatsLink } from './nats-link.js';
import type { NatsLists } from './nats-lists.js';
import { NatsValues } from './nats-values.js';
import type { OpenConnection } from './open-connection.js';
import { partSize } from './part-size.js';
import { StreamConsumer } from './stream-consumer.js';

/** ms that a call of the store waits for the connection. Sessions and returning clients cannot wait for long. */
const PATIENCE = 5_000;

interface Position {
  readonly stream: string;
  readonly sequence: number;
}

export class NatsLog implements Broker, BrokerStore {
  // --- Public attributes ---

  readonly store: BrokerStore = this;
  readonly lists: NatsLists | null;
  readonly #channel: string;
  readonly #context: BrokerContext;
  readonly #openJetStream: OpenJetStream;
  readonly #link: NatsLink;
  readonly #splitter: Splitter;
  readonly #assembler = new Assembler();
  #listener: BrokerListener | null = null;
  #manager: JetStreamManager | null = null;
  #values: NatsValues | null = null;
  #consumer: StreamConsumer | null = null;
  /** The creation time of the stream, in base 36; empty until it is known. */
  #stream = '';
  /** The sequence number of the message that is expected next. */
  #next = 0;
  #preparations = 0;

  constructor(
    channel: string,
    source: NatsConnection | OpenConnection,
    openJetStream: OpenJetStream,
    context: BrokerContext,
    listsOver: (link: () => NatsLink) => NatsLists | null = () => null,
  ) {
    this.#channel = channel;
    this.lists = listsOver(() => this.#link);
    this.#context = context;
    this.#openJetStream = openJetStream;
    this.#splitter = new Splitter(channel);
    this.#link = new NatsLink(source, {
      attach: () => {
        this.#manager = null;
      },
      prepare: (connection) => this.#prepare(connection),
    });
  }

  // --- Public methods ---

  open(listener: BrokerListener): Promise<void> {
    this.#listener = listener;
    return this.#link.open(listener);
  }

  publish(bytes: Buffer): Promise<void> {
    return this.#link.whenReady(async (connection) => {
      const parts = this.#splitter.split(bytes, partSize(connection));
      try {
        await Promise.all(parts.map((part) => store(connection, part.subject, part.bytes)));
      } catch (error) {
        if (hasNoStream(error)) this.#link.prepareAgain();
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    this.#consumer?.stop();
    await this.#link.close();
  }

  read(from: string, to: string): Promise<readonly StoredMessage[] | null> {
    return this.#link.whenReady(async () => {
      const manager = this.#manager as JetStreamManager;
      const info = await manager.streams.info(this.#channel);
      const stream = nameOf(info);
      const [first, last] = [parse(from), parse(to)];
      if (first?.stream !== stream || last?.stream !== stream) return null;
      // If only the message at `from` has expired, nothing is missing after it.
      if (first.sequence + 1 < info.state.first_seq || first.sequence > info.state.last_seq) return null;
      const begin = Math.max(first.sequence, info.state.first_seq);
      const end = Math.min(last.sequence, info.state.last_seq);
      const parts = begin > end ? [] : await this.#range(manager, begin, end);
      return parts === null ? null : this.#assemble(manager, stream, begin, parts);
    }, PATIENCE);
  }

  put(values: readonly StoredValue[]): Promise<void> {
    return this.#link.whenReady((connection) => (this.#values as NatsValues).put(connection, values), PATIENCE);
  }

  take(key: string): Promise<Buffer | null> {
    return this.#link.whenReady(() => (this.#values as NatsValues).take(key), PATIENCE);
  }

  remove(keys: readonly string[]): Promise<void> {
    return this.#link.whenReady(() => (this.#values as NatsValues).remove(keys), PATIENCE);
  }

  // --- Inside ---

  async #prepare(connection: NatsConnection): Promise<void> {
    this.#consumer?.stop();
    this.#consumer = null;
    const preparation = ++this.#preparations;
    const manager = (this.#manager ??= await this.#openJetStream(connection));
    const { keepFor, keepAtMost } = this.#context;
    const subjects = [this.#channel, `${this.#channel}.part.>`];
    const limits = { maxAge: keepFor as number, maxMessages: keepAtMost };
    const info = await provideStream(manager, this.#channel, subjects, limits);
    this.#values = await NatsValues.open(manager, this.#channel, keepFor as number);
    await this.lists?.prepare(connection);
    this.#follow(nameOf(info), info.state.first_seq, info.state.last_seq);
    const consumer = await StreamConsumer.start(manager, this.#channel, this.#next, {
      received: (sequence, subject, bytes) => this.#received(sequence, { subject, bytes }),
      broken: () => {
        if (this.#consumer === consumer) this.#link.prepareAgain();
      },
    });
    // The connection may have been closed, or lost and restored, in the meantime.
    if (this.#link.closed || preparation !== this.#preparations) consumer.stop();
    else this.#consumer = consumer;
  }

  /** Sets the sequence number to read next, in a stream that has the messages from `first` to `last`. */
  #follow(stream: string, first: number, last: number): void {
    const known = this.#stream;
    this.#stream = stream;
    if (known === '') {
      this.#next = last + 1;
    } else if (known !== stream) {
      this.#gap();
      this.#next = 1;
    } else if (first > this.#next) {
      this.#gap(); // messages expired before they were read
      this.#next = first;
    } else if (last + 1 < this.#next) {
      this.#gap(); // the machine of the server failed, and lost messages that were not on its disk
      this.#next = last + 1;
    }
  }

  #received(sequence: number, part: Part): void {
    if (sequence < this.#next) return;
    if (sequence > this.#next) this.#gap(); // messages were removed before they were read
    this.#next = sequence + 1;
    const bytes = part.subject === this.#channel ? bufferOf(part.bytes) : this.#assembler.add(part);
    if (bytes !== null) this.#listener?.received(bytes, this.#position(sequence));
  }

  #gap(): void {
    this.#assembler.clear();
    this.#listener?.gap();
  }

  #position(sequence: number): string {
    return `${this.#stream}-${sequence}`;
  }

  /** @returns the messages of a range of sequence numbers; `null` if one is missing */
  #range(manager: JetStreamManager, begin: number, end: number): Promise<readonly Part[] | null> {
    const parts: Part[] = [];
    const range = { stream: this.#channel, sequence: begin };
    return StreamConsumer.read<readonly Part[] | null>(manager, range, (finish, sequence, subject, bytes) => {
      if (sequence > end) return; // it was on its way already
      if (sequence !== begin + parts.length) return finish(null);
      parts.push({ subject, bytes });
      if (sequence >= end) finish(parts);
    });
  }

  /** @returns the messages that end in a range; `null` if one is incomplete */
  async #assemble(
    manager: JetStreamManager,
    stream: string,
    begin: number,
    stored: readonly Part[],
  ): Promise<readonly StoredMessage[] | null> {
    const assembler = new Assembler();
    const messages: StoredMessage[] = [];
    for (const [index, part] of stored.entries()) {
      let bytes = part.subject === this.#channel ? bufferOf(part.bytes) : assembler.add(part);
      const subjects = bytes === null ? partsUpTo(part.subject) : null;
      if (bytes === null && subjects === null) continue;
      if (bytes === null) {
        // The message begins before the range.
        const parts = await Promise.all(
          (subjects as readonly string[]).map((subject) =>
            manager.streams.getMessage(this.#channel, { last_by_subj: subject }),
          ),
        );
        if (parts.includes(null)) return null;
        bytes = Buffer.concat(parts.map((found) => (found === null ? Buffer.alloc(0) : found.data)));
      }
      messages.push({ position: `${stream}-${begin + index}`, bytes });
    }
    return messages;
  }
}

function nameOf({ created }: StreamInfo): string {
  return Date.parse(created).toString(36);
}

function parse(position: string): Position | null {
  const [, stream, sequence] = /^([\da-z]+)-(\d{1,16})$/.exec(position) ?? [];
  return stream === undefined ? null : { stream, sequence: Number(sequence) };
}

/** Whether nothing answered a publication, because the stream was deleted. */
function hasNoStream(error: unknown): boolean {
  return (error as { isNoResponders?: () => boolean }).isNoResponders?.() === true;
}
