/** The distribution of values over buckets, as Prometheus and OpenTelemetry define it. */
export class Histogram {
  /** The upper bounds of the buckets, ascending; the last bucket has none. A bound belongs to its bucket. */
  readonly bounds: readonly number[];
  /** How many values each bucket has: one more than there are bounds. */
  readonly counts: number[];
  #count = 0;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = [...bounds, Infinity].map(() => 0);
  }

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  add(value: number): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    counts[bucket] = (counts[bucket] as number) + 1;
    this.#count++;
    this.#sum += value;
  }

  /** Adds the values of another histogram with the same bounds. */
  include({ counts, sum }: Pick<Histogram, 'counts' | 'sum'>): void {
    for (const [bucket, count] of counts.entries()) {
      this.counts[bucket] = (this.counts[bucket] ?? 0) + count;
      this.#count += count;
    }
    this.#sum += sum;
  }

  /**
   * Estimates a quantile from the buckets: within its bucket, values count as evenly spread.
   * @param quantile between 0 and 1
   * @returns 0 without values; the largest bound for a value above all bounds
   */
  quantile(quantile: number): number {
    const { bounds, counts } = this;
    let rest = quantile * this.#count;
    if (rest <= 0) return 0;
    for (const [bucket, bound] of bounds.entries()) {
      const count = counts[bucket] as number;
      const lower = bucket === 0 ? 0 : (bounds[bucket - 1] as number);
      if (count > 0 && rest <= count) return lower + (bound - lower) * (rest / count);
      rest -= count;
    }
    return bounds.at(-1) ?? 0;
  }
}
