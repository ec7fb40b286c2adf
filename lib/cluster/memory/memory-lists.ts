/** The lists that a memory broker keeps. */
import type { BrokerLists, ListContent, ListEntry } from '../broker/broker.js';

interface List {
  readonly entries: Buffer[];
  /** By key. The key whose entry is oldest comes first. */
  readonly latest: Map<string, Buffer>;
}

export class MemoryLists implements BrokerLists {
  readonly #lists = new Map<string, List>();

  append(entries: readonly ListEntry[]): Promise<void> {
    for (const { list, bytes, key, size, keys } of entries) {
      const { entries: all, latest } = this.#listOf(list);
      const copy = Buffer.from(bytes);
      if (key === null) {
        all.push(copy);
        all.splice(0, all.length - size);
      } else {
        latest.delete(key);
        latest.set(key, copy);
        const [oldest] = latest.keys();
        if (latest.size > keys && oldest !== undefined) latest.delete(oldest);
      }
    }
    return Promise.resolve();
  }

  /** Resolves later, as a real engine. */
  async read(list: string, limit: number): Promise<ListContent> {
    await new Promise((resolve) => setImmediate(resolve));
    const { entries, latest } = this.#lists.get(list) ?? { entries: [], latest: new Map<string, Buffer>() };
    return { entries: limit === 0 ? [] : entries.slice(-limit), latest: [...latest.values()] };
  }

  clear(list: string): Promise<void> {
    this.#lists.delete(list);
    return Promise.resolve();
  }

  #listOf(name: string): List {
    let list = this.#lists.get(name);
    if (list === undefined) this.#lists.set(name, (list = { entries: [], latest: new Map() }));
    return list;
  }
}
