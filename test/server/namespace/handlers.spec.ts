import { describe, expect, it } from 'vitest';
import { EventTable, HandlerList } from '../../../lib/server/namespace/handlers.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { ManualClock } from '../../support/manual-clock.js';

const [say, other, any] = [() => {}, () => {}, () => {}];

function table(): { table: EventTable<() => void>; log: RecordingLog } {
  const log = new RecordingLog();
  return { table: new EventTable('/chat', { logger: log, clock: new ManualClock() }), log };
}

describe('EventTable', () => {
  it('finds the handler of an event, whether its name is a string or a number', () => {
    const { table: events } = table();
    events.set('say', say);
    events.set('5', other);
    expect([events.get('say'), events.get(5), events.get('sing')]).toEqual([say, other, null]);
  });

  it("finds the handler of '*' for all others", () => {
    const { table: events } = table();
    events.set('say', say);
    events.set('*', any);
    expect([events.get('say'), events.get('sing'), events.get('*')]).toEqual([say, any, any]);
  });

  it('copies the handlers of another table, as they are at that time', () => {
    const [{ table: parent }, { table: child }] = [table(), table()];
    parent.set('say', say);
    parent.set('*', any);
    child.inherit(parent);
    parent.set('sing', other);
    expect([child.get('say'), child.get('sing')]).toEqual([say, any]);
  });

  it.each(['constructor', '__proto__', 'toString'])('has no handler of %s by default', (name) => {
    expect(table().table.get(name)).toBeNull();
  });

  it('counts events without a handler, and logs the nearest name', () => {
    const { table: events, log } = table();
    events.set('say', say);
    events.addUnhandled('sai');
    events.addUnhandled(7);
    expect(events.unhandled).toBe(2);
    expect(log.debugs).toEqual(['no handler for event "sai" in /chat (did you mean "say"?)']);
  });
});

/** A list of handlers, of which those with a lower-case name always run. */
function listOf(...names: string[]): HandlerList<string> {
  const made = new HandlerList<string>();
  for (const name of names) made.add(name, name === name.toLowerCase());
  return made;
}

describe('HandlerList', () => {
  it('returns its handlers in order', () => {
    expect(listOf('A', 'b', 'C').with(undefined)).toEqual(['A', 'b', 'C']);
  });

  it.each([
    [[], ['X', 'y'], ['X', 'y']],
    [['a'], ['X', 'y'], ['a', 'X', 'y']],
    [
      ['a', 'B'],
      ['X', 'y'],
      ['a', 'B', 'y'],
    ],
    [['A'], [], ['A']],
  ])('with own handlers %j and wildcard handlers %j, runs %j', (own, wildcard, expected) => {
    expect(listOf(...own).with(listOf(...wildcard))).toEqual(expected);
  });

  it('copies the handlers of another list, with those that always run', () => {
    const made = listOf('a');
    made.inherit(listOf('b'));
    expect(made.with(listOf('X'))).toEqual(['a', 'b', 'X']);
    made.inherit(listOf('C'));
    expect(made.with(listOf('X'))).toEqual(['a', 'b', 'C']);
  });
});

function unhandled(namespace = '/', ...known: string[]) {
  const [clock, logger] = [new ManualClock(), new RecordingLog()];
  const events = new EventTable<() => void>(namespace, { clock, logger });
  for (const event of known) events.set(event, say);
  return { clock, logger, events };
}

describe('an event without a handler', () => {
  it('is counted', () => {
    const { events } = unhandled();
    expect(events.unhandled).toBe(0);
    events.addUnhandled('a');
    events.addUnhandled('a');
    events.addUnhandled('b');
    expect(events.unhandled).toBe(3);
  });

  it('is logged with the nearest known name', () => {
    const { events, logger } = unhandled('/chat', 'join', 'message', '7');
    events.addUnhandled('mesage');
    expect(logger.debugs).toEqual(['no handler for event "mesage" in /chat (did you mean "message"?)']);
  });

  it('is logged without a suggestion if no known name is near', () => {
    const { events, logger } = unhandled('/', 'join', 'leave');
    events.addUnhandled('weather');
    expect(logger.debugs).toEqual(['no handler for event "weather" in /']);
  });

  it('is logged at most once a minute, with the number of suppressed lines', () => {
    const { clock, events, logger } = unhandled();
    events.addUnhandled('a');
    events.addUnhandled('b');
    clock.advance(59_999);
    events.addUnhandled('c');
    expect(logger.debugs).toHaveLength(1);
    clock.advance(1);
    events.addUnhandled('d');
    expect(logger.debugs[1]).toBe('no handler for event "d" in / (2 more since the last such line)');
  });

  it('is logged with its name escaped and truncated', () => {
    const { events, logger } = unhandled('/', 'known');
    events.addUnhandled(`\n\u001b[31m${'x'.repeat(1_000)}`);
    expect(logger.debugs[0]).toMatch(/^no handler for event "\\n\\u001b\[31mx+…" in \/$/);
    expect(logger.debugs[0]?.length).toBeLessThan(300);
  });
});
