/** The two ways to use the message queue of Flask-SocketIO: as one of its servers, or as a process that only emits. */
import {
  type Adapter,
  type AdapterHost,
  Broadcasting,
  type BroadcastTarget,
  namespacePath,
  OwnAdapter,
} from '../../server/internal.js';
import type { EventPacket } from '../../protocol/internal.js';
import { type FlaskQueueOptions, resolveQueueOptions } from './flask-queue-options.js';
import { MessageQueue, QueuePublisher } from './message-queue.js';
import { createHostId, QueueAdapter } from './queue-adapter.js';
import type { QueueMessage } from './queue-message.js';
import {
  serverSideEmitNotCarried,
  disconnectRequests,
  emitRequest,
  joinRequests,
  leaveRequests,
} from './queue-requests.js';
import type { RedisPublisher, RedisSubscriber } from './redis-channel.js';
import { SendOnly, SendOnlyNamespace } from '../send-only.js';

/**
 * Creates a value for the option `adapter`. The server then shares a message queue with
 * `SocketIO(app, message_queue='redis://...')` of Flask-SocketIO.
 * @param publisher a connected client of the package `ioredis` or `redis`
 * @param subscriber another connected client, used for nothing else. Close both clients yourself
 * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION`
 * @publicApi
 */
export function createFlaskQueueAdapter(
  publisher: RedisPublisher,
  subscriber: RedisSubscriber,
  options: FlaskQueueOptions = {},
): OwnAdapter {
  return new FlaskQueueAdapter(new MessageQueue(publisher, subscriber, resolveQueueOptions(options)));
}

class FlaskQueueAdapter extends OwnAdapter {
  readonly #queue: MessageQueue;

  constructor(queue: MessageQueue) {
    super();
    this.#queue = queue;
  }

  override create(host: AdapterHost): Adapter {
    return new QueueAdapter(this.#queue, host);
  }
}

/**
 * Broadcasts to a namespace whose clients are connected to other processes.
 * @publicApi
 */
export class QueueBroadcaster extends Broadcasting {
  /** The namespace whose clients receive the events. */
  readonly namespace: string;
  protected readonly audience: SendOnlyNamespace;
  readonly #sender: QueueSender;

  /** @internal Created by {@link FlaskQueueEmitter.of}. */
  constructor(sender: QueueSender, namespace: string) {
    super();
    this.namespace = namespace;
    this.audience = new SendOnlyNamespace(namespace, new QueueDelivery(sender, namespace));
    this.#sender = sender;
  }

  /** A broadcaster for another namespace. */
  of(namespace: string): QueueBroadcaster {
    return new QueueBroadcaster(this.#sender, namespacePath(namespace));
  }

  /** @throws SocketIoError `NOT_CARRIED` */
  serverSideEmit(event: string, ...args: unknown[]): true {
    return this.audience.serverSideEmit(event, ...args);
  }
}

/**
 * Emits, from a process without a server, to the clients of all servers that share a message queue with
 * Flask-SocketIO. With Nest, pass it to `SocketIoEmitterModule`.
 * @publicApi
 */
export class FlaskQueueEmitter extends QueueBroadcaster {
  /**
   * @param publisher a connected client of the package `ioredis` or `redis`. Close it yourself
   * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION`
   */
  constructor(publisher: RedisPublisher, options: FlaskQueueOptions = {}) {
    super(new QueueSender(publisher, resolveQueueOptions(options)), '/');
  }
}

class QueueSender extends QueuePublisher {
  readonly #hostId = createHostId();

  publishAll(...messages: readonly QueueMessage[]): void {
    // Encode every message before publishing the first: if one cannot be encoded, none is published.
    const texts = messages.map((message) => this.write(message, this.#hostId));
    for (const text of texts) this.publish(text);
  }
}

class QueueDelivery extends SendOnly {
  readonly #sender: QueueSender;
  readonly #namespace: string;

  constructor(sender: QueueSender, namespace: string) {
    super();
    this.#sender = sender;
    this.#namespace = namespace;
  }

  protected send(packet: EventPacket, target: BroadcastTarget): void {
    this.#sender.publishAll(emitRequest(packet, target));
  }

  protected join(target: BroadcastTarget, rooms: readonly string[]): void {
    this.#sender.publishAll(...joinRequests(this.#namespace, target, rooms));
  }

  protected leave(target: BroadcastTarget, rooms: readonly string[]): void {
    this.#sender.publishAll(...leaveRequests(this.#namespace, target, rooms));
  }

  protected disconnect(target: BroadcastTarget): void {
    this.#sender.publishAll(...disconnectRequests(this.#namespace, target));
  }

  protected emitToServers(): never {
    throw serverSideEmitNotCarried();
  }
}
