import { describe, expect, it } from 'vitest';
import {
  ALL_AT_ONCE,
  drain,
  type DrainOptions,
  DRAIN_DEFAULTS,
  resolveDrainOptions,
} from '../../../lib/engine/connection/connections.js';
import { ManualClock } from '../../support/manual-clock.js';

/** Drains `count` members. @returns how many are ended at which ms */
async function times(count: number, options: Required<DrainOptions>): Promise<[ms: number, ended: number][]> {
  const clock = new ManualClock();
  const seen = new Map<number, number>();
  const members = Array.from({ length: count }, (_, index) => index);
  const done = drain(members, () => seen.set(clock.now(), (seen.get(clock.now()) ?? 0) + 1), options, clock);
  clock.advance(10_000);
  await done;
  expect(clock.timers).toBe(0);
  return [...seen];
}

describe('drain', () => {
  it.each<[number, DrainOptions, [number, number][]]>([
    [0, {}, []],
    [3, { batch: 3 }, [[0, 3]]],
    [
      7,
      { batch: 3, interval: 20 },
      [
        [0, 3],
        [20, 3],
        [40, 1],
      ],
    ],
    [
      10,
      { batch: 1, interval: 2_500 },
      [
        [0, 4],
        [2_500, 4],
        [5_000, 2],
      ],
    ],
    [3, { batch: 1, interval: 6_000 }, [[0, 3]]],
    [1_000, ALL_AT_ONCE, [[0, 1_000]]],
  ])('ends %d in the batches of %j, within 5 s', async (count, options, expected) => {
    expect(await times(count, resolveDrainOptions(options))).toEqual(expected);
  });

  it('ends 10000 clients in 2 s, and any number in 5 s', async () => {
    const usual = await times(10_000, DRAIN_DEFAULTS);
    expect([usual.length, usual.at(-1)]).toEqual([20, [1_900, 500]]);
    const many = await times(102_000, DRAIN_DEFAULTS);
    expect([many.length, many[0], many.at(-1)]).toEqual([51, [0, 2_000], [5_000, 2_000]]);
  });
});

describe('resolveDrainOptions', () => {
  it('fills in the defaults', () => {
    expect(resolveDrainOptions({})).toEqual({ batch: 500, interval: 100, delay: 0 });
    expect(resolveDrainOptions({ batch: 1, interval: undefined } as unknown as DrainOptions)).toEqual({
      batch: 1,
      interval: 100,
      delay: 0,
    });
  });

  it.each([
    [{ batch: 0 }, 'INVALID_OPTION', 'option "batch" must be a positive integer, got 0'],
    [{ interval: -1 }, 'INVALID_OPTION', 'option "interval" must be a number of milliseconds, got -1'],
    [{ delay: '5s' }, 'INVALID_OPTION', 'option "delay" must be a number of milliseconds, got "5s"'],
    [{ batches: 1 }, 'UNKNOWN_OPTION', 'drain has no option "batches" (did you mean "batch"?)'],
  ])('refuses %j', (options, code, message) => {
    expect(() => resolveDrainOptions(options as DrainOptions)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});
