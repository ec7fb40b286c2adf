/**
 * Calls something of the application: whatever it throws, now or later, goes to `failed` and no further.
 * @returns the promise of an asynchronous call, which never rejects; `null` when the call is over
 */
export function guarded(call: () => unknown, failed: (error: unknown) => void): Promise<void> | null {
  try {
    const result = call();
    if (result instanceof Promise) return result.then(() => undefined, failed);
  } catch (error) {
    failed(error);
  }
  return null;
}
