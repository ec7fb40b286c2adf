import { describe, expect, it } from 'vitest';
import { EventTable } from '../../../lib/server/namespace/handlers.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { ManualClock } from '../../support/manual-clock.js';

const [say, other, any] = [() => {}, () => {}, () => {}];

function table(): { table: EventTable; log: RecordingLog } {
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

  it('takes over the handlers of another table, as they are by then', () => {
    const [{ table: parent }, { table: child }] = [table(), table()];
    parent.set('say', say);
    parent.set('*', any);
    child.inherit(parent);
    parent.set('sing', other);
    expect([child.get('say'), child.get('sing')]).toEqual([say, any]);
  });

  it.each(['constructor', '__proto__', 'toString'])('has no handler of %s by itself', (name) => {
    expect(table().table.get(name)).toBeNull();
  });

  it('counts what nobody handles, and names what is near', () => {
    const { table: events, log } = table();
    events.set('say', say);
    events.addUnhandled('sai');
    events.addUnhandled(7);
    expect(events.unhandled).toBe(2);
    expect(log.debugs).toEqual(['nobody handles the event "sai" in /chat (did you mean "say"?)']);
  });
});
