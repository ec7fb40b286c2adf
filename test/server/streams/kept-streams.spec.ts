import { describe, expect, it, vi } from 'vitest';
import { KeptStreams } from '../../../lib/server/streams/kept-streams.js';
import type { Stream, StreamAccount } from '../../../lib/server/streams/stream.js';
import { ManualClock } from '../../support/manual-clock.js';

/** @param maxBytes 3,000 for each stream, and the bytes of its values */
function rig(maxBytes = Infinity) {
  const clock = new ManualClock();
  const exceeded = vi.fn();
  const kept = new KeptStreams(1_000, maxBytes, clock, exceeded);
  const cancelled: unknown[] = [];
  const stream = (bytes = 0, account = one, userId?: string): Stream & { bytes: number } => {
    const cancel = (): void => {
      cancelled.push(fake);
      kept.delete(fake);
    };
    const fake = { bytes, account, userId, cancel } as unknown as Stream & { bytes: number };
    return fake;
  };
  return { clock, exceeded, kept, stream, cancelled };
}

/** The connection of a client. */
function connection(address: string): StreamAccount {
  return { bytes: 0, address };
}

const one = connection('10.0.0.1');

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
    const { exceeded, kept, stream, cancelled } = rig(12_500);
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

  it('ends the streams of the connection that keeps most', () => {
    const { kept, stream, cancelled } = rig(30_000);
    const few = [stream(1_000), stream()];
    const other = connection('10.0.0.1');
    const many = Array.from({ length: 100 }, () => stream(500, other));
    for (const each of [...few, ...many]) kept.add(each);
    expect(cancelled).toEqual(many.slice(0, 94));
  });

  it('ends the streams of the user or the address that keeps most, however many connections that has', () => {
    const { kept, stream, cancelled } = rig(60_000);
    const ann = stream(4_000, one, 'ann');
    const anonymous = stream(4_000, connection('10.0.0.2'));
    const crowd = Array.from({ length: 100 }, () => stream(0, connection('10.0.0.3')));
    const tabs = Array.from({ length: 100 }, (_, n) => stream(0, connection(`10.0.1.${n}`), 'zoe'));
    for (const each of [ann, anonymous, ...crowd, ...tabs]) kept.add(each);
    expect(kept.size).toBe(17);
    expect(cancelled).not.toContain(ann);
    expect(cancelled).not.toContain(anonymous);
  });

  it('gives up a stream that is too large by itself, and counts from 0 again once it is empty', () => {
    const { exceeded, kept, stream, cancelled } = rig(12_500);
    const large = stream(10_000);
    kept.add(large);
    expect([kept.size, cancelled]).toEqual([0, [large]]);
    for (const each of [stream(4_000), stream(0, connection('10.0.0.2'))]) kept.add(each);
    kept.clear();
    const fitting = stream(8_000);
    kept.add(fitting);
    expect([kept.size, exceeded.mock.calls.length]).toEqual([1, 1]);
  });

  it('does not count a stream that it does not keep', () => {
    const { exceeded, kept, stream } = rig(12_500);
    kept.recount(stream(1_000_000));
    expect([kept.size, exceeded.mock.calls]).toEqual([0, []]);
  });
});
