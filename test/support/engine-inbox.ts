/** Things in the order of their arrival, for a test to wait for one by one. */
export class Inbox<T> {
  readonly #arrived: T[] = [];
  readonly #awaited: ((item: T) => void)[] = [];

  push(item: T): void {
    const taker = this.#awaited.shift();
    if (taker === undefined) this.#arrived.push(item);
    else taker(item);
  }

  /** The next one, now or when it comes. */
  next(): Promise<T> {
    const item = this.#arrived.shift();
    if (item !== undefined) return Promise.resolve(item);
    return new Promise((resolve) => {
      this.#awaited.push(resolve);
    });
  }

  /** The next `count` of them. */
  async take(count: number): Promise<T[]> {
    const items: T[] = [];
    while (items.length < count) items.push(await this.next());
    return items;
  }

  /** What has arrived and was not taken. */
  get waiting(): readonly T[] {
    return this.#arrived;
  }
}
