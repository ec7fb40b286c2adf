import { array, assert, constantFrom, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Message } from '../../../lib/engine/internal.js';
import { HistoryEntry } from '../../../lib/server/history/history-entry.js';
import { mergePast } from '../../../lib/server/history/past.js';

const MESSAGE = Message.of('2["said"]');

const all = new Map<string, HistoryEntry>();

/** Entries such as `a1`: the first of sender a. */
function entries(text: string): HistoryEntry[] {
  return text
    .split(' ')
    .filter(Boolean)
    .map((name) => {
      const known = all.get(name) ?? new HistoryEntry(name[0] as string, Number(name.slice(1)), 0, MESSAGE, [], null);
      all.set(name, known);
      return known;
    });
}

const isHeard = ({ number }: HistoryEntry): boolean => number < 5;

const names = (list: readonly HistoryEntry[]): string => list.map(({ node, number }) => node + number).join(' ');

/** Numbers what speakers say. */
function count(speakers: readonly string[]): string {
  const counts = { a: 0, b: 0 };
  return speakers.map((speaker) => `${speaker}${++counts[speaker as 'a']}`).join(' ');
}

describe('mergePast', () => {
  it.each([
    ['what is in the store', 'a1 b1', 'b1 a1', 9, 'a1 b1'],
    ['events that are on their way at the end', 'a1 b1', 'a1 b1 b2 a2', 9, 'a1 b1 b2 a2'],
    ['an event that is on its way after all of its sender', 'b1 a1 a2', 'b1 b2 a1 a2', 9, 'b1 a1 a2 b2'],
    ['an event that was lost before the next one of its sender', 'a1 a3 b1', 'a1 a2 a3 b1', 9, 'a1 a2 a3 b1'],
    ['an event of a sender that has no other event, where it was heard', 'a1 a2', 'a1 b1 a2', 9, 'a1 b1 a2'],
    ['nothing from before what was read', 'a3 a4', 'a1 b1 a2 a3 b2 a4', 2, 'a3 b2 a4'],
    ['all that was heard if the store is empty', '', 'a1 b1', 9, 'a1 b1'],
    ['events that have not been heard', 'a1 b9', 'a1', 9, 'a1 b9'],
    ['nothing that was heard before a part of the store that has not been heard', 'b8 b9', 'a1', 2, 'b8 b9'],
    ['what is on its way after a part of the store that is older than memory', 'b1 b2', 'a1', 2, 'b1 b2 a1'],
  ])('has %s', (_what, stored, heard, limit, past) => {
    expect(names(mergePast(entries(stored), limit, entries(heard), isHeard))).toBe(past);
  });

  it('keeps the order of each sender, and has each event once, whatever is on its way', () => {
    const spoken = array(constantFrom('a', 'b'), { maxLength: 12 });
    assert(
      property(spoken, spoken, (order, arrival) => {
        const [stored, heard] = [entries(count(order)), entries(count(arrival))];
        const past = mergePast(stored, 99, heard, () => true);
        expect(new Set(past)).toEqual(new Set([...stored, ...heard]));
        for (const speaker of ['a', 'b']) {
          const numbers = past.filter(({ node }) => node === speaker).map(({ number }) => number);
          expect(numbers).toEqual(numbers.map((_, index) => index + 1));
        }
      }),
      { numRuns: 200, seed: 16 },
    );
  });
});
