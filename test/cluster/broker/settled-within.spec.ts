import { expect, it } from 'vitest';
import { settledWithin } from '../../../lib/cluster/broker/settled-within.js';
import { ManualClock } from '../../support/manual-clock.js';

it('ends with the promise, whatever its result', async () => {
  const clock = new ManualClock();
  await settledWithin(Promise.resolve(1), 100, clock);
  await settledWithin(Promise.reject(new Error('no')), 100, clock);
  expect(clock.timers).toBe(0);
});

it('ends after the limit', async () => {
  const clock = new ManualClock();
  const ended = settledWithin(new Promise(() => {}), 100, clock);
  clock.advance(100);
  await ended;
});
