import { describe, expect, it } from 'vitest';
import { type Limits, LIMITS, resolveLimits } from '../../lib/engine/limits.js';
import { expectInvalid } from '../support/option-errors.js';

describe('resolveLimits', () => {
  it('fills in the defaults; a limit that is off is Infinity', () => {
    const limits = resolveLimits();
    expect(Object.keys(limits)).toEqual(Object.keys(LIMITS));
    expect(limits).toMatchObject({ rooms: 10_000, connectWeight: 16_384, connections: Infinity });
  });

  it('uses the given values, and lifts those that are false', () => {
    expect(resolveLimits({ rooms: 5, pendingAcks: false, depth: undefined } as unknown as Limits)).toMatchObject({
      rooms: 5,
      pendingAcks: Infinity,
      depth: 64,
    });
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity, '5', true])('refuses %s', (value) => {
    const written = JSON.stringify(value) === 'null' ? String(value) : JSON.stringify(value);
    expectInvalid(
      () => resolveLimits({ rooms: value as number }),
      `option "limits.rooms" must be a positive integer, or false for no limit, got ${written}`,
    );
  });

  it('refuses an unknown limit and names the nearest', () => {
    expect(() => resolveLimits({ room: 5 } as Limits)).toThrow('limits has no option "room" (did you mean "rooms"?)');
  });

  it('refuses anything but an object', () => {
    expectInvalid(
      () => resolveLimits(5 as unknown as Limits),
      'option "limits" must be an object, got 5: write limits: { rooms: 100 }',
    );
  });
});

describe('LIMITS', () => {
  it('gives a reason and an outcome for each limit', () => {
    for (const { reason, outcome } of Object.values(LIMITS)) {
      expect(reason).not.toBe('');
      expect(outcome).not.toBe('');
    }
  });
});
