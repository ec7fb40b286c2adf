/** A time limit for the parts of a handshake that the application decides, possibly asynchronously. */
import type { Clock } from '../clock.js';

/** ms for each part: all middlewares together, `cors.origin` and `allowRequest` together, `generateId`. */
const ANSWER_TIMEOUT = 10_000;

/** @returns the answer, or the result of `late` if the answer does not arrive in time */
export async function inTime<T>(clock: Clock, answer: PromiseLike<T>, late: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const deadline = clock.after(ANSWER_TIMEOUT, () => resolve(late()));
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
