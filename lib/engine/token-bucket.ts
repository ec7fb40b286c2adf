/**
 * A token bucket: holds `capacity` tokens at most and gains that many in each period. With `take` it may be
 * overdrawn: the caller learns how long it takes until the debt is paid.
 */
export class TokenBucket {
  readonly #capacity: number;
  readonly #per: number;
  #tokens: number;
  #at: number;

  /**
   * @param capacity tokens gained in each period, and held at most
   * @param per length of a period in ms
   * @param now ms
   */
  constructor(capacity: number, per: number, now: number) {
    this.#capacity = capacity;
    this.#per = per;
    this.#tokens = capacity;
    this.#at = now;
  }

  /** Takes tokens, even if there are too few. @returns ms until the bucket is no longer overdrawn; 0 if it is not */
  take(tokens: number, now: number): number {
    this.#refill(now);
    this.#tokens -= tokens;
    return this.#tokens < 0 ? Math.ceil((-this.#tokens / this.#capacity) * this.#per) : 0;
  }

  /** Takes one token if there is one. @returns whether there was */
  takeOne(now: number): boolean {
    this.#refill(now);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  #refill(now: number): void {
    const gained = ((now - this.#at) / this.#per) * this.#capacity;
    this.#tokens = Math.min(this.#capacity, this.#tokens + gained);
    this.#at = now;
  }
}
