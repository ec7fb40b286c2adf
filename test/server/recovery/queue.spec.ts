import { describe, expect, it } from 'vitest';
import { Queue } from '../../../lib/server/recovery/queue.js';

describe('a queue', () => {
  it('returns items in the order in which they were added', () => {
    const queue = new Queue<string>();
    expect([queue.length, queue.shift()]).toEqual([0, null]);
    for (const item of ['a', 'b', 'c']) queue.push(item);
    expect([queue.length, queue.at(0), queue.at(2)]).toEqual([3, 'a', 'c']);
    expect([queue.shift(), queue.at(0), queue.length]).toEqual(['a', 'b', 2]);
    queue.push('d');
    expect([queue.shift(), queue.shift(), queue.shift(), queue.shift(), queue.length]).toEqual([
      'b',
      'c',
      'd',
      null,
      0,
    ]);
  });

  it('keeps the order however many items pass through it', () => {
    const queue = new Queue<number>();
    let [added, taken] = [0, 0];
    for (let round = 0; round < 200; round++) {
      for (let i = 0; i < round; i++) queue.push(added++);
      for (let i = 0; i < round - 1; i++) expect(queue.shift()).toBe(taken++);
      expect(queue.at(queue.length - 1) ?? -1).toBe(queue.length === 0 ? -1 : added - 1);
    }
    expect(queue.length).toBe(added - taken);
  });
});
