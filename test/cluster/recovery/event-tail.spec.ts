import { describe, expect, it } from 'vitest';
import type { BrokerStore } from '../../../lib/cluster/broker/broker.js';
import { Offset } from '../../../lib/cluster/recovery/offset.js';
import { BroadcastTarget } from '../../../lib/server/internal.js';
import { Log, names, wireOf } from './tail-rig.js';

const NOTHING: ReadonlyMap<string, number> = new Map();

function storeOf(log: Log): BrokerStore {
  return {
    read: (from, to) => {
      const [first, last] = [from, to].map((one) => log.messages.findIndex(({ position }) => position === one));
      return Promise.resolve(first === -1 ? null : log.messages.slice(first, (last as number) + 1));
    },
    put: () => Promise.resolve(),
    take: () => Promise.resolve(null),
    remove: () => Promise.resolve(),
  };
}

describe('EventTail', () => {
  it('returns the events after an offset, those of all nodes', () => {
    const log = new Log();
    const [a, b] = [log.node('a'), log.node('b')];
    a.say('1');
    b.say('2', '3');
    const { current } = a.tail;
    a.say('4');
    b.say('5');
    expect(names(a.tail.since(current, '/', NOTHING))).toEqual(['4', '5']);
    expect(names(b.tail.since(current, '/', NOTHING))).toEqual(['4', '5']);
  });

  it('leaves out the events of the former node that its client has had before they were in the log', () => {
    const log = new Log();
    const [a, b] = [log.node('a'), log.node('b')];
    a.say('1');
    a.emit('2'); // delivered to the clients of a, and not sent yet
    const { current } = a.tail;
    b.say('3');
    a.emit('4');
    a.send();
    expect(names(b.tail.since(current, '/', NOTHING))).toEqual(['3', '4']);
    expect(names(a.tail.since(current, '/', NOTHING))).toEqual(['3', '4']);
  });

  it('keeps its offset for an event that is not sent', () => {
    const a = new Log().node('a');
    a.say('1');
    const { current } = a.tail;
    const target = BroadcastTarget.of(null, [], {});
    expect(a.tail.emit('/', target, wireOf('2'), 0)).toBe(current);
    expect(names(a.tail.since(current, '/', NOTHING))).toEqual([]);
  });

  it('goes on within a message of which the client has had a part', () => {
    const log = new Log();
    const [a, b] = [log.node('a'), log.node('b')];
    a.say('0');
    b.say('1', '2', '3');
    const offset = new Offset('a_________', 1, '2', 2);
    expect(names(a.tail.since(offset, '/', NOTHING))).toEqual(['3']);
  });

  it('knows which of two offsets comes first, although it has not read the message of the earlier one', () => {
    const log = new Log();
    const a = log.node('a');
    a.say('1');
    const early = a.tail.current;
    const b = log.node('b');
    b.say('2');
    const late = b.tail.current;
    expect([b.tail.isBefore(early, late), b.tail.isBefore(late, early)]).toEqual([true, false]);
    expect([a.tail.isBefore(early, a.tail.current), a.tail.isBefore(a.tail.current, early)]).toEqual([true, false]);
  });

  it('counts latest values and returns none of them', () => {
    const log = new Log();
    const [a, b] = [log.node('a'), log.node('b')];
    a.say('1');
    a.emit('tick', null, '/', { latest: 'x' });
    const { current } = a.tail;
    a.emit('2');
    expect(names(a.tail.since(current, '/', NOTHING))).toEqual(['2']);
    a.emit('tick', null, '/', { latest: 'x' });
    expect(Offset.parse(a.emit('3'))?.own).toBe(5);
    a.send();
    for (const { tail } of [a, b]) expect(names(tail.since(current, '/', NOTHING))).toEqual(['2', '3']);
  });

  it('includes the events of this node that have not come back from the engine', () => {
    const log = new Log();
    const a = log.node('a');
    a.say('1');
    const { current } = a.tail;
    a.emit('2');
    a.emit('elsewhere', null, '/news');
    a.emit('3');
    const events = a.tail.since(current, '/', NOTHING);
    expect(names(events)).toEqual(['2', '3']);
    a.send();
    expect(names(a.tail.since(current, '/', NOTHING))).toEqual(['2', '3']);
    a.say();
    expect(names(a.tail.since(current, '/', NOTHING))).toEqual(['2', '3']);
  });

  it('gives each event the offset with which a client can go on from there, on any node', () => {
    const log = new Log();
    const [a, b, c] = [log.node('a'), log.node('b'), log.node('c')];
    a.say('1');
    const { current } = a.tail;
    b.say('2');
    c.say('3');
    b.say('4');
    a.say('5');
    const events = b.tail.since(current, '/', NOTHING) ?? [];
    expect(names(events)).toEqual(['2', '3', '4', '5']);
    for (const [index, { offset }] of events.entries()) {
      const read = Offset.parse(String(offset)) as Offset;
      expect(names(c.tail.since(read, '/', NOTHING))).toEqual(['3', '4', '5'].slice(index));
      expect(names(b.tail.since(read, '/', NOTHING))).toEqual(['3', '4', '5'].slice(index));
    }
  });

  it('leaves out the events that a client has had on an earlier node', () => {
    const log = new Log();
    const [a, b] = [log.node('a'), log.node('b')];
    b.say('0');
    const { current } = b.tail;
    a.say('1', '2', '3');
    expect(names(b.tail.since(current, '/', new Map([['a_________', 2]])))).toEqual(['3']);
  });

  it('returns nothing if events of another node are missing', () => {
    const log = new Log();
    const [a, b] = [log.node('a'), log.node('b')];
    b.say('1');
    const before = a.tail.current;
    b.emit('lost');
    b.drop();
    expect(names(a.tail.since(before, '/', NOTHING))).toEqual([]);
    b.say('3');
    const after = a.tail.current;
    b.say('4');
    expect(a.tail.since(before, '/', NOTHING)).toBeNull();
    expect(b.tail.since(before, '/', NOTHING)).toBeNull();
    expect(names(a.tail.since(after, '/', NOTHING))).toEqual(['4']);
  });

  it('returns the others if the client has had the missing events of its own node', () => {
    const log = new Log();
    const [a, b] = [log.node('a'), log.node('b')];
    b.say('1');
    b.emit('lost');
    const { current } = b.tail;
    b.drop();
    b.say('3');
    expect(names(a.tail.since(current, '/', NOTHING))).toEqual(['3']);
    expect(names(b.tail.since(current, '/', NOTHING))).toEqual(['3']);
  });

  it('does not return an event twice that the engine has repeated', () => {
    const log = new Log();
    const [a, b] = [log.node('a'), log.node('b')];
    b.say('0');
    const { current } = b.tail;
    a.say('1');
    log.append((log.messages.at(-1) as { bytes: Buffer }).bytes);
    a.say('2');
    expect(names(b.tail.since(current, '/', NOTHING))).toEqual(['1', '2']);
  });

  it('bounds what it keeps in bytes, and what has not come back', () => {
    const log = new Log();
    const a = log.node('a', { bytes: 3_000 });
    const b = log.node('b');
    b.say('0');
    const early = a.tail.current;
    for (let i = 0; i < 200; i++) b.say(`b${i}`);
    expect(a.tail.has(early)).toBe(false);
    expect(a.tail.since(early, '/', NOTHING)).toBeNull();
    expect(a.tail.has(a.tail.current)).toBe(true);
    const { current } = a.tail;
    for (let i = 0; i < 20; i++) a.emit(`a${i}`);
    expect(a.tail.since(current, '/', NOTHING)).toBeNull();
    a.send();
    a.say('last');
    expect(a.tail.since(a.tail.current, '/', NOTHING)).toEqual([]);
  });

  it('forgets messages that are too old', () => {
    const log = new Log();
    const [a, b] = [log.node('a', { age: 1_000 }), log.node('b')];
    b.say('0');
    const early = a.tail.current;
    log.clock.advance(1_001);
    for (let i = 0; i < 100; i++) b.say(`b${i}`);
    expect(a.tail.has(early)).toBe(false);
    expect(b.tail.has(early)).toBe(true);
  });

  it('reads older messages from the engine', async () => {
    const log = new Log();
    const [a, b] = [log.node('a'), log.node('b')];
    a.say('1');
    const { current } = a.tail;
    a.say('2');
    b.say('3');
    const late = log.node('late');
    await late.tail.extendTo(current, storeOf(log)); // it has nothing to extend yet
    expect(late.tail.has(current)).toBe(false);
    b.say('4');
    await late.tail.extendTo(current, storeOf(log));
    expect(names(late.tail.since(current, '/', NOTHING))).toEqual(['2', '3', '4']);
    await late.tail.extendTo(new Offset('a_________', 1, 'gone', 0), storeOf(log));
    expect(late.tail.has(current)).toBe(true);
  });

  it('reads older messages for several clients at the same time, whichever has missed most', async () => {
    const log = new Log();
    const a = log.node('a');
    a.say('1');
    const early = a.tail.current;
    a.say('2');
    const { current } = a.tail;
    a.say('3');
    const late = log.node('late');
    a.say('4');
    await Promise.all([current, early].map((offset) => late.tail.extendTo(offset, storeOf(log))));
    expect(names(late.tail.since(current, '/', NOTHING))).toEqual(['3', '4']);
    expect(names(late.tail.since(early, '/', NOTHING))).toEqual(['2', '3', '4']);
  });

  it('keeps within its bytes what has not come back, even if a large event follows many small ones', () => {
    const a = new Log().node('a', { bytes: 10_000 });
    for (let i = 0; i < 20; i++) a.emit('small');
    const { current } = a.tail;
    a.emit('x'.repeat(9_000));
    expect(a.tail.since(current, '/', NOTHING)).toHaveLength(1);
    expect(a.tail.since(new Offset('a_________', 10, '-a_________', 0), '/', NOTHING)).toBeNull();
  });

  it('does not know what another node had delivered before it read its first message', async () => {
    const log = new Log();
    const a = log.node('a');
    const { current } = a.tail;
    a.say('1');
    const late = log.node('late');
    a.say('2');
    await late.tail.extendTo(current, storeOf(log));
    expect(late.tail.since(current, '/', NOTHING)).toBeNull();
    expect(names(a.tail.since(current, '/', NOTHING))).toEqual(['1', '2']);
  });

  it('leaves out what is no bulletin among older messages', async () => {
    const log = new Log();
    const a = log.node('a');
    a.say('1');
    const { current } = a.tail;
    log.messages.push({ position: 'foreign', bytes: Buffer.from('?') });
    a.say('2');
    const late = log.node('late');
    a.say('3');
    await late.tail.extendTo(current, storeOf(log));
    expect(names(late.tail.since(current, '/', NOTHING))).toEqual(['2', '3']);
  });

  it('forgets everything when the engine may have lost messages', () => {
    const log = new Log();
    const [a, b] = [log.node('a'), log.node('b')];
    b.say('1');
    const { current } = a.tail;
    a.tail.clear();
    expect(a.tail.since(current, '/', NOTHING)).toBeNull();
    b.say('2');
    const after = a.tail.current;
    b.say('3');
    expect(names(a.tail.since(after, '/', NOTHING))).toEqual(['3']);
  });

  it('compares events with the time at which a room was joined', () => {
    const log = new Log();
    const [a, b] = [log.node('a'), log.node('b')];
    a.say('0');
    const start = a.tail.current;
    a.emit('1');
    b.say('2');
    const join = a.tail.current;
    a.send();
    b.say('3');
    a.emit('4');
    const events = a.tail.since(start, '/', NOTHING) ?? [];
    expect(names(events)).toEqual(['2', '1', '3', '4']);
    expect(names(events.filter((event) => a.tail.isAfter(event, join)))).toEqual(['3', '4']);
    const unknown = new Offset('c_________', 0, 'gone', 0);
    expect(events.every((event) => a.tail.isAfter(event, unknown))).toBe(true);
  });
});
