import { describe, expect, it } from 'vitest';
import { disorderOf, type Heard, missedBy, type Said } from '../../../lib/cli/rehearse/ledger.js';

const heard = (number: number, speaker = 'ann', room = 'den'): Heard => ({ speaker, room, number });
const said = (number: number, ackedAt: number | null = 2): Said => ({ ...heard(number), at: 1, ackedAt });
const listener = (name: string, messages: Heard[], rooms = ['den']) => ({ name, rooms, heard: messages });

describe('missedBy', () => {
  it('finds what the clients of a room did not hear', () => {
    const bob = listener('bob', [heard(1)]);
    const cid = listener('cid', [], ['attic']);
    const missed = [...missedBy([bob, cid], [said(1), said(2)])];
    expect(missed).toEqual([{ message: said(2), listener: bob }]);
  });

  it('leaves out messages that were not acknowledged', () => {
    expect([...missedBy([listener('bob', [])], [said(1, null)])]).toEqual([]);
  });

  it('takes a message of another room or speaker for another message', () => {
    const bob = listener('bob', [heard(1, 'ann', 'attic'), heard(1, 'dan')], ['den', 'attic']);
    expect([...missedBy([bob], [said(1)])]).toHaveLength(1);
  });
});

describe('disorderOf', () => {
  it('finds nothing in messages that came in order, with or without gaps', () => {
    expect(disorderOf([heard(1), heard(1, 'bob'), heard(2), heard(5), heard(1, 'ann', 'attic')])).toEqual([]);
  });

  it('tells a message that came late from one that came again', () => {
    expect(disorderOf([heard(2), heard(1), heard(1), heard(2)])).toEqual([
      { message: heard(1), kind: 'reordered', newest: 2 },
      { message: heard(1), kind: 'doubled', newest: 2 },
      { message: heard(2), kind: 'doubled', newest: 2 },
    ]);
  });
});
