import type { Clock } from './clock.js';

/**
 * Waits for an answer, up to a limit.
 * @param limit ms
 * @returns the answer, or the result of `late` if the answer does not arrive in time
 */
export function inTime<T, L>(answer: PromiseLike<T>, limit: number, clock: Clock, late: () => L): Promise<T | L> {
  return new Promise((resolve, reject) => {
    const deadline = clock.after(limit, () => resolve(late()));
    answer.then(
      (value) => {
        deadline.cancel();
        resolve(value);
      },
      (error: unknown) => {
        deadline.cancel();
        reject(error);
      },
    );
  });
}
