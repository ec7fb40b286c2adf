import { describe, expect, it, vi } from 'vitest';
import { KeptStreams } from '../../../lib/server/streams/kept-streams.js';
import type { Stream } from '../../../lib/server/streams/stream.js';
import { ManualClock } from '../../support/manual-clock.js';

/** @param maxBytes 2,000 for each stream, and the bytes of its values */
function rig(maxBytes = Infinity) {
  const clock = new ManualClock();
  const exceeded = vi.fn();
  const kept = new KeptStreams(1_000, maxBytes, clock, exceeded);
  const cancelled: unknown[] = [];
  const stream = (bytes = 0): Stream & { bytes: number } => {
    const cancel = (): void => {
      cancelled.push(fake);
      kept.delete(fake);
    };
    const fake = { bytes, cancel } as unknown as Stream & { bytes: number };
    return fake;
  };
  return { clock, exceeded, kept, stream, cancelled };
}

describe('KeptStreams', () => {
  it('ends streams after their time', () => {
    const { clock, kept, stream, cancelled } = rig();
    const [one, other] = [stream(), stream()];
    kept.add(one);
    clock.advance(600);
    kept.add(other);
    clock.advance(500);
    expect(cancelled).toEqual([one]);
    kept.delete(other);
    clock.advance(5_000);
    expect(cancelled).toEqual([one]);
    expect([kept.size, clock.timers]).toEqual([0, 0]);
  });

  it('ends the oldest streams when all of them take too much', () => {
    const { exceeded, kept, stream, cancelled } = rig(10_000);
    const [first, second, third] = [stream(2_000), stream(1_000), stream()];
    for (const one of [first, second, third]) kept.add(one);
    kept.add(first); // as the newest
    expect(exceeded).not.toHaveBeenCalled();
    third.bytes = 2_500;
    kept.recount(third);
    expect(exceeded).toHaveBeenCalledOnce();
    expect(cancelled).toEqual([second]);
    expect(kept.size).toBe(2);
  });

  it('does not count a stream that it does not keep', () => {
    const { exceeded, kept, stream } = rig(10_000);
    kept.recount(stream(1_000_000));
    expect([kept.size, exceeded.mock.calls]).toEqual([0, []]);
  });
});
