/** A queue of received items, which a test awaits one at a time. */
interface Waiter<T> {
  readonly resolve: (item: T) => void;
  readonly reject: (error: Error) => void;
}

export class Inbox<T> {
  #items: T[] = [];
  readonly #waiters: Waiter<T>[] = [];
  #end: Error | null = null;

  push(item: T): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#items.push(item);
    else waiter.resolve(item);
  }

  /** Marks the end: with no items left, calls of {@link next} reject with this error. */
  end(error: Error): void {
    this.#end = error;
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }

  /** Resolves with the next item, as soon as there is one. */
  next(): Promise<T> {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift() as T);
    if (this.#end !== null) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
  }

  /** Resolves with the next `count` items. */
  async take(count: number): Promise<T[]> {
    const items: T[] = [];
    while (items.length < count) items.push(await this.next());
    return items;
  }

  /** Returns the items that have not been taken, and removes them. */
  takeAll(): T[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  /** The items that have not been taken. */
  get waiting(): readonly T[] {
    return this.#items;
  }
}
