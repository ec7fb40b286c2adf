import { AsyncLocalStorage } from 'node:async_hooks';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { EMPTY, lastValueFrom, map, Observable, of, throwError, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { intercept } from '../../../lib/nest/enhancers/intercept.js';

const CONTEXT = {} as ExecutionContext;

function adding(text: string): NestInterceptor {
  return { intercept: (_context, next) => next.handle().pipe(map((value) => `${String(value)}${text}`)) };
}

function through(call: () => unknown, ...interceptors: NestInterceptor[]): Observable<unknown> {
  return intercept(interceptors, CONTEXT, call) as Observable<unknown>;
}

describe('intercept', () => {
  it('calls the handler itself if there are no interceptors', () => {
    expect(intercept([], CONTEXT, () => 7)).toBe(7);
  });

  it.each<[string, unknown, unknown[]]>([
    ['a value', 'a', ['a21']],
    ['a promise', Promise.resolve('a'), ['a21']],
    ['an Observable', of('a', 'b'), ['a21', 'b21']],
    ['a promise of an Observable', Promise.resolve(of('a', 'b')), ['a21', 'b21']],
    ['an Observable without a value', EMPTY, []],
  ])('puts the first interceptor outermost, around %s', async (_what, result, expected) => {
    const items = through(() => result, adding('1'), adding('2'));
    expect(await lastValueFrom(items.pipe(toArray()))).toEqual(expected);
  });

  it('calls the handler once for each subscriber, and not before', () => {
    let calls = 0;
    const items = through(() => ++calls, adding(''));
    expect(calls).toBe(0);
    items.subscribe();
    items.subscribe();
    expect(calls).toBe(2);
  });

  it('calls a synchronous handler synchronously', () => {
    const seen: unknown[] = [];
    through(() => 'a', adding('1')).subscribe({ next: (value) => seen.push(value), complete: () => seen.push('end') });
    expect(seen).toEqual(['a1', 'end']);
  });

  it.each<[string, () => unknown]>([
    [
      'a throw',
      () => {
        throw new Error('x');
      },
    ],
    ['a rejection', () => Promise.reject(new Error('x'))],
    ['a failing Observable', () => throwError(() => new Error('x'))],
  ])('forwards %s', async (_what, call) => {
    await expect(lastValueFrom(through(call, adding('1'), adding('2')))).rejects.toThrow('x');
  });

  it('waits for an asynchronous interceptor, and accepts the answer of one that calls no handler', async () => {
    const late: NestInterceptor = { intercept: (_context, next) => Promise.resolve(next.handle()) };
    const instead: NestInterceptor = { intercept: () => of('instead') };
    const items = through(() => 'a', adding('1'), late, adding('2'));
    expect(await lastValueFrom(items)).toBe('a21');
    expect(await lastValueFrom(through(() => 'a', adding('1'), instead))).toBe('instead1');
  });

  it('runs the call in the store that an interceptor has opened around next.handle()', async () => {
    const storage = new AsyncLocalStorage<string>();
    const opening: NestInterceptor = {
      intercept: (_context, next: CallHandler<unknown>) => storage.run('opened', () => next.handle()),
    };
    const items = through(() => storage.getStore(), opening, adding('!'));
    expect(await lastValueFrom(items)).toBe('opened!');
  });

  it('unsubscribes from the handler when its subscriber does', async () => {
    let released = 0;
    const endless = new Observable(() => () => released++);
    through(() => endless, adding(''))
      .subscribe()
      .unsubscribe();
    expect(released).toBe(1);
    const later = through(() => Promise.resolve(endless), adding('')).subscribe();
    await new Promise(setImmediate);
    later.unsubscribe();
    expect(released).toBe(2);
    const unheard = through(() => Promise.resolve(endless), adding('')).subscribe();
    unheard.unsubscribe();
    await new Promise(setImmediate);
    expect(released).toBe(2); // it was never subscribed to
  });
});
