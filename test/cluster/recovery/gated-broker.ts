/** A memory broker that a test can shut: while it is shut, a node's messages are held back, and nothing is stored. */
import {
  type Broker,
  type BrokerContext,
  BrokerFactory,
  type BrokerListener,
  type BrokerStore,
  type StoredValue,
} from '../../../lib/cluster/broker/broker.js';
import { memoryBroker } from '../../../lib/cluster/internal.js';

export class GatedBroker extends BrokerFactory {
  readonly engine = 'memory';
  readonly keepsEvents = true;
  /** The broker behind the gate. */
  readonly inner = memoryBroker();
  isShut = false;
  /** A node connects after this has resolved. */
  connects: Promise<void> = Promise.resolve();
  /** Calls that wait for the gate. */
  readonly #waiting: (() => void)[] = [];
  readonly #keys = new Set<string>();

  /** The number of values that are stored. */
  get keys(): number {
    return this.#keys.size;
  }

  /** Opens the gate, through which everything goes that was held back. */
  open(): void {
    this.isShut = false;
    for (const go of this.#waiting.splice(0)) go();
  }

  override async create(context: BrokerContext): Promise<Broker> {
    const inner = await this.inner.create(context);
    const { store } = inner;
    return {
      store: store === null ? null : this.#gated(store),
      open: (listener: BrokerListener) => this.connects.then(() => inner.open(listener)),
      publish: (bytes) => this.#pass(() => inner.publish(bytes)),
      close: () => inner.close(),
    };
  }

  #gated(store: BrokerStore): BrokerStore {
    return {
      ...store,
      read: (from, to) => this.#pass(() => store.read(from, to)),
      put: (values: readonly StoredValue[]) => {
        for (const { key } of values) this.#keys.add(key);
        return this.#pass(() => store.put(values));
      },
      take: (key) => {
        this.#keys.delete(key);
        return this.#pass(() => store.take(key));
      },
      remove: (keys) => {
        for (const key of keys) this.#keys.delete(key);
        return this.#pass(() => store.remove(keys));
      },
    };
  }

  /** What was held back stays so until {@link open}, even if the gate is open for later calls. */
  #pass<T>(call: () => Promise<T>): Promise<T> {
    if (!this.isShut) return call();
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(call()));
    });
  }
}
