/**
 * Interceptors round a call, in Nest's order. What is behind one runs when the Observable that it was handed is
 * subscribed to, in the asynchronous context in which it was handed over: a store that the interceptor has
 * opened round `next.handle()` holds for the handler.
 */
import { AsyncResource } from 'node:async_hooks';
import type { ExecutionContext, NestInterceptor } from '@nestjs/common';
import { isObservable, Observable, type Subscriber, type Subscription } from 'rxjs';
import { isThenable } from '../../engine/index.js';

/** @param call what is behind the last of them; its result may be anything, now or later */
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
      const scope = new AsyncResource('SocketIoInterceptor');
      return new Observable((subscriber) =>
        flow(scope.runInAsyncScope(intercept, undefined, interceptors, context, call, from + 1), subscriber),
      );
    },
  });
}

/** Hands a result on: the items of an Observable, or the one value that it is or will be. */
function flow(result: unknown, subscriber: Subscriber<unknown>): Subscription | (() => void) | void {
  if (isObservable(result)) return result.subscribe(subscriber);
  if (!isThenable(result)) {
    subscriber.next(result);
    return subscriber.complete();
  }
  let inner: ReturnType<typeof flow>;
  result.then(
    (value) => {
      if (!subscriber.closed) inner = flow(value, subscriber);
    },
    (error: unknown) => subscriber.error(error),
  );
  return () => {
    if (typeof inner === 'object') inner.unsubscribe();
  };
}
