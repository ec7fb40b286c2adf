import { isThenable } from '../../engine/internal.js';
import { HandlerFailure } from './handler-failure.js';

/** How a handler ended: `rejected` if the client got a coded refusal, `failed` for an unexpected error. */
export type HandlerResult = 'ok' | 'rejected' | 'failed';

/**
 * Runs the handler of an event, and calls `settled` once when it has settled.
 * @param run may throw, and returns a {@link HandlerFailure} for a failure that it has answered itself
 * @returns the result of `run`, unchanged; an error of `run` is thrown on
 */
export function runHandler<R>(run: () => R, settled: (result: HandlerResult, error: unknown) => void): R {
  const done = (outcome: unknown): void => {
    if (!(outcome instanceof HandlerFailure)) settled('ok', undefined);
    else settled(outcome.isRefusal ? 'rejected' : 'failed', outcome.error);
  };
  let result: R;
  try {
    result = run();
  } catch (error) {
    settled('failed', error);
    throw error;
  }
  if (!isThenable(result)) {
    done(result);
    return result;
  }
  return result.then(
    (outcome) => {
      done(outcome);
      return outcome;
    },
    (error: unknown) => {
      settled('failed', error);
      throw error;
    },
  ) as R;
}
