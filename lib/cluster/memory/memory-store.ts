/** The events and values that a memory broker keeps. */
import type { BrokerStore, StoredMessage, StoredValue } from '../broker/broker.js';

interface Entry extends StoredMessage {
  readonly at: number;
}

export class MemoryStore implements BrokerStore {
  readonly #keepFor: number;
  readonly #keepAtMost: number;
  readonly #now: () => number;
  readonly #entries: Entry[] = [];
  readonly #values = new Map<string, { readonly bytes: Buffer; readonly until: number }>();
  #last = 0;

  /**
   * @param keepFor ms
   * @param now ms
   */
  constructor(keepFor: number, keepAtMost: number, now: () => number) {
    this.#keepFor = keepFor;
    this.#keepAtMost = keepAtMost;
    this.#now = now;
  }

  /** @returns the position of the message */
  append(bytes: Buffer): string {
    const now = this.#now();
    const position = String(++this.#last);
    this.#entries.push({ position, bytes, at: now });
    let old = Math.max(0, this.#entries.length - this.#keepAtMost);
    while ((this.#entries[old]?.at ?? now) < now - this.#keepFor) old++;
    this.#entries.splice(0, old);
    return position;
  }

  read(from: string, to: string): Promise<readonly StoredMessage[] | null> {
    const first = this.#entries.findIndex(({ position }) => position === from);
    const last = this.#entries.findIndex(({ position }) => position === to);
    return Promise.resolve(first === -1 ? null : this.#entries.slice(first, last + 1));
  }

  put(values: readonly StoredValue[]): Promise<void> {
    const now = this.#now();
    for (const { key, bytes, ttl } of values) this.#values.set(key, { bytes, until: now + ttl });
    return Promise.resolve();
  }

  take(key: string): Promise<Buffer | null> {
    const value = this.#values.get(key);
    this.#values.delete(key);
    return Promise.resolve(value === undefined || value.until < this.#now() ? null : value.bytes);
  }

  remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#values.delete(key);
    return Promise.resolve();
  }
}
