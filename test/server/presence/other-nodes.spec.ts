import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answers } from '../../../lib/server/internal.js';
import { ALL_SENT, OtherNodes } from '../../../lib/server/presence/other-nodes.js';
import { PresenceTable } from '../../../lib/server/presence/presence-table.js';
import { ManualClock } from '../../support/manual-clock.js';

describe('OtherNodes', () => {
  let clock: ManualClock;
  let table: PresenceTable;
  let others: OtherNodes;
  let nodes: string[];
  let questions: { node: string; question: number; answer: (answers: Answers) => Promise<void> }[];

  beforeEach(() => {
    clock = new ManualClock();
    table = new PresenceTable({ merges: false, merge: () => null, changed: () => {} });
    nodes = ['web'];
    questions = [];
    others = new OtherNodes(table, {
      clock,
      grace: 1_000,
      get nodes() {
        return nodes;
      },
      ask: (node, _timeout, question) =>
        new Promise((resolve) => {
          const answer = async (answers: Answers): Promise<void> => {
            resolve(answers);
            await Promise.resolve();
            await Promise.resolve();
          };
          questions.push({ node, question, answer });
        }),
    });
  });

  const users = (): string[] => table.list('lobby').map(({ user }) => user);
  const sent = { answers: [[ALL_SENT]], silent: [] };

  /** The node answers its last question with these entries. */
  async function answer(version: number, ...entries: unknown[]): Promise<void> {
    const { question, answer: done } = questions.at(-1) as (typeof questions)[0];
    others.begins('web', question, version);
    others.entries('web', question, 1, entries);
    others.ends('web', question);
    await done(sent);
  }

  it('asks the nodes that it finds for all entries, and applies the changes that follow', async () => {
    await answer(5, entry('a'), entry('b'), entry('c', 2));
    expect(users()).toEqual(['user of a', 'user of b']);
    expect(others.find('c')?.state).toBe('away');
    others.changed('web', 5, 6, [['a'], ['b', ['den'], ['lobby']], ['unknown', ['den'], []], entry('d', 1)]);
    expect(users()).toEqual(['user of d']);
    expect(table.list('den')).toEqual([{ user: 'user of b', meta: null, devices: 1 }]);
    expect(table.list('lobby')).toEqual([{ user: 'user of d', meta: null, devices: 0 }]);
    expect(questions).toHaveLength(1);
  });

  it('finds the latest entry of a client that was on several nodes', async () => {
    await answer(5, ['a', 'ann', 'old', 1, 0, 0, []]);
    others.left('web');
    nodes.push('late');
    others.changed('late', 0, 1, []); // which asks it for its entries
    const { question } = questions.at(-1) as (typeof questions)[0];
    others.begins('late', question, 1);
    others.entries('late', question, 1, [['a', 'ben', 'new', 2, 0, 0, []]]);
    expect(others.find('a')).toMatchObject({ user: 'ben', meta: 'new' });
  });

  it('ignores a change that is late or arrives twice', async () => {
    await answer(5, entry('a'));
    others.changed('web', 5, 6, [['a']]);
    others.changed('web', 4, 5, [entry('a')]);
    others.changed('web', 5, 6, [entry('a')]);
    others.entries('web', questions[0]?.question, 2, [entry('a')]);
    expect(users()).toEqual([]);
    expect(questions).toHaveLength(1);
  });

  it('ignores entries that arrive twice while a node sends them', () => {
    const [{ question } = { question: 0 }] = questions;
    others.begins('web', question, 5);
    others.entries('web', question, 1, [entry('a')]);
    others.changed('web', 5, 6, [['a']]);
    others.entries('web', question, 1, [entry('a')]);
    expect(users()).toEqual([]);
  });

  it('asks for all entries again after a gap, and removes those that are gone', async () => {
    await answer(5, entry('a'), entry('b'));
    others.changed('web', 6, 7, [entry('c')]);
    others.changed('web', 7, 8, [entry('d')]);
    expect(users()).toEqual(['user of a', 'user of b']);
    expect(questions).toHaveLength(2);
    await answer(8, entry('b'), entry('d'));
    expect(users()).toEqual(['user of b', 'user of d']);
    others.missed('web');
    expect(questions).toHaveLength(3);
  });

  it('asks once more if messages were lost while a node answered, or if it does not answer', async () => {
    others.missed('web');
    expect(questions).toHaveLength(1);
    await questions[0]?.answer(sent);
    expect(questions).toHaveLength(2);
    await questions[1]?.answer({ answers: [], silent: ['web'] });
    expect(questions).toHaveLength(3);
    nodes = [];
    await questions[2]?.answer({ answers: [], silent: ['web'] });
    expect(questions).toHaveLength(3);
  });

  it('takes a node that answers nothing for one without presence, until it has one', async () => {
    await questions[0]?.answer({ answers: [[]], silent: [] });
    others.changed('web', 0, 3, [entry('a')]);
    expect(users()).toEqual(['user of a']);
    others.changed('web', 0, 9, [entry('b')]); // its presence has started again
    expect(users()).toEqual(['user of b']);
    expect(questions).toHaveLength(1);
  });

  it('counts the clients of a node that has left for the grace, unless it returns', async () => {
    await answer(5, entry('a'));
    others.left('web');
    expect(table.list('lobby')).toEqual([{ user: 'user of a', meta: null, devices: 0 }]);
    clock.advance(900);
    others.joined('web');
    clock.advance(900);
    await answer(7, entry('a'));
    expect(table.list('lobby')).toEqual([{ user: 'user of a', meta: null, devices: 1 }]);
    others.left('web');
    clock.advance(1_100);
    expect(users()).toEqual([]);
  });

  it('forgets a user of a node that has left', async () => {
    await answer(5, entry('a'), entry('b'));
    others.forgetUser('user of a');
    expect(users()).toEqual(['user of a', 'user of b']);
    others.left('web');
    others.forgetUser('user of a');
    expect(users()).toEqual(['user of b']);
    others.close();
    expect(users()).toEqual([]);
  });

  it.each([
    ['changes that are no list', () => others.changed('web', 0, 1, 'all')],
    ['a change without a client', () => others.changed('web', 0, 1, [[7]])],
    ['rooms that are no texts', () => others.changed('web', 0, 1, [['a', [7], []]])],
    ['a client without a user', () => others.changed('web', 0, 1, [['a', 7, null, 1, 0, 0, []]])],
    ['a client in an unknown state', () => others.changed('web', 0, 1, [['a', 'ann', null, 1, 0, 9, []]])],
    ['a state that is no number', () => others.changed('web', 0, 1, [['a', 'ann', null, 1, 0, 'length', []]])],
    ['a version that is no number', () => others.changed('web', 0, 'x', [])],
    ['entries as of no version', () => others.begins('web', 1, null)],
  ])('throws for %s', (_what, receive) => {
    const spy = vi.fn(receive);
    expect(spy).toThrow(TypeError);
    expect(users()).toEqual([]);
  });
});

/** All that a node sends of a client in the lobby. */
function entry(id: string, state = 0): unknown[] {
  return [id, `user of ${id}`, null, 1, 0, state, ['lobby']];
}
