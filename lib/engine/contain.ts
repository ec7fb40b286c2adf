/** Keeps exceptions of application code, synchronous or not, from reaching the server. */

/**
 * Calls application code and passes its failure to `failed` instead of throwing.
 * @returns for an asynchronous call, a promise that never rejects; for a synchronous call, `null`
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

/** Whether a value is a promise or behaves like one, as the queries of some database libraries do. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
