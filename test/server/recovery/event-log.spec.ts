import { describe, expect, it } from 'vitest';
import { Message } from '../../../lib/engine/internal.js';
import { BroadcastTarget } from '../../../lib/server/adapter/broadcast-target.js';
import { EventLog, type EventLogLimits } from '../../../lib/server/recovery/event-log.js';
import { recoveryMemory } from '../../support/recovery-memory.js';

const { everybody } = BroadcastTarget;
/** The rooms of a client, each with the position at which it joined. */
const ANN = new Map([
  ['ann', 0],
  ['den', 0],
]);

function logWith(limits: Partial<EventLogLimits> = {}, recoveryBytes = 1_000_000) {
  const { budget, clock } = recoveryMemory({ recoveryBytes });
  const log = new EventLog(budget, budget.broadcasts, { maxEvents: 100, maxBytes: 10_000, ...limits });
  let last = 0;
  const add = (name: string, target = everybody, position = last + 1): void =>
    log.append((last = position), target, Message.of(`2["${name}"]`));
  /** The missed events, without frame and prefix. */
  const missed = (position: number, rooms = ANN): string[] | null =>
    log.since(position, rooms)?.map(({ message: { wire } }) => wire.subarray(3).toString()) ?? null;
  return { budget, clock, log, add, missed };
}

describe('an event log', () => {
  it('returns the events after a position, in order', () => {
    const { log, add, missed } = logWith();
    expect(missed(0)).toEqual([]);
    for (const name of ['a', 'b', 'c']) add(name);
    expect(missed(0)).toEqual(['2["a"]', '2["b"]', '2["c"]']);
    expect(missed(2)).toEqual(['2["c"]']);
    expect(missed(3)).toEqual([]);
    expect(log.size).toBe(3);
  });

  it('returns them even if positions between them belong to another log', () => {
    const { add, missed } = logWith();
    for (const position of [3, 4, 9]) add(`${position}`, everybody, position);
    expect(missed(2)).toEqual(['2["3"]', '2["4"]', '2["9"]']);
    expect(missed(4)).toEqual(['2["9"]']);
    expect(missed(7)).toEqual(['2["9"]']);
    expect(missed(11)).toEqual([]);
  });

  it('returns the events for a socket in these rooms, with their positions', () => {
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
    expect(log.since(0, ANN)?.at(-1)?.position).toBe(7);
    expect(log.since(7, ANN)).toEqual([]);
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

  it('keeps events up to the budget, by the rooms of their targets too', () => {
    const { budget, log, add, missed } = logWith({}, 10_000);
    for (const name of ['a', 'b', 'c']) add(name);
    expect([log.size, budget.weight < 3_000]).toEqual([3, true]);
    add('d', everybody.to(['den', 'x'.repeat(9_000)]));
    expect(budget.weight).toBeLessThan(10_000);
    expect(missed(3)).toEqual(['2["d"]']);
    expect(missed(0)).toBeNull();
  });

  it('drops events when their time has passed', () => {
    const { budget, clock, log, add, missed } = logWith();
    add('a');
    clock.advance(600);
    add('b');
    clock.advance(450);
    expect(missed(0)).toBeNull();
    expect(missed(1)).toEqual(['2["b"]']);
    clock.advance(600);
    expect([log.size, budget.weight, clock.timers]).toEqual([0, 0, 0]);
    expect(missed(1)).toBeNull();
    expect(missed(2)).toEqual([]);
  });

  it('drops all events when it is cleared', () => {
    const { budget, log, add } = logWith();
    for (const name of ['a', 'b', 'c']) add(name);
    log.clear();
    expect([log.size, budget.weight]).toEqual([0, 0]);
  });

  it('finds events after many others have been dropped', () => {
    const { add, missed } = logWith({ maxEvents: 3 });
    for (let i = 0; i < 5_000; i++) add(`${i}`);
    expect(missed(4_997)).toEqual(['2["4997"]', '2["4998"]', '2["4999"]']);
    expect(missed(4_996)).toBeNull();
  });
});
