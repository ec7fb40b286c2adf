import { beforeEach, describe, expect, it } from 'vitest';
import { HEARTBEAT, Roster, SILENCE } from '../../../lib/cluster/node/roster.js';
import { ManualClock } from '../../support/manual-clock.js';

describe('Roster', () => {
  let clock: ManualClock;
  let gone: string[];
  let roster: Roster;

  beforeEach(() => {
    clock = new ManualClock(1_000);
    gone = [];
    roster = new Roster(clock, (id) => gone.push(id));
  });

  const web = { name: 'web:1', version: '1.0.0', serves: true };

  it('knows a node from its first bulletin, and its name from its introduction', () => {
    expect(roster.arrived('a', 5)).toEqual({ isRepeated: false, isStranger: true, isNew: true, missed: 0 });
    expect(roster.nodes).toEqual([{ id: 'a', name: 'a', version: 'unknown', serves: true, age: 0 }]);
    expect(roster.serving).toEqual(['a']);
    roster.introduced('a', web);
    clock.advance(10);
    expect(roster.nodes).toEqual([{ id: 'a', ...web, age: 10 }]);
    expect(roster.nameOf('a')).toBe('web:1');
    expect(roster.nameOf('b')).toBe('b');
    expect(roster.arrived('a', 6)).toEqual({ isRepeated: false, isStranger: false, isNew: false, missed: 0 });
  });

  it('does not know a node that has only introduced itself', () => {
    roster.introduced('a', web);
    expect(roster.nodes).toEqual([]);
  });

  it('does not count workers among those who serve', () => {
    roster.arrived('a', 1);
    roster.introduced('a', { ...web, serves: false });
    expect(roster.serving).toEqual([]);
    expect(roster.nodes).toHaveLength(1);
  });

  it('recognises bulletins that arrive twice, and counts those that never arrive', () => {
    roster.arrived('a', 5);
    expect(roster.arrived('a', 5)).toEqual({ isRepeated: true, isStranger: false, isNew: false, missed: 0 });
    expect(roster.arrived('a', 4).isRepeated).toBe(true);
    expect(roster.arrived('a', 8)).toEqual({ isRepeated: false, isStranger: true, isNew: false, missed: 2 });
  });

  it('forgets a node that leaves', () => {
    roster.arrived('a', 5);
    roster.left('a');
    expect(roster.nodes).toEqual([]);
    expect(roster.arrived('a', 1).isStranger).toBe(true);
  });

  it('reports a node that has been silent for too long, once, and takes it back', () => {
    roster.arrived('a', 1);
    roster.arrived('b', 1);
    roster.introduced('a', web);
    for (let time = 0; time < SILENCE + HEARTBEAT; time += HEARTBEAT) {
      roster.arrived('b', 2 + time);
      clock.advance(HEARTBEAT);
    }
    expect(gone).toEqual(['a']);
    expect(roster.nodes.map(({ id }) => id)).toEqual(['b']);
    expect(roster.serving).toEqual(['b']);
    expect(roster.nameOf('a')).toBe('web:1');
    clock.advance(HEARTBEAT);
    expect(gone).toEqual(['a']);
    expect(roster.arrived('a', 4)).toEqual({ isRepeated: false, isStranger: false, isNew: true, missed: 2 });
    expect(roster.serving).toEqual(['a', 'b']);
  });

  it('forgets such a node in the end, and then watches no longer', () => {
    roster.arrived('a', 1);
    clock.advance(700_000);
    expect(clock.timers).toBe(0);
    expect(roster.arrived('a', 1)).toEqual({ isRepeated: false, isStranger: true, isNew: true, missed: 0 });
  });

  it('gives the others another heartbeat after a pause of this process', () => {
    let late: (() => void) | undefined;
    let now = 0;
    const paused = new Roster({ now: () => now, after: (_delay, run) => ((late = run), { cancel: () => {} }) }, (id) =>
      gone.push(id),
    );
    paused.arrived('a', 1);
    now = 60_000;
    late?.();
    expect(gone).toEqual([]);
    now += HEARTBEAT;
    late?.();
    expect(gone).toEqual(['a']);
  });

  it('stops its timer when it is closed', () => {
    roster.close();
    roster.arrived('a', 1);
    expect(clock.timers).toBe(1);
    roster.close();
    expect(clock.timers).toBe(0);
    expect(roster.nodes).toEqual([]);
  });
});
