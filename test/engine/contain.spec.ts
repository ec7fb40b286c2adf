import { describe, expect, it, vi } from 'vitest';
import { contain, isThenable } from '../../lib/engine/contain.js';

describe('contain', () => {
  it('makes the call, and returns null for a synchronous one', () => {
    const call = vi.fn(() => 'anything');
    const failed = vi.fn();
    expect(contain(call, failed)).toBeNull();
    expect(call).toHaveBeenCalledOnce();
    expect(failed).not.toHaveBeenCalled();
  });

  it('passes on a thrown error', () => {
    const error = new Error('x');
    const failed = vi.fn();
    const result = contain(() => {
      throw error;
    }, failed);
    expect(result).toBeNull();
    expect(failed.mock.calls).toEqual([[error]]);
  });

  it('passes on even a thrown undefined', () => {
    const failed = vi.fn();
    void contain(() => {
      // oxlint-disable-next-line no-throw-literal -- an application may do this
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

  it('passes on a rejection, with a promise that is fulfilled', async () => {
    const error = new Error('x');
    const failed = vi.fn();
    expect(await contain(() => Promise.reject(error), failed)).toBeUndefined();
    expect(failed.mock.calls).toEqual([[error]]);
  });

  it('passes on the rejection of a value that only behaves like a promise', async () => {
    const error = new Error('x');
    const failed = vi.fn();
    const thenable = {
      // oxlint-disable-next-line unicorn/no-thenable -- this is under test
      then: (_: unknown, reject: (error: unknown) => void) => reject(error),
    };
    expect(await contain(() => thenable, failed)).toBeUndefined();
    expect(failed.mock.calls).toEqual([[error]]);
  });

  it('passes on an error thrown by a getter of the result', () => {
    const error = new Error('x');
    const failed = vi.fn();
    // oxlint-disable-next-line unicorn/no-thenable -- this is under test
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
  it('recognises promises and values that behave like them', () => {
    expect(isThenable(Promise.resolve())).toBe(true);
    // oxlint-disable-next-line unicorn/no-thenable -- this is under test
    expect(isThenable({ then: () => {} })).toBe(true);
  });

  // oxlint-disable-next-line unicorn/no-thenable -- not a function, hence not thenable
  it.each([undefined, null, 0, 'then', {}, [], { then: true }, () => {}])('does not recognise %j', (value) => {
    expect(isThenable(value)).toBe(false);
  });
});
