/**
 * The queue as the servers of this process share it: one subscription, each message read once, and given to the
 * namespace that it names. A message that cannot be read or carried out disturbs neither the next one nor anybody else.
 */
import { consoleLog, type Log, systemClock } from '../../engine/index.js';
import type { AdapterHost } from '../../server/index.js';
import { Failures } from '../failures.js';
import type { QueueSettings } from './flask-queue-options.js';
import type { QueueMessage } from './queue-message.js';
import { type ReceivedMessage, readMessage, type UnreadableMessage } from './queue-reader.js';
import { writeMessage } from './queue-writer.js';
import { type RedisPublisher, type RedisSubscriber, subscribe, type Subscription } from './redis-channel.js';

/** A namespace of a server of this process. */
export interface QueueNamespace {
  readonly host: Pick<AdapterHost, 'name' | 'log' | 'clock'>;
  /** By what it knows its own messages. */
  readonly hostId: string;
  receive(received: ReceivedMessage): void;
}

/** A queue to publish to. */
export class QueuePublisher {
  protected readonly publisher: RedisPublisher;
  protected readonly settings: QueueSettings;
  protected readonly failures: Failures;

  constructor(publisher: RedisPublisher, settings: QueueSettings) {
    this.publisher = publisher;
    this.settings = settings;
    this.failures = new Failures(
      () => this.log,
      () => this.now,
    );
  }

  /** @throws SocketIoError `NOT_CARRIED`, `VALUE_TOO_DEEP`; TypeError for what is no JSON */
  write(message: QueueMessage, hostId: string): string {
    return writeMessage(message, { hostId, bareValues: this.settings.bareValues });
  }

  /** @param text what {@link write} made */
  publish(text: string): void {
    const { channel } = this.settings;
    this.failures.contain(`publishing to ${channel} failed: the clients of other servers were not reached`, () =>
      this.publisher.publish(channel, text),
    );
  }

  protected get log(): Log {
    return this.settings.logger ?? consoleLog;
  }

  protected get now(): number {
    return systemClock.now();
  }
}

export class MessageQueue extends QueuePublisher {
  readonly #subscriber: RedisSubscriber;
  readonly #members = new Set<QueueNamespace>();
  #subscription: Subscription | null = null;
  /** Of the member that came last: by its log and its clock failures are told. */
  #host: QueueNamespace['host'] | null = null;

  constructor(publisher: RedisPublisher, subscriber: RedisSubscriber, settings: QueueSettings) {
    super(publisher, settings);
    this.#subscriber = subscriber;
  }

  /** The first member begins the subscription. */
  add(member: QueueNamespace): void {
    this.#host = member.host;
    this.#members.add(member);
    if (this.#members.size > 1) return;
    const { channel } = this.settings;
    this.failures.contain(`subscribing to ${channel} failed: other servers are not heard`, () => {
      this.#subscription = subscribe(this.#subscriber, channel, (text) => this.#heard(text));
      return this.#subscription.confirmed;
    });
  }

  /** The last member ends it. */
  remove(member: QueueNamespace): void {
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    this.failures.contain(`leaving ${this.settings.channel} failed`, () => this.#subscription?.end());
  }

  /** Calls something for a message; its failure goes no further. */
  contain(method: string, call: () => unknown): void {
    this.failures.contain(`a message "${method}" on ${this.settings.channel} failed`, call);
  }

  protected override get log(): Log {
    return this.settings.logger ?? this.#member.log;
  }

  protected override get now(): number {
    return this.#member.clock.now();
  }

  /** Nothing happens here before somebody has joined. */
  get #member(): QueueNamespace['host'] {
    return this.#host as QueueNamespace['host'];
  }

  /** Everybody drops what it has sent itself, but for answers: those carry the id of whoever asked. */
  #heard(text: string): void {
    const received = this.#read(text);
    if (received === null) return;
    const { message, hostId } = received;
    for (const member of this.#members) {
      if (member.host.name !== message.namespace) continue;
      if ((message.method === 'callback') !== (hostId === member.hostId)) continue;
      this.contain(message.method, () => member.receive(received));
    }
  }

  #read(text: string): ReceivedMessage | null {
    try {
      return readMessage(text);
    } catch (error) {
      const { kind, message } = error as UnreadableMessage;
      this.failures.warn(kind, `a message on ${this.settings.channel} is ignored: ${message}`);
      return null;
    }
  }
}
