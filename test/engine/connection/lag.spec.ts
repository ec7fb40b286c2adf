import { describe, expect, it } from 'vitest';
import { Lag } from '../../../lib/engine/connection/lag.js';

describe('Lag', () => {
  it('does not count the burst that made the client fall behind', () => {
    const lag = new Lag(0, 500);
    lag.wrote(20_000_000, 20);
    expect(lag.cost).toBe(0);
    lag.wrote(100, 2);
    expect(lag.cost).toBe(612);
  });

  it('sees progress when the client has taken as much as the limit', () => {
    const lag = new Lag(0, 500);
    lag.wrote(2_000, 1);
    expect(lag.taken(1_500)).toBe(1_000);
    expect(lag.check(1_500, 1_000)).toBe(true);
    expect(lag.taken(1_500)).toBe(0);
    expect(lag.check(501, 1_000)).toBe(false);
  });

  it('sees progress when the client has reached a mark, and starts to count again', () => {
    const lag = new Lag(0, 500);
    lag.isMarked = true;
    lag.wrote(1, 1);
    lag.wrote(1, 1);
    lag.reachedMark();
    expect(lag).toMatchObject({ isMarked: false, cost: 0 });
    expect(lag.check(500, 1_000)).toBe(true);
    expect(lag.check(500, 1_000)).toBe(false);
  });
});
