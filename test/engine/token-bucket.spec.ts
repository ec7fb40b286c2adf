import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../lib/engine/token-bucket.js';

describe('TokenBucket', () => {
  it('starts full, and tells how long an overdrawn bucket needs', () => {
    const bucket = new TokenBucket(10, 1_000, 0);
    expect(Array.from({ length: 10 }, () => bucket.take(1, 0))).toEqual(Array.from({ length: 10 }, () => 0));
    expect(bucket.take(1, 0)).toBe(100);
    expect(bucket.take(4, 0)).toBe(500);
  });

  it('gives single tokens as long as there are some', () => {
    const bucket = new TokenBucket(2, 1_000, 0);
    expect([bucket.takeOne(0), bucket.takeOne(0), bucket.takeOne(0), bucket.takeOne(499)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect([bucket.takeOne(500), bucket.takeOne(500)]).toEqual([true, false]);
  });

  it('gains its capacity in each period, and holds no more', () => {
    const bucket = new TokenBucket(10, 1_000, 0);
    expect(bucket.take(20, 0)).toBe(1_000);
    expect(bucket.take(5, 1_000)).toBe(500);
    expect(bucket.take(10, 1_000_000)).toBe(0);
    expect(bucket.take(1, 1_000_000)).toBe(100);
  });
});
