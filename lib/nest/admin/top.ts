/** The first values of an order, of any number that is added. It never has many more of them than it needs. */
export class Top<T> {
  #values: T[] = [];
  #total = 0;
  readonly #size: number;
  readonly #order: (one: T, other: T) => number;

  /**
   * @param size the number of values to keep
   * @param order as for `sort`
   */
  constructor(size: number, order: (one: T, other: T) => number) {
    this.#size = size;
    this.#order = order;
  }

  add(value: T): void {
    this.#total++;
    this.#values.push(value);
    if (this.#values.length >= 4 * this.#size) this.#cut();
  }

  /** The number of values that were added. */
  get total(): number {
    return this.#total;
  }

  /** The first ones, in order. */
  get values(): readonly T[] {
    this.#cut();
    return this.#values;
  }

  #cut(): void {
    this.#values = this.#values.sort(this.#order).slice(0, this.#size);
  }
}
