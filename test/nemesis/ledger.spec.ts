import { describe, expect, it } from 'vitest';
import type { Counters } from './cluster-node.js';
import { type FaultWindow, judge, type Rules } from './ledger.js';
import type { Heard, Said, Talker } from './talker.js';

const RULES: Rules = { keeps: true, underWay: 10 };
const NOTHING: Counters = { missed: 0, dropped: 0, failed: 0 };

type Facts = Pick<Talker, 'said' | 'heard' | 'presences' | 'visits' | 'findings'>;

function talker(name: string, facts: Partial<Facts> = {}): Talker {
  const defaults: Facts = {
    said: [],
    heard: [],
    presences: [{ from: 0, to: null }],
    visits: [{ node: 'two', from: 0 }],
    findings: [],
  };
  return { ...defaults, ...facts, name, rooms: ['den'] } as unknown as Talker;
}

const say = (number: number, at = 100): Said => ({
  speaker: 'ann#1',
  room: 'den',
  number,
  at,
  ackedAt: at + 1,
  node: 'one',
});

const hear = (number: number): Heard => ({ speaker: 'ann#1', room: 'den', number, from: 'one', at: 'two' });

/** A speaker that hears itself on node `one`, and a listener on node `two`. */
function verdict(said: Said[], bob: Partial<Facts>, windows: FaultWindow[] = [], rules = RULES) {
  const heard = said.map(({ number }) => ({ ...hear(number), at: 'one' }));
  const ann = talker('ann', { said, heard, visits: [{ node: 'one', from: 0 }] });
  return judge([ann, talker('bob', bob)], windows, rules);
}

function fault(after: Record<string, Partial<Counters>> = {}, killed: string | null = null): FaultWindow {
  const counters = Object.entries(after).map(([node, loss]) => [node, { ...NOTHING, ...loss }] as const);
  return { kind: 'a fault', from: 50, to: 150, killed, before: new Map(), after: new Map(counters) };
}

/** The number of findings if a message does not arrive. */
function found(window: FaultWindow): number {
  return verdict([say(1)], {}, [window]).findings.length;
}

/** As above, if another client of that node hears it. */
function foundIfHeardElsewhere(window: FaultWindow, keeps: boolean): number {
  const ann = talker('ann', { said: [say(1)], heard: [{ ...hear(1), at: 'one' }] });
  const cid = talker('cid', { heard: [hear(1)] });
  return judge([ann, talker('bob'), cid], [window], { ...RULES, keeps }).findings.length;
}

describe('the ledger of the nemesis', () => {
  it('finds nothing if all arrived in order', () => {
    const { findings, counts } = verdict([say(1), say(2)], { heard: [hear(1), hear(2)] });
    expect(findings).toEqual([]);
    expect(counts).toEqual({ said: 2, heard: 4, gaps: {} });
  });

  it.each([
    ['a repetition', [hear(1), hear(1)], 'bob heard ann#1/den/1 after 1'],
    ['another order', [hear(2), hear(1)], 'bob heard ann#1/den/1 after 2'],
  ])('finds %s', (_name, heard, finding) => {
    expect(verdict([say(1), say(2)], { heard }).findings).toContain(finding);
  });

  it('finds what is missing, unless the listener was away', () => {
    const missing = ['bob missed ann#1/den/1 during no fault: not reported'];
    expect(verdict([say(1)], {}).findings).toEqual(missing);
    expect(verdict([say(1)], { presences: [{ from: 200, to: null }] }).findings).toEqual([]);
    expect(verdict([say(1)], { presences: [{ from: 0, to: 105 }] }).findings).toEqual([]); // it was under way
    expect(verdict([say(1)], { presences: [{ from: 0, to: 200 }] }).findings).toEqual(missing);
    expect(verdict([{ ...say(1), ackedAt: null }], {}).findings).toEqual([]);
  });

  it('excuses what a node reports, during a fault only', () => {
    expect(found(fault())).toBe(1);
    expect(found(fault({ one: { dropped: 1 } }))).toBe(0);
    expect(found(fault({ one: { failed: 1 } }))).toBe(0);
    expect(found(fault({ two: { missed: 1 } }))).toBe(0);
    expect(found(fault({ two: { dropped: 1 }, one: { missed: 1 } }))).toBe(1);
    expect(
      verdict([say(1)], { presences: [{ from: 0, to: 155 }] }, [fault()], { ...RULES, underWay: 1_000 }).findings,
    ).toHaveLength(1); // it ended in a later fault
    expect(found(fault({}, 'one'))).toBe(0);
    expect(found(fault({}, 'two'))).toBe(1);
    expect(found({ ...fault({ one: { dropped: 1 } }), to: 60 })).toBe(1);
  });

  it('with recovery, does not excuse the loss of what has crossed the broker, except by the node that missed it', () => {
    expect(foundIfHeardElsewhere(fault({ one: { failed: 1 } }), false)).toBe(0);
    expect(foundIfHeardElsewhere(fault({ one: { failed: 1 } }), true)).toBe(1);
    expect(foundIfHeardElsewhere(fault({ two: { missed: 1 } }), true)).toBe(0);
  });

  it('repeats what clients have found', () => {
    expect(verdict([], { findings: ['bob resumed in no room'] }).findings).toEqual(['bob resumed in no room']);
  });
});
