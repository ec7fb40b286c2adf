import { EMPTY, of, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { lastOf, settled } from '../../../lib/nest/events/settled.js';

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
