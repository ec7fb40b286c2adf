import { beforeEach, describe, expect, it } from 'vitest';
import { Requests } from '../../../lib/cluster/node/requests.js';
import type { Answers } from '../../../lib/server/internal.js';
import { ManualClock } from '../../support/manual-clock.js';

describe('Requests', () => {
  let clock: ManualClock;
  let requests: Requests;
  let ends: Answers[];

  beforeEach(() => {
    clock = new ManualClock();
    requests = new Requests(clock);
    ends = [];
  });

  const open = (...nodes: string[]): number => requests.open(nodes, 100, (answers) => ends.push(answers));

  describe('once the nodes are known', () => {
    beforeEach(() => requests.settle([]));

    it('end when all nodes have answered', () => {
      const id = open('a', 'b');
      requests.answered(id, 'b', [2]);
      expect(ends).toEqual([]);
      requests.answered(id, 'a', [1]);
      expect(ends).toEqual([{ answers: [[2], [1]], silent: [] }]);
      expect(clock.timers).toBe(0);
    });

    it('ignore answers that nobody waits for', () => {
      const id = open('a', 'b');
      requests.answered(id + 1, 'a', [1]);
      requests.answered(id, 'c', [1]);
      requests.answered(id, 'a', [1]);
      requests.answered(id, 'a', ['again']);
      requests.answered(id, 'b', [2]);
      requests.answered(id, 'b', ['late']);
      expect(ends).toEqual([{ answers: [[1], [2]], silent: [] }]);
    });

    it('end at their deadline with the nodes that are silent', () => {
      const id = open('a', 'b');
      requests.answered(id, 'a', [1]);
      clock.advance(100);
      expect(ends).toEqual([{ answers: [[1]], silent: ['b'] }]);
    });

    it('do not wait for nodes that have left, or vanished', () => {
      open('a', 'b');
      open('c');
      requests.left('a', false);
      requests.left('b', true);
      requests.left('b', true);
      expect(ends).toEqual([{ answers: [], silent: ['b'] }]);
    });

    it('end when the node closes', () => {
      open('a');
      open('b');
      requests.close();
      expect(ends).toEqual([
        { answers: [], silent: ['a'] },
        { answers: [], silent: ['b'] },
      ]);
      expect(clock.timers).toBe(0);
    });
  });

  describe('before the nodes are known', () => {
    it('accept an answer of any node, once, and wait for the others then', () => {
      const id = open();
      requests.answered(id, 'a', [1]);
      requests.answered(id, 'a', ['again']);
      requests.left('a', true);
      requests.settle(['a', 'b']);
      expect(ends).toEqual([]);
      requests.answered(id, 'b', [2]);
      expect(ends).toEqual([{ answers: [[1], [2]], silent: [] }]);
    });

    it('end as soon as the nodes are known, if all have answered', () => {
      requests.answered(open(), 'a', [1]);
      requests.settle(['a']);
      expect(ends).toEqual([{ answers: [[1]], silent: [] }]);
    });

    it('end at their deadline', () => {
      open();
      clock.advance(100);
      expect(ends).toEqual([{ answers: [], silent: [] }]);
    });
  });
});
