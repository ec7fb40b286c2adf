import { describe, expect, it } from 'vitest';
import { median, pairedRatio, percentile, rotated, spread } from './statistics.mjs';

describe('median', () => {
  it.each([
    [[7], 7],
    [[9, 1, 5], 5],
    [[4, 1, 3, 2], 2.5],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('sorts numerically and does not change the list', () => {
    const values = [100, 20, 3];
    expect(median(values)).toBe(20);
    expect(values).toEqual([100, 20, 3]);
  });
});

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);

  it.each([
    [0, 1],
    [1, 1],
    [50, 50],
    [99, 99],
    [99.5, 100],
    [100, 100],
  ])('%d of 1 to 100 is %d', (percent, expected) => {
    expect(percentile(hundred, percent)).toBe(expected);
  });

  it('is the only value of one', () => {
    expect([percentile([7], 1), percentile([7], 99.9)]).toEqual([7, 7]);
  });
});

describe('pairedRatio', () => {
  it('divides round by round before it takes the median', () => {
    expect(pairedRatio([1, 20, 3], [2, 10, 4])).toBe(0.75); // of 0.5, 2, 0.75
  });

  it('skips rounds in which either side failed', () => {
    expect(pairedRatio([1, null, 3], [2, 10, null])).toBe(0.5);
  });

  it('is null without a common round', () => {
    expect([pairedRatio([1], []), pairedRatio([null], [1])]).toEqual([null, null]);
  });
});

describe('spread', () => {
  it('is the median and the extremes of the known values', () => {
    expect(spread([5, null, 1, 3])).toEqual({ median: 3, min: 1, max: 5 });
  });

  it('is null if no value is known', () => {
    expect(spread([null])).toBeNull();
  });
});

describe('rotated', () => {
  it('lets every element be first once', () => {
    expect([0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
  });
});
