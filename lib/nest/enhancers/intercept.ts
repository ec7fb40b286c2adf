/**
 * Interceptors around a call, in Nest's order. `next.handle()` returns an Observable; the rest of the call runs when
 * that Observable is subscribed to, in the asynchronous context in which `next.handle()` was called. If an interceptor
 * calls it inside `AsyncLocalStorage.run()`, the handler sees that store.
 */
import { AsyncResource } from 'node:async_hooks';
import type { ExecutionContext, NestInterceptor } from '@nestjs/common';
import { isObservable, Observable, type Subscriber, type Subscription } from 'rxjs';
import { isThenable } from '../../engine/internal.js';
import { intact, isAsyncIterable } from '../streams/async-iterable.js';

/** @param call the call behind the last interceptor; its result may be anything, synchronous or not */
export function intercept(
  interceptors: readonly NestInterceptor[],
  context: ExecutionContext,
  call: () => unknown,
  from = 0,
): unknown {
  const interceptor = interceptors[from];
  if (interceptor === undefined) return call();
  return interceptor.intercept(context, {
    handle: () => {
      const resource = new AsyncResource('SocketIoInterceptor');
      return new Observable((subscriber) =>
        forward(resource.runInAsyncScope(intercept, undefined, interceptors, context, call, from + 1), subscriber),
      );
    },
  });
}

/** Forwards a result to a subscriber: the items of an Observable, or one value or promised value. */
function forward(result: unknown, subscriber: Subscriber<unknown>): Subscription | (() => void) | void {
  if (isObservable(result)) return result.subscribe(subscriber);
  if (!isThenable(result)) {
    subscriber.next(isAsyncIterable(result) ? intact(result) : result);
    return subscriber.complete();
  }
  let inner: ReturnType<typeof forward>;
  result.then(
    (value) => {
      if (!subscriber.closed) inner = forward(value, subscriber);
    },
    (error: unknown) => subscriber.error(error),
  );
  return () => {
    if (typeof inner === 'object') inner.unsubscribe();
  };
}
