import { EMPTY, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { settled } from '../../lib/nest/settled.js';

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

  it('rejects as the promise or the Observable does', async () => {
    await expect(settled(Promise.reject(new Error('x')))).rejects.toThrow('x');
    await expect(settled(throwError(() => new Error('y')))).rejects.toThrow('y');
  });
});
