/** The final value of a handler's result, which may be a plain value, a promise or an Observable. */
import {
  isObservable,
  Observable,
  type Observer,
  Subject,
  type Subscriber,
  type Subscription,
  takeUntil,
  tap,
} from 'rxjs';
import { isThenable } from '../../engine/internal.js';
import type { Socket } from '../../server/internal.js';

/**
 * The value of a promise, the last value of an Observable (`undefined` if it has none), or the result itself.
 * @param client see {@link lastOf}
 */
export async function settled(result: unknown, client?: Socket): Promise<unknown> {
  const value = await result;
  return isObservable(value) ? lastOf(value, client) : value;
}

/** Like {@link settled}, but synchronous if the result is a plain value or an Observable that completes at once. */
export function finalValue(result: unknown, client?: Socket): unknown {
  if (isObservable(result)) return lastOf(result, client);
  return isThenable(result) ? settled(result, client) : result;
}

/**
 * The last value of an Observable, `undefined` if it has none. Synchronous if the Observable completes synchronously,
 * otherwise a promise. Throws or rejects with the error of the Observable.
 * @param client when it leaves, the Observable is unsubscribed and counts as complete. Only given for events, because
 *   the handlers of a connect and a disconnect run while the client is not connected
 */
export function lastOf(items: Observable<unknown>, client?: Socket): unknown {
  const collector = new Collector();
  const subscription = items.subscribe(collector);
  if (client !== undefined && collector.isOpen) collector.endWith(client, subscription);
  return collector.outcome();
}

/**
 * Subscribes to an Observable now, until it ends or the client leaves.
 * @returns an Observable of all its items, for one subscriber; resolves at the first item, or at the end if there is
 *   none
 */
export function begun(items: Observable<unknown>, client: Socket): Promise<Observable<unknown>> {
  return new Promise((resolve) => {
    const early: unknown[] = [];
    const left = new Subject<void>();
    let subscriber: Subscriber<unknown> | null = null;
    const all = new Observable<unknown>((reader) => {
      for (const item of early.splice(0)) reader.next(item);
      subscriber = reader;
      end.then(
        () => reader.complete(),
        (error: unknown) => reader.error(error),
      );
      return () => left.next();
    });
    const watched = tap((item) => {
      if (subscriber === null) early.push(item);
      else subscriber.next(item);
      resolve(all);
    });
    const end = (async () => lastOf(items.pipe(takeUntil(left), watched), client))();
    end.then(
      () => resolve(all),
      () => resolve(all),
    );
  });
}

/** The running Observables of each client, made when it has its first: one listener per client, not one per call. */
const running = new WeakMap<Socket, Set<() => void>>();

function runningOf(client: Socket): Set<() => void> {
  const known = running.get(client);
  if (known !== undefined) return known;
  const ends = new Set<() => void>();
  running.set(client, ends);
  client.once('disconnecting', () => {
    for (const end of ends) end();
  });
  return ends;
}

class Collector implements Observer<unknown> {
  #last: unknown;
  #error: unknown;
  #state: 'open' | 'complete' | 'failed' = 'open';
  #resolve: (() => void) | null = null;
  #forget: (() => void) | null = null;

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Unsubscribes and completes when the client leaves. */
  endWith(client: Socket, subscription: Subscription): void {
    if (!client.connected) return this.#abandon(subscription);
    const ends = runningOf(client);
    const end = (): void => this.#abandon(subscription);
    ends.add(end);
    this.#forget = () => ends.delete(end);
  }

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

  #abandon(subscription: Subscription): void {
    this.#end('complete');
    subscription.unsubscribe();
  }

  #end(state: 'complete' | 'failed'): void {
    this.#state = state;
    this.#forget?.();
    this.#resolve?.();
  }
}
