interface Waiting<T> {
  readonly resolve: (item: T) => void;
  readonly reject: (error: Error) => void;
}

/** Things in the order of their arrival, for a test to wait for one by one. */
export class Inbox<T> {
  readonly #arrived: T[] = [];
  readonly #awaited: Waiting<T>[] = [];
  #end: Error | null = null;

  push(item: T): void {
    const taker = this.#awaited.shift();
    if (taker === undefined) this.#arrived.push(item);
    else taker.resolve(item);
  }

  /** Nothing comes any more: whoever waits, or comes when all is taken, is told why. */
  end(error: Error): void {
    this.#end = error;
    for (const { reject } of this.#awaited.splice(0)) reject(error);
  }

  /** The next one, now or when it comes. */
  next(): Promise<T> {
    const item = this.#arrived.shift();
    if (item !== undefined) return Promise.resolve(item);
    if (this.#end !== null) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      this.#awaited.push({ resolve, reject });
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
