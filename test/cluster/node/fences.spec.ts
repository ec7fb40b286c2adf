import { beforeEach, expect, it } from 'vitest';
import { Fences } from '../../../lib/cluster/node/fences.js';
import { ManualClock } from '../../support/manual-clock.js';

let clock: ManualClock;
let fences: Fences;

beforeEach(() => {
  clock = new ManualClock();
  fences = new Fences(clock);
  fences.sent = 3;
});

it('waits for the bulletin that is sent next', async () => {
  const passed = fences.next(100);
  let isOver = false;
  void passed.then(() => (isOver = true));
  fences.returned(3);
  await Promise.resolve();
  expect(isOver).toBe(false);
  fences.returned(4);
  expect(await passed).toBe(true);
});

it('gives up at its deadline', async () => {
  const passed = fences.next(100);
  clock.advance(100);
  expect(await passed).toBe(false);
  expect(() => fences.returned(4)).not.toThrow();
});

it('knows which bulletins have come back', () => {
  fences.returned(2);
  expect([fences.hasReturned(2), fences.hasReturned(3)]).toEqual([true, false]);
});
