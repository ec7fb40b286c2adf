/**
 * A token bucket: holds `capacity` tokens at most and gains that many in each period. It may be overdrawn: the caller
 * learns how long it takes until the debt is paid.
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
    const gained = ((now - this.#at) / this.#per) * this.#capacity;
    this.#at = now;
    this.#tokens = Math.min(this.#capacity, this.#tokens + gained) - tokens;
    return this.#tokens < 0 ? Math.ceil((-this.#tokens / this.#capacity) * this.#per) : 0;
  }
}
