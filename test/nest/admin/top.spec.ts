import { describe, expect, it } from 'vitest';
import { Top } from '../../../lib/nest/admin/top.js';

describe('the first values of an order', () => {
  it('are found among many, with their number', () => {
    const top = new Top<number>(3, (one, other) => other - one);
    for (let i = 0; i < 1_000; i++) top.add((i * 7) % 1_000);
    expect(top.values).toEqual([999, 998, 997]);
    expect(top.total).toBe(1_000);
    top.add(2_000);
    expect(top.values).toEqual([2_000, 999, 998]);
  });

  it('may be fewer', () => {
    const top = new Top<number>(3, (one, other) => one - other);
    top.add(2);
    top.add(1);
    expect(top.values).toEqual([1, 2]);
  });
});
