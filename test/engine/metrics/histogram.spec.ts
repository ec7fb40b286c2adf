import { describe, expect, it } from 'vitest';
import { Histogram } from '../../../lib/engine/metrics/histogram.js';

function histogramOf(...values: number[]): Histogram {
  const histogram = new Histogram([1, 10, 100]);
  for (const value of values) histogram.add(value);
  return histogram;
}

describe('a histogram', () => {
  it('counts a value in the first bucket whose bound it does not exceed', () => {
    const histogram = histogramOf(0, 1, 1.5, 10, 11, 100, 101, 5_000);
    expect(histogram.counts).toEqual([2, 2, 2, 2]);
    expect([histogram.count, histogram.sum]).toEqual([8, 5_224.5]);
  });

  it('estimates a quantile within its bucket', () => {
    const histogram = histogramOf(...Array.from({ length: 10 }, () => 5));
    expect(histogram.quantile(0.5)).toBe(5.5);
    expect(histogram.quantile(1)).toBe(10);
    expect(histogramOf(0.5, 50).quantile(0.99)).toBeCloseTo(98.2);
  });

  it('answers 0 without values, and its largest bound for values above all', () => {
    expect(histogramOf().quantile(0.5)).toBe(0);
    expect(histogramOf(1_000).quantile(0.5)).toBe(100);
  });
});
