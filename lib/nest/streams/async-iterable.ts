/** Results of handlers that are streams: async iterables, and Observables that are made into them. */
import { isObservable, type Observable, type Subscription } from 'rxjs';
import { isThenable } from '../../engine/internal.js';
import { WsException } from '@nestjs/websockets';
import { SocketIoError } from '../../errors.js';
import { streamRefusal } from '../../server/internal.js';
import { messages } from '../messages.js';

/** Values of an Observable that may wait to be sent. It cannot be slowed down. */
const MAX_WAITING = 10_000;

export function isAsyncIterable(result: unknown): result is AsyncIterable<unknown> {
  const isObject = (typeof result === 'object' && result !== null) || typeof result === 'function';
  return isObject && Symbol.asyncIterator in result;
}

/**
 * An async iterable as interceptors get it. It is a function, so that interceptors that serialise objects, such as
 * Nest's `ClassSerializerInterceptor`, pass it on as it is.
 */
export function intact(values: AsyncIterable<unknown>): AsyncIterable<unknown> {
  return Object.assign(() => values, { [Symbol.asyncIterator]: () => values[Symbol.asyncIterator]() });
}

/** An async iterable whose error is replaced: it rejects with what `replace` returns, or rejects with. */
export function withErrors(
  values: AsyncIterable<unknown>,
  replace: (error: unknown) => Promise<unknown>,
): AsyncIterable<unknown> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = values[Symbol.asyncIterator]();
      return {
        next: async () => {
          try {
            return await iterator.next();
          } catch (error) {
            throw await replace(error);
          }
        },
        return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
      };
    },
  };
}

/**
 * The result of a handler, in which an Observable, or a promise of one, is an async iterable.
 * @throws the error of an Observable that fails at once
 */
export function asStream(result: unknown): unknown {
  if (isThenable(result)) return result.then(asStream);
  return isObservable(result) ? valuesOf(result) : result;
}

/**
 * Returns the result of a handler with the option `stream`, which must be a stream, or a promise of one.
 * @param where class and method of the handler
 * @throws SocketIoError `INVALID_HANDLER`
 */
export function expectStream(result: unknown, where: string): unknown {
  if (isThenable(result)) return result.then((value) => expectStream(value, where));
  if (isObservable(result) || isAsyncIterable(result)) return result;
  throw new SocketIoError('INVALID_HANDLER', messages.notAStream(where, result));
}

/**
 * Subscribes at once. If an item is an async iterable, its values take the place of the item. This is no generator: a
 * generator that waits for an item would not unsubscribe before it had one.
 */
function valuesOf(items: Observable<unknown>): AsyncIterable<unknown> {
  const queue = new ItemQueue(items);
  let inner: AsyncIterator<unknown> | null = null;
  const next = async (): Promise<IteratorResult<unknown>> => {
    for (;;) {
      const result = await inner?.next();
      if (result?.done === false) return result;
      inner = null;
      const item = await queue.next();
      if (item === null) return { done: true, value: undefined };
      if (!isAsyncIterable(item.value)) return { done: false, value: item.value };
      inner = item.value[Symbol.asyncIterator]();
    }
  };
  const close = async (): Promise<IteratorResult<unknown>> => {
    queue.close();
    await inner?.return?.();
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: close }) };
}

/** The items of an Observable that have not been taken. */
class ItemQueue {
  readonly #items: { readonly value: unknown }[] = [];
  readonly #subscription: Subscription;
  #end: { readonly error?: unknown } | null = null;
  #wake: (() => void) | null = null;

  constructor(items: Observable<unknown>) {
    this.#subscription = items.subscribe({
      next: (value) => this.#add(value),
      error: (error: unknown) => this.#finish({ error }),
      complete: () => this.#finish({}),
    });
    const end = this.#end;
    if (end !== null && 'error' in end && this.#items.length === 0) throw end.error;
  }

  /** @returns `null` at the end */
  async next(): Promise<{ readonly value: unknown } | null> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) return item;
      if (this.#end !== null) {
        if ('error' in this.#end) throw this.#end.error;
        return null;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  close(): void {
    this.#subscription.unsubscribe();
    this.#finish({});
  }

  #add(value: unknown): void {
    if (this.#end !== null) return;
    if (this.#items.length < MAX_WAITING) {
      this.#items.push({ value });
      this.#wake?.();
    } else {
      this.#finish({ error: new WsException(streamRefusal('stream_overflow')) });
      queueMicrotask(() => this.#subscription.unsubscribe()); // the subscription may not be assigned yet
    }
  }

  #finish(end: { readonly error?: unknown }): void {
    this.#end ??= end;
    this.#wake?.();
  }
}
