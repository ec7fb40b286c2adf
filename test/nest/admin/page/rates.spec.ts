/** The rates that the admin page computes from totals. */
import { expect, it } from 'vitest';
import { Rates } from '../../../../lib/nest/admin/page/rates.js';

it('a rate is known from the second total on', () => {
  const rates = new Rates();
  expect(rates.of('a')).toBeNull();
  rates.add('a', 1_000, 0);
  expect(rates.of('a')).toBeNull();
  rates.add('a', 1_100, 2_000);
  expect(rates.of('a')).toBe(50);
  rates.add('a', 1_100, 4_000);
  expect(rates.of('a')).toBe(0);
  expect(rates.history('a')).toEqual([50, 0]);
  expect(rates.history('b')).toEqual([]);
});

it('two totals at almost the same time change nothing', () => {
  const rates = new Rates();
  rates.add('a', 0, 0);
  rates.add('a', 10, 30);
  expect(rates.of('a')).toBeNull();
  rates.add('a', 20, 1_000);
  expect(rates.of('a')).toBe(20);
});

it('a server that has started again has no rate until its next answer', () => {
  const rates = new Rates();
  rates.add('a', 5_000, 0);
  rates.add('a', 6_000, 1_000);
  rates.add('a', 3, 2_000);
  expect(rates.of('a')).toBeNull();
  rates.add('a', 5, 3_000);
  expect(rates.of('a')).toBe(2);
  expect(rates.history('a')).toEqual([1_000, 2]);
});

it('the history and the number of keys are bounded', () => {
  const rates = new Rates();
  for (let second = 0; second <= 100; second++) rates.add('a', second * second, second * 1_000);
  expect(rates.history('a')).toHaveLength(60);
  expect(rates.history('a').at(-1)).toBe(199);
  rates.add('b', 1, 100_000);
  rates.forget(160_000);
  expect(rates.of('a')).toBe(199);
  rates.add('b', 2, 161_000);
  rates.forget(161_000);
  expect(rates.of('a')).toBeNull();
  expect(rates.of('b')).not.toBeNull();
});
