import type { Clock } from '../../engine/internal.js';

/** Resolves when a promise settles, or after `limit` ms. Never rejects. */
export function settledWithin(promise: Promise<unknown>, limit: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(limit, resolve);
    const settled = (): void => {
      timer.cancel();
      resolve();
    };
    promise.then(settled, settled);
  });
}
