/**
 * A queue, first in, first out. Each operation takes constant time on average, whereas `Array.shift` moves all items
 * that are left, so that emptying a long array is quadratic.
 */

/** Number of empty places at the start of the list before it is compacted. */
const SLACK = 16;

export class Queue<T> {
  #items: (T | null)[] = [];
  /** Index of the oldest item in the list. */
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** @param index 0 for the oldest item; less than {@link length} */
  at(index: number): T {
    return this.#items[this.#head + index] as T;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Removes the oldest item. @returns `null` if there is none */
  shift(): T | null {
    if (this.length === 0) return null;
    const item = this.#items[this.#head] as T;
    this.#items[this.#head++] = null;
    if (this.#head > SLACK && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
