import { expect, it } from 'vitest';
import { distributionOf } from '../../../lib/cli/rehearse/percentiles.js';

it('distributionOf returns the nearest ranks, rounded', () => {
  const values = Array.from({ length: 200 }, (_, i) => 200.4 - i);
  expect(distributionOf(values)).toEqual({ p50: 100, p99: 198, max: 200 });
  expect(distributionOf([7.6])).toEqual({ p50: 8, p99: 8, max: 8 });
  expect(distributionOf([])).toBeNull();
});
