import { EMPTY, type Observable, of, Subject, tap, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { begun, finalValue, lastOf, settled } from '../../../lib/nest/events/settled.js';
import { FakeClient } from '../../support/nest-client.js';

describe('settled', () => {
  it.each<[string, unknown, unknown]>([
    ['a value', 1, 1],
    ['undefined', undefined, undefined],
    ['a promise', Promise.resolve(1), 1],
    ['an Observable', of(1, 2), 2],
    ['an empty Observable', EMPTY, undefined],
    ['a promise of an Observable', Promise.resolve(of(1, 2)), 2],
  ])('resolves %s', async (_what, value, expected) => {
    expect(await settled(value)).toBe(expected);
  });

  it('rejects with the error of the promise or the Observable', async () => {
    await expect(settled(Promise.reject(new Error('x')))).rejects.toThrow('x');
    await expect(settled(throwError(() => new Error('y')))).rejects.toThrow('y');
  });
});

describe('finalValue', () => {
  it('is synchronous unless the result is a promise or an Observable that completes later', async () => {
    expect([finalValue(1), finalValue(of(1, 2))]).toEqual([1, 2]);
    await expect(finalValue(Promise.resolve(of(1, 2)))).resolves.toBe(2);
  });
});

describe('lastOf', () => {
  it('is synchronous if the Observable completes synchronously', () => {
    expect([lastOf(of(1, 2)), lastOf(EMPTY)]).toEqual([2, undefined]);
    expect(() => lastOf(throwError(() => new Error('x')))).toThrow('x');
  });

  it('is a promise if the Observable completes later', async () => {
    const [ending, failing] = [new Subject(), new Subject()];
    const outcomes = [lastOf(ending), lastOf(failing)];
    ending.next(1);
    ending.next(2);
    ending.complete();
    failing.error(new Error('x'));
    expect(await outcomes[0]).toBe(2);
    await expect(outcomes[1]).rejects.toThrow('x');
  });
});

describe('begun', () => {
  const { socket } = Object.assign(new FakeClient(), { once: () => {} });

  it('subscribes at once, waits for the first item, and passes all items on', async () => {
    const source = new Subject<number>();
    const waiting = begun(source, socket);
    expect(source.observed).toBe(true);
    source.next(1);
    source.next(2);
    const items: unknown[] = [];
    const done = lastOf((await waiting).pipe(tap((item) => items.push(item))));
    source.next(3);
    source.complete();
    expect([await done, items]).toEqual([3, [1, 2, 3]]);
  });

  it.each<[string, Observable<unknown>]>([
    ['that is empty', EMPTY],
    ['that has all its items at once', of(1, 2)],
  ])('passes on an Observable %s', async (_case, source) => {
    expect(await lastOf(await begun(source, socket))).toBe(lastOf(source));
  });

  it('passes the error on', async () => {
    await expect(
      lastOf(
        await begun(
          throwError(() => new Error('x')),
          socket,
        ),
      ),
    ).rejects.toThrow('x');
  });

  it('unsubscribes when its reader does, and when the client leaves', async () => {
    const leaving: (() => void)[] = [];
    const client = Object.assign(new FakeClient(), {
      once: (_event: string, leave: () => void) => leaving.push(leave),
    });
    const [read, unread] = [new Subject<number>(), new Subject<number>()];
    const [items] = [begun(read, client.socket), begun(unread, client.socket)];
    read.next(1);
    (await items).subscribe().unsubscribe();
    expect([read.observed, unread.observed]).toEqual([false, true]);
    for (const leave of leaving) leave();
    expect(unread.observed).toBe(false);
  });
});
