import { describe, expect, it } from 'vitest';
import { RateBucket, type RateLimitOptions, resolveRate } from '../../../lib/engine/connection/rate.js';
import { expectInvalid } from '../../support/option-errors.js';

describe('resolveRate', () => {
  it('fills in the defaults', () => {
    expect(resolveRate({ events: 5 })).toEqual({ events: 5, bytes: false, per: 1_000, exceeded: 'slow' });
    expect(resolveRate(null)).toBeNull();
  });

  it.each<[unknown, string]>([
    [5, 'option "rateLimit" must be an object, got 5: write rateLimit: { events: 100, per: 1_000 }'],
    [{}, 'option "rateLimit" must set events, bytes or both, got {}: write rateLimit: { events: 100, per: 1_000 }'],
    [
      { events: 0 },
      'option "rateLimit.events" must be a positive number, got 0: write rateLimit: { events: 100, per: 1_000 }',
    ],
    [
      { bytes: 'x' },
      'option "rateLimit.bytes" must be a positive number, got "x": write rateLimit: { events: 100, per: 1_000 }',
    ],
    [
      { events: 5, per: 0 },
      'option "rateLimit.per" must be a positive number, got 0: write rateLimit: { events: 100, per: 1_000 }',
    ],
    [{ events: 5, exceeded: 'ban' }, 'option "rateLimit.exceeded" must be one of slow, disconnect, got "ban"'],
  ])('refuses %j', (given, message) => {
    expectInvalid(() => resolveRate(given as RateLimitOptions), message);
  });

  it('refuses an unknown option', () => {
    expect(() => resolveRate({ event: 5 } as RateLimitOptions)).toThrow(
      'rateLimit has no option "event" (did you mean "events"?)',
    );
  });
});

describe('RateBucket', () => {
  it('waits for the scarcer of messages and bytes', () => {
    const bucket = new RateBucket({ events: 10, bytes: 1_000, per: 1_000, exceeded: 'slow' }, 0);
    expect(bucket.take(1_000, 0)).toBe(0);
    expect(bucket.take(500, 0)).toBe(500);
    expect(bucket.take(0, 500)).toBe(0);
  });

  it('counts only what is limited', () => {
    const bucket = new RateBucket({ events: false, bytes: 10, per: 1_000, exceeded: 'slow' }, 0);
    for (let i = 0; i < 100; i++) expect(bucket.take(0, 0)).toBe(0);
    expect(bucket.take(11, 0)).toBe(100);
  });
});
