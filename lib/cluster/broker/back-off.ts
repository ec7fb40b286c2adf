/** ms before the first attempt to reconnect, and the most. The delay doubles from attempt to attempt. */
const FIRST_DELAY = 50;
const LONGEST_DELAY = 2_000;

/** The delays between attempts to connect. They vary at random, so that not all servers reconnect at once. */
export class BackOff {
  #failures = 0;

  /** The delay before the next attempt, in ms. */
  next(): number {
    const delay = Math.min(FIRST_DELAY * 2 ** this.#failures++, LONGEST_DELAY);
    return Math.round(delay * (0.75 + Math.random() / 2));
  }

  /** Begins with the first delay again, after a success. */
  reset(): void {
    this.#failures = 0;
  }
}
