import { describe, expect, it, vi } from 'vitest';
import { contain, isThenable } from '../../lib/engine/contain.js';

describe('guarded', () => {
  it('calls, and returns null when the call is over', () => {
    const call = vi.fn(() => 'anything');
    const failed = vi.fn();
    expect(contain(call, failed)).toBeNull();
    expect(call).toHaveBeenCalledOnce();
    expect(failed).not.toHaveBeenCalled();
  });

  it('hands over what is thrown', () => {
    const error = new Error('x');
    const failed = vi.fn();
    const result = contain(() => {
      throw error;
    }, failed);
    expect(result).toBeNull();
    expect(failed.mock.calls).toEqual([[error]]);
  });

  it('hands over even undefined when it is thrown', () => {
    const failed = vi.fn();
    void contain(() => {
      // oxlint-disable-next-line no-throw-literal -- an application may
      throw undefined;
    }, failed);
    expect(failed.mock.calls).toEqual([[undefined]]);
  });

  it('returns a promise of nothing for an asynchronous call', async () => {
    const failed = vi.fn();
    const result = contain(() => Promise.resolve('anything'), failed);
    expect(result).toBeInstanceOf(Promise);
    expect(await result).toBeUndefined();
    expect(failed).not.toHaveBeenCalled();
  });

  it('hands over a rejection, and its promise is fulfilled all the same', async () => {
    const error = new Error('x');
    const failed = vi.fn();
    expect(await contain(() => Promise.reject(error), failed)).toBeUndefined();
    expect(failed.mock.calls).toEqual([[error]]);
  });

  it('hands over the rejection of what only behaves like a promise', async () => {
    const error = new Error('x');
    const failed = vi.fn();
    const thenable = {
      // oxlint-disable-next-line unicorn/no-thenable -- that is the case
      then: (_: unknown, reject: (error: unknown) => void) => reject(error),
    };
    expect(await contain(() => thenable, failed)).toBeUndefined();
    expect(failed.mock.calls).toEqual([[error]]);
  });

  it('hands over what the result throws when it is looked at', () => {
    const error = new Error('x');
    const failed = vi.fn();
    // oxlint-disable-next-line unicorn/no-thenable -- that is the case
    const hostile = Object.defineProperty({}, 'then', {
      get() {
        throw error;
      },
    });
    expect(contain(() => hostile, failed)).toBeNull();
    expect(failed.mock.calls).toEqual([[error]]);
  });
});

describe('isThenable', () => {
  it('knows promises and their like', () => {
    expect(isThenable(Promise.resolve())).toBe(true);
    // oxlint-disable-next-line unicorn/no-thenable -- that is the case
    expect(isThenable({ then: () => {} })).toBe(true);
  });

  // oxlint-disable-next-line unicorn/no-thenable -- no function, hence none
  it.each([undefined, null, 0, 'then', {}, [], { then: true }, () => {}])('does not take %j for one', (value) => {
    expect(isThenable(value)).toBe(false);
  });
});
