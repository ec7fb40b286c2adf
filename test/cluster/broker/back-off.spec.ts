import { afterEach, expect, it, vi } from 'vitest';
import { BackOff } from '../../../lib/cluster/broker/back-off.js';

afterEach(() => vi.restoreAllMocks());

it('doubles the delay up to two seconds, and begins again after a success', () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  const backOff = new BackOff();
  expect(Array.from({ length: 8 }, () => backOff.next())).toEqual([50, 100, 200, 400, 800, 1600, 2000, 2000]);
  backOff.reset();
  expect(backOff.next()).toBe(50);
});

it('varies the delay by a quarter', () => {
  vi.spyOn(Math, 'random').mockReturnValueOnce(0).mockReturnValueOnce(0.999);
  expect([new BackOff().next(), new BackOff().next()]).toEqual([38, 62]);
});
