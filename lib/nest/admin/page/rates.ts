/** Rates per second, computed from the totals of successive answers, with the latest values for sparklines. */

/** The number of values that are kept: two minutes, at one answer every 2 s. */
const HISTORY = 60;

/** ms between two totals below which their difference says little */
const LEAST = 500;

/** Keys that no answer has contained for this time are forgotten, in ms. */
const FORGET = 60_000;

interface Series {
  at: number;
  total: number;
  rate: number | null;
  readonly history: number[];
}

export class Rates {
  readonly #series = new Map<string, Series>();

  /**
   * Adds a total.
   * @param at the time of the answer, in ms
   */
  add(key: string, total: number, at: number): void {
    const series = this.#series.get(key);
    if (series === undefined) {
      this.#series.set(key, { at, total, rate: null, history: [] });
      return;
    }
    const elapsed = at - series.at;
    if (elapsed < LEAST) return;
    // A smaller total is that of a server that has started again: there is no rate until its next answer.
    series.rate = total < series.total ? null : ((total - series.total) * 1_000) / elapsed;
    series.at = at;
    series.total = total;
    if (series.rate !== null) series.history.push(series.rate);
    if (series.history.length > HISTORY) series.history.shift();
  }

  /** Returns events or bytes per second, `null` until there are two answers. */
  of(key: string): number | null {
    return this.#series.get(key)?.rate ?? null;
  }

  /** Returns the latest rates, oldest first. */
  history(key: string): readonly number[] {
    return this.#series.get(key)?.history ?? [];
  }

  /** Forgets the keys that have not been added for a minute. */
  forget(at: number): void {
    for (const [key, series] of this.#series) if (at - series.at > FORGET) this.#series.delete(key);
  }
}
