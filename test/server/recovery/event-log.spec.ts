import { describe, expect, it } from 'vitest';
import { Message } from '../../../lib/engine/internal.js';
import { BroadcastTarget } from '../../../lib/server/adapter/broadcast-target.js';
import { EventLog } from '../../../lib/server/recovery/event-log.js';
import { ManualClock } from '../../support/manual-clock.js';

const { everybody } = BroadcastTarget;
const ANN = new Set(['ann', 'den']);

function logWith(limits: Partial<ConstructorParameters<typeof EventLog>[1]> = {}) {
  const clock = new ManualClock(1_000);
  const log = new EventLog(clock, { maxEvents: 100, maxBytes: 10_000, maxAge: 1_000, ...limits });
  const add = (name: string, target = everybody): string => {
    const offset = log.nextOffset;
    log.append(target, Message.of(`2["${name}"]`));
    return offset;
  };
  /** The missed events, without frame and prefix. */
  const missed = (position: number, rooms = ANN): string[] | null =>
    log.since(position, rooms)?.messages.map(({ wire }) => wire.subarray(3).toString()) ?? null;
  return { clock, log, add, missed };
}

describe('an event log', () => {
  it('returns the events after a position, in order', () => {
    const { log, add, missed } = logWith();
    expect(missed(0)).toEqual([]);
    const offsets = [add('a'), add('b'), add('c')];
    expect(offsets.map((offset) => log.positionOf(offset))).toEqual([1, 2, 3]);
    expect(missed(0)).toEqual(['2["a"]', '2["b"]', '2["c"]']);
    expect(missed(2)).toEqual(['2["c"]']);
    expect(missed(3)).toEqual([]);
    expect([log.size, log.last]).toEqual([3, 3]);
  });

  it('returns the events for a socket in these rooms, and the position of the last one', () => {
    const { log, add, missed } = logWith();
    add('to all');
    add('to a room', everybody.to(['elsewhere', 'den']));
    add('to a client', everybody.to('ann'));
    add('to another', everybody.to('bob'));
    add('to no one', everybody.to([]));
    add('to all but a room', everybody.except('den'));
    add('to all but others', everybody.except('bob'));
    add('to a room but for a client', everybody.to('den').except('ann'));
    expect(missed(0)).toEqual(['2["to all"]', '2["to a room"]', '2["to a client"]', '2["to all but others"]']);
    expect(log.since(0, ANN)?.last).toBe(7);
    expect(log.since(7, ANN)).toEqual({ messages: [], last: 7 });
  });

  it('accepts only its own offsets', () => {
    const { log, add } = logWith();
    const offset = add('a');
    expect(offset).toMatch(/^[\w-]{8}\.1$/);
    expect(log.positionOf(offset)).toBe(1);
    expect(log.positionOf(log.nextOffset)).toBeNull();
    const other = logWith();
    expect(log.positionOf(other.add('a'))).toBeNull();
    for (const broken of ['', 'x', `${offset}0`, offset.replace('.', ','), `${offset.slice(0, 9)}01`, `${offset} `]) {
      expect(log.positionOf(broken)).toBeNull();
    }
  });

  it('keeps a limited number of events, and returns null for older positions', () => {
    const { log, add, missed } = logWith({ maxEvents: 2 });
    for (const name of ['a', 'b', 'c']) add(name);
    expect(log.size).toBe(2);
    expect(missed(1)).toEqual(['2["b"]', '2["c"]']);
    expect(missed(0)).toBeNull();
  });

  it('keeps a limited number of bytes', () => {
    const { log, add, missed } = logWith({ maxBytes: 20 }); // each event has nine
    for (const name of ['a', 'b', 'c']) add(name);
    expect(missed(1)).toEqual(['2["b"]', '2["c"]']);
    expect(missed(0)).toBeNull();
    add('x'.repeat(100));
    expect(log.size).toBe(0);
    expect(missed(4)).toEqual([]);
    expect(missed(3)).toBeNull();
  });

  it('evicts old events when new ones are appended', () => {
    const { clock, add, missed } = logWith();
    add('a');
    clock.advance(600);
    add('b');
    clock.advance(600);
    add('c');
    expect(missed(0)).toBeNull();
    expect(missed(1)).toEqual(['2["b"]', '2["c"]']);
  });

  it('finds events after many others have been evicted', () => {
    const { log, add, missed } = logWith({ maxEvents: 3 });
    let offset = '';
    for (let i = 0; i < 5_000; i++) offset = add(`${i}`);
    expect(log.positionOf(offset)).toBe(5_000);
    expect(missed(4_997)).toEqual(['2["4997"]', '2["4998"]', '2["4999"]']);
    expect(missed(4_996)).toBeNull();
  });
});
