import { concat, from, NEVER, of, range, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  asStream,
  expectStream,
  intact,
  isAsyncIterable,
  withErrors,
} from '../../../lib/nest/streams/async-iterable.js';

async function* letters(): AsyncGenerator<string> {
  yield await Promise.resolve('a');
  yield 'b';
}

async function collect(values: unknown): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const value of values as AsyncIterable<unknown>) all.push(value);
  return all;
}

describe('isAsyncIterable', () => {
  it('finds async iterables, whether or not they are hidden from interceptors', async () => {
    expect([letters(), intact(letters())].map(isAsyncIterable)).toEqual([true, true]);
    expect([null, undefined, 'text', [1], () => {}, Promise.resolve()].map(isAsyncIterable)).toEqual(
      Array.from({ length: 6 }, () => false),
    );
    expect(await collect(intact(letters()))).toEqual(['a', 'b']);
  });
});

describe('asStream', () => {
  it('leaves other values alone', async () => {
    const iterable = letters();
    expect(asStream(iterable)).toBe(iterable);
    expect(asStream(7)).toBe(7);
    expect(await asStream(Promise.resolve(7))).toBe(7);
  });

  it('has the items of an Observable', async () => {
    expect(await collect(asStream(of(1, 2)))).toEqual([1, 2]);
    expect(await collect(await asStream(Promise.resolve(of(1, 2))))).toEqual([1, 2]);
    expect(await collect(asStream(from([letters()])))).toEqual(['a', 'b']);
  });

  it('is asked only for handlers that return streams', async () => {
    const refusal = 'Shop.list has the option { stream: true }, so it must return an Observable or an async iterable';
    expect(() => expectStream([1], 'Shop.list')).toThrow(`${refusal}, got [1]: return of(value)`);
    await expect(expectStream(Promise.resolve(undefined), 'Shop.list')).rejects.toThrow(`${refusal}, got undefined`);
    const [items, iterable] = [of(1), letters()];
    expect([expectStream(items, ''), expectStream(iterable, '')]).toEqual([items, iterable]);
  });

  it('waits for items', async () => {
    const items = new Subject<number>();
    const all = collect(asStream(items));
    items.next(1);
    await new Promise(setImmediate);
    items.next(2);
    items.complete();
    expect(await all).toEqual([1, 2]);
  });

  it('throws an error that comes first, and rejects with a later one', async () => {
    expect(() => asStream(throwError(() => new Error('at once')))).toThrow('at once');
    const later = asStream(
      concat(
        of(1),
        throwError(() => new Error('later')),
      ),
    ) as AsyncIterable<unknown>;
    const iterator = later[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    await expect(iterator.next()).rejects.toThrow('later');
  });

  it('unsubscribes when it is not wanted any more', async () => {
    const items = new Subject<number>();
    const iterator = (asStream(items) as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    const first = iterator.next();
    items.next(1);
    await first;
    await iterator.return?.();
    expect(items.observed).toBe(false);
  });

  it('unsubscribes while it waits for an item', async () => {
    const iterator = (asStream(NEVER) as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    const waiting = iterator.next();
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it('gives up on items that come faster than they are taken', async () => {
    await expect(collect(asStream(range(0, 20_000)))).rejects.toMatchObject({
      error: { code: 'stream_overflow' },
    });
  });
});

describe('withErrors', () => {
  it('replaces the error, and passes on the end', async () => {
    const failing = (async function* () {
      yield 1;
      await Promise.reject(new Error('inner'));
    })();
    const values: unknown[] = [];
    await expect(
      (async () => {
        for await (const value of withErrors(failing, (error) => Promise.resolve(new Error('outer', { cause: error }))))
          values.push(value);
      })(),
    ).rejects.toThrow('outer');
    expect(values).toEqual([1]);
    let isReturned = false;
    const counted = (async function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        isReturned = true;
      }
    })();
    const iterator = withErrors(counted, () => Promise.resolve(null))[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.return?.();
    expect(isReturned).toBe(true);
  });
});
