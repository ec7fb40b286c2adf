/**
 * The queue that all servers of this process share. It has one subscription, reads each message once and passes it to
 * the namespace that the message names. A message that cannot be read or handled is logged, and the next one follows.
 */
import { consoleLog, type Log, systemClock } from '../../engine/internal.js';
import { type AdapterHost, type BrokerLink, emitterLink, MessageDropped } from '../../server/internal.js';
import { Failures } from '../failures.js';
import type { QueueSettings } from './flask-queue-options.js';
import type { QueueMessage } from './queue-message.js';
import { type ReceivedMessage, readMessage, type UnreadableMessage } from './queue-reader.js';
import { writeMessage } from './queue-writer.js';
import { type RedisPublisher, type RedisSubscriber, subscribe, type Subscription } from './redis-channel.js';

/** A namespace of a server of this process. */
export interface QueueNamespace {
  readonly host: Pick<AdapterHost, 'name' | 'log' | 'clock' | 'broker'>;
  /** Marks the messages that this namespace has published. */
  readonly hostId: string;
  receive(received: ReceivedMessage): void;
}

/** Publishes messages to the queue. */
export class QueuePublisher {
  protected readonly publisher: RedisPublisher;
  protected readonly settings: QueueSettings;
  protected readonly failures: Failures;
  #own: BrokerLink | null = null;

  constructor(publisher: RedisPublisher, settings: QueueSettings) {
    this.publisher = publisher;
    this.settings = settings;
    this.failures = new Failures(
      () => this.log,
      () => this.now,
    );
  }

  /** @throws SocketIoError `NOT_CARRIED`, `VALUE_TOO_DEEP`; TypeError for a value that JSON cannot represent */
  write(message: QueueMessage, hostId: string): string {
    return writeMessage(message, { hostId, bareValues: this.settings.bareValues });
  }

  /** @param text the result of {@link write} */
  publish(text: string): void {
    const { channel } = this.settings;
    const { link } = this;
    this.failures.contain(`publishing to ${channel} failed: the clients of other servers were not reached`, () =>
      link
        .send(text.length, () => this.publisher.publish(channel, text))
        .catch((error: unknown) => {
          if (error instanceof MessageDropped) return;
          link.countFailure();
          throw error;
        }),
    );
  }

  /** Bounds what waits for the broker. */
  protected get link(): BrokerLink {
    return (this.#own ??= emitterLink(this.log));
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
  readonly #namespaces = new Set<QueueNamespace>();
  #subscription: Subscription | null = null;
  /** The host of the namespace added last: its log and clock are used for failures. */
  #latest: QueueNamespace['host'] | null = null;

  constructor(publisher: RedisPublisher, subscriber: RedisSubscriber, settings: QueueSettings) {
    super(publisher, settings);
    this.#subscriber = subscriber;
  }

  /** The first namespace starts the subscription. */
  add(namespace: QueueNamespace): void {
    this.#latest = namespace.host;
    this.#namespaces.add(namespace);
    if (this.#namespaces.size > 1) return;
    const { channel } = this.settings;
    this.failures.contain(`subscribing to ${channel} failed: messages of other servers are not received`, () => {
      this.#subscription = subscribe(this.#subscriber, channel, (text) => this.#receive(text));
      return this.#subscription.confirmed;
    });
  }

  /** Removing the last namespace ends the subscription. */
  remove(namespace: QueueNamespace): void {
    this.#namespaces.delete(namespace);
    if (this.#namespaces.size > 0) return;
    this.failures.contain(`unsubscribing from ${this.settings.channel} failed`, () => this.#subscription?.end());
  }

  /** Handles a message. An exception is logged and goes no further. */
  contain(method: string, call: () => unknown): void {
    this.failures.contain(`handling a message "${method}" on ${this.settings.channel} failed`, call);
  }

  protected override get log(): Log {
    return this.settings.logger ?? this.#host.log;
  }

  protected override get now(): number {
    return this.#host.clock.now();
  }

  protected override get link(): BrokerLink {
    return this.#host.broker;
  }

  /** Set before anything is published or received: a namespace is added first. */
  get #host(): QueueNamespace['host'] {
    return this.#latest as QueueNamespace['host'];
  }

  /**
   * A namespace ignores its own messages. Acknowledgements are the exception: they carry the id of the namespace that
   * requested them.
   */
  #receive(text: string): void {
    const received = this.#read(text);
    if (received === null) return;
    const { message, hostId } = received;
    for (const namespace of this.#namespaces) {
      if (namespace.host.name !== message.namespace) continue;
      if ((message.method === 'callback') !== (hostId === namespace.hostId)) continue;
      this.contain(message.method, () => namespace.receive(received));
    }
  }

  #read(text: string): ReceivedMessage | null {
    try {
      return readMessage(text);
    } catch (error) {
      const { kind, message } = error as UnreadableMessage;
      this.failures.warn(kind, `a message on ${this.settings.channel} was ignored: ${message}`);
      return null;
    }
  }
}
