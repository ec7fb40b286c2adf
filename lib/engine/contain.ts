/** Whatever the application throws, now or later, ends here. */

/**
 * Calls something of the application; its failure goes to `failed` and no further.
 * @returns the promise of an asynchronous call, which never rejects; `null` when the call is over
 */
export function contain(call: () => unknown, failed: (error: unknown) => void): Promise<void> | null {
  try {
    const result = call();
    if (isThenable(result)) return Promise.resolve(result).then(() => undefined, failed);
  } catch (error) {
    failed(error);
  }
  return null;
}

/** A promise, or what behaves like one, as the queries of some database libraries do. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
