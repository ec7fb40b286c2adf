/**
 * A promise for a value that a test waits for. It can receive the value from the moment it is created, but it gives up
 * only after the test has started to await it. A test may therefore create the promise first and trigger the value
 * later, with any amount of work in between.
 */

/** Settles an expectation. Only the first call has an effect. */
export interface Resolvers<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
  /** Whether the expectation is still pending. */
  readonly isOpen: () => boolean;
}

export class Expectation<T> extends Promise<T> {
  #giveUp: (() => void) | null = null;

  /** Promises chained to an expectation are plain promises. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /**
   * @param begin receives the resolvers and passes them to the code that can settle the expectation
   * @param giveUp called once, when the expectation is first awaited. Returns a promise that resolves with the error
   *   for the rejection, once the value can no longer be expected
   */
  static of<T>(
    begin: (resolvers: Resolvers<T>) => void,
    giveUp: (resolvers: Resolvers<T>) => Promise<Error>,
  ): Expectation<T> {
    let open = true;
    let resolvers!: Resolvers<T>;
    const once =
      <A>(settle: (value: A) => void) =>
      (value: A): void => {
        open = false;
        settle(value);
      };
    const expectation = new Expectation<T>((resolve, reject) => {
      resolvers = { resolve: once(resolve), reject: once(reject), isOpen: () => open };
    });
    expectation.#giveUp = () => {
      if (open) void giveUp(resolvers).then(resolvers.reject);
    };
    void Promise.prototype.then.call(expectation, undefined, () => {}); // an expectation may be dropped unawaited
    try {
      begin(resolvers);
    } catch (error) {
      resolvers.reject(error as Error);
    }
    return expectation;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise, and here it notices that it is awaited
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
