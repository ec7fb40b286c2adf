/**
 * A broker in the memory of one process, for tests of several servers. It delivers like a real one: asynchronously, in
 * order, and as bytes. It can keep events.
 */
import { type Broker, type BrokerContext, BrokerFactory, type BrokerListener } from '../broker/broker.js';
import { MemoryLists } from './memory-lists.js';
import { MemoryStore } from './memory-store.js';

/** The servers of one {@link memoryBroker}. */
class MemoryBrokerFactory extends BrokerFactory {
  readonly engine = 'memory';
  readonly keepsEvents = true;
  readonly #channels = new Map<string, Channel>();

  override create({ scope, keepFor, keepAtMost, lists, clock }: BrokerContext): Promise<Broker> {
    const channel = this.#channels.get(scope) ?? new Channel();
    this.#channels.set(scope, channel);
    const store = keepFor === null ? null : channel.keep(keepFor, keepAtMost, () => clock.now());
    return Promise.resolve(new MemoryBroker(channel, store, lists == null ? null : channel.lists));
  }
}

class Channel {
  readonly subscribers = new Set<BrokerListener>();
  readonly lists = new MemoryLists();
  #store: MemoryStore | null = null;

  keep(...bounds: ConstructorParameters<typeof MemoryStore>): MemoryStore {
    return (this.#store ??= new MemoryStore(...bounds));
  }

  publish(bytes: Buffer): void {
    const copy = Buffer.from(bytes);
    const position = this.#store?.append(copy) ?? null;
    for (const subscriber of this.subscribers) setImmediate(() => subscriber.received(copy, position));
  }
}

class MemoryBroker implements Broker {
  readonly store: MemoryStore | null;
  readonly lists: MemoryLists | null;
  readonly #channel: Channel;
  #listener: BrokerListener | null = null;

  constructor(channel: Channel, store: MemoryStore | null, lists: MemoryLists | null) {
    this.#channel = channel;
    this.store = store;
    this.lists = lists;
  }

  open(listener: BrokerListener): Promise<void> {
    this.#listener = listener;
    this.#channel.subscribers.add(listener);
    listener.connection(null);
    return Promise.resolve();
  }

  publish(bytes: Buffer): Promise<void> {
    this.#channel.publish(bytes);
    return Promise.resolve();
  }

  close(): Promise<void> {
    if (this.#listener !== null) this.#channel.subscribers.delete(this.#listener);
    return Promise.resolve();
  }
}

/**
 * Connects the servers of one process that get the same result, for tests of code that runs on several servers.
 * @publicApi
 */
export function memoryBroker(): BrokerFactory {
  return new MemoryBrokerFactory();
}
