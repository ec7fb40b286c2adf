/**
 * A promise of what a test waits for. It takes what comes from the moment when it is made, but gives up only
 * after somebody has begun to await it: so a test may ask first and cause later, whatever lies in between.
 */

/** The other side of an expectation; the first call counts. */
export interface Claim<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
  readonly isOpen: () => boolean;
}

export class Expectation<T> extends Promise<T> {
  #giveUp: (() => void) | null = null;

  /** What is chained to it is a plain promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /**
   * @param begin hands the claim to those who can fulfil it
   * @param giveUp called once when somebody awaits it; resolves to the reason, when there is no hope left
   */
  static of<T>(begin: (claim: Claim<T>) => void, giveUp: (claim: Claim<T>) => Promise<Error>): Expectation<T> {
    let open = true;
    let claim!: Claim<T>;
    const once =
      <A>(settle: (value: A) => void) =>
      (value: A): void => {
        open = false;
        settle(value);
      };
    const expectation = new Expectation<T>((resolve, reject) => {
      claim = { resolve: once(resolve), reject: once(reject), isOpen: () => open };
    });
    expectation.#giveUp = () => {
      if (open) void giveUp(claim).then(claim.reject);
    };
    void Promise.prototype.then.call(expectation, undefined, () => {}); // whoever awaits it is told
    try {
      begin(claim);
    } catch (error) {
      claim.reject(error as Error);
    }
    return expectation;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise, and this is where it learns that it is awaited
  override then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const giveUp = this.#giveUp;
    this.#giveUp = null;
    giveUp?.();
    return super.then(fulfilled, rejected);
  }
}
