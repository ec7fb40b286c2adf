/** The final value of a handler's result, which may be a plain value, a promise or an Observable. */
import { isObservable, lastValueFrom, type Observable, type Observer } from 'rxjs';

/** The value of a promise, the last value of an Observable (`undefined` if it has none), or the result itself. */
export async function settled(result: unknown): Promise<unknown> {
  const value = await result;
  return isObservable(value) ? lastValueFrom(value, { defaultValue: undefined }) : value;
}

/**
 * The last value of an Observable, `undefined` if it has none. Synchronous if the Observable completes synchronously,
 * otherwise a promise. Throws or rejects with the error of the Observable.
 */
export function lastOf(items: Observable<unknown>): unknown {
  const collector = new Collector();
  items.subscribe(collector);
  return collector.outcome();
}

class Collector implements Observer<unknown> {
  #last: unknown;
  #error: unknown;
  #state: 'open' | 'complete' | 'failed' = 'open';
  #resolve: (() => void) | null = null;

  next(value: unknown): void {
    this.#last = value;
  }

  error(error: unknown): void {
    this.#error = error;
    this.#end('failed');
  }

  complete(): void {
    this.#end('complete');
  }

  outcome(): unknown {
    if (this.#state === 'failed') throw this.#error;
    if (this.#state === 'complete') return this.#last;
    return new Promise<void>((resolve) => {
      this.#resolve = resolve;
    }).then(() => this.outcome());
  }

  #end(state: 'complete' | 'failed'): void {
    this.#state = state;
    this.#resolve?.();
  }
}
