/** Promises for the next event and for an acknowledgement, of any emitter. */

/** Resolves with the arguments of the next event of that name. */
export function next<A extends unknown[] = unknown[]>(
  emitter: { once(event: string, listener: (...args: A) => void): unknown },
  event: string,
): Promise<A> {
  return new Promise((resolve) => {
    emitter.once(event, (...args) => resolve(args));
  });
}

/** Emits an event and resolves with all arguments of its acknowledgement. */
export function ask(
  emitter: { emit(event: string, ...args: unknown[]): unknown },
  event: string,
  ...args: unknown[]
): Promise<unknown[]> {
  return new Promise((resolve) => {
    emitter.emit(event, ...args, (...answer: unknown[]) => resolve(answer));
  });
}

/** Options for `expect.poll`: on a busy machine, servers may be slow. */
export const SOON = { timeout: 15_000 };
