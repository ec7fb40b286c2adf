import { describe, expect, it } from 'vitest';
import { ListGrowth } from '../../../lib/cluster/broker/list-growth.js';

describe('ListGrowth', () => {
  it('reports a list that has grown by a quarter of its bound, and counts it from 0 again', () => {
    const growth = new ListGrowth();
    const added = (list: string, times: number): boolean[] => Array.from({ length: times }, () => growth.add(list, 8));
    expect(added('a', 3)).toEqual([false, false, true]);
    expect(added('b', 2)).toEqual([false, false]);
    expect(added('a', 3)).toEqual([false, false, true]);
    expect(added('b', 1)).toEqual([true]);
    expect(growth.size).toBe(0);
  });

  it('counts a bounded number of lists', () => {
    const growth = new ListGrowth();
    for (let number = 0; number < 10_100; number++) growth.add(`room ${number}`, 1_000);
    expect(growth.size).toBe(10_000);
  });
});
