import { describe, expect, it } from 'vitest';
import { inTime } from '../../lib/engine/in-time.js';
import { ManualClock } from '../support/manual-clock.js';

describe('inTime', () => {
  it('returns the answer, and cancels the deadline', async () => {
    const clock = new ManualClock();
    expect(await inTime(Promise.resolve('yes'), 100, clock, () => 'late')).toBe('yes');
    expect(clock.timers).toBe(0);
  });

  it('rejects if the answer does', async () => {
    const clock = new ManualClock();
    await expect(inTime(Promise.reject(new Error('x')), 100, clock, () => 'late')).rejects.toThrow('x');
    expect(clock.timers).toBe(0);
  });

  it('returns the other result after the limit', async () => {
    const clock = new ManualClock();
    const answer = inTime(new Promise<string>(() => {}), 100, clock, () => 'late');
    clock.advance(100);
    expect(await answer).toBe('late');
  });
});
