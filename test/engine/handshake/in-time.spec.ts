import { describe, expect, it } from 'vitest';
import { inTime } from '../../../lib/engine/handshake/in-time.js';
import { ManualClock } from '../../support/manual-clock.js';

describe('inTime', () => {
  it('returns the answer, and cancels the deadline', async () => {
    const clock = new ManualClock();
    expect(await inTime(clock, Promise.resolve('yes'), () => 'late')).toBe('yes');
    expect(clock.timers).toBe(0);
  });

  it('rejects if the answer does', async () => {
    const clock = new ManualClock();
    await expect(inTime(clock, Promise.reject(new Error('x')), () => 'late')).rejects.toThrow('x');
    expect(clock.timers).toBe(0);
  });

  it('returns the other result after 10 s', async () => {
    const clock = new ManualClock();
    const answer = inTime(clock, new Promise<string>(() => {}), () => 'late');
    clock.advance(10_000);
    expect(await answer).toBe('late');
  });
});
