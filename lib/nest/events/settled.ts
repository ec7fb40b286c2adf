/** What comes of a call: values, promises and Observables alike. */
import { isObservable, lastValueFrom, type Observable, type Observer } from 'rxjs';

/** A promise's value; an Observable's last one, `undefined` if it has none; anything else as it is. */
export async function settled(result: unknown): Promise<unknown> {
  const value = await result;
  return isObservable(value) ? lastValueFrom(value, { defaultValue: undefined }) : value;
}

/**
 * The last value of an Observable, `undefined` if it has none: at once where it ends at once, otherwise a promise.
 * Throws, or rejects with, what it fails with.
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
  #told: (() => void) | null = null;

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
      this.#told = resolve;
    }).then(() => this.outcome());
  }

  #end(state: 'complete' | 'failed'): void {
    this.#state = state;
    this.#told?.();
  }
}
