/** Each row of `docs/compatibility.md` that says "same" is compared by a scenario, or says why no script can do so. */
import { describe, expect, it } from 'vitest';
import { compatibilityTables, verdictOf } from '../docs/compatibility-tables.js';
import { ALL_SCENARIOS } from './all-scenarios.js';
import { NOT_COMPARED } from './not-compared.js';

const tables = compatibilityTables();
const covered = new Set([...ALL_SCENARIOS.values()].flat().flatMap(({ covers }) => covers));
const reasons = Object.keys(NOT_COMPARED);

/** Sections that have the members of other sections, which the page does not repeat. */
const INHERITED: Readonly<Record<string, readonly string[]>> = {
  ParentNamespace: ['Namespace', 'Listeners'],
  'io.engine': ['Listeners'],
  'socket.conn': ['Listeners'],
};

/** Returns the sentence of the page about a row; an empty text if the page has no such row. */
function sentenceOf(row: string): string {
  const [section = '', member = ''] = row.split(': ');
  const found = [section, ...(INHERITED[section] ?? [])].map((name) => tables.get(name)?.get(member));
  return found.find((says) => says !== undefined) ?? '';
}

const isRow = (row: string): boolean => sentenceOf(row) !== '';

const same = [...tables].flatMap(([section, rows]) =>
  [...rows].filter(([, says]) => verdictOf(says) === 'same').map(([member]) => `${section}: ${member}`),
);

describe('the scenarios', () => {
  it('cover every row that says "same", except those that no script can compare', () => {
    expect(same.filter((row) => !covered.has(row) && !reasons.includes(row))).toEqual([]);
  });

  it('differ only for rows that say so', () => {
    const differing = [...ALL_SCENARIOS.values()].flat().filter(({ different }) => different !== undefined);
    const silent = differing.flatMap(({ covers }) => covers).filter((row) => /^same(?!, except)/.test(sentenceOf(row)));
    expect(silent).toEqual([]);
  });

  it('and the exceptions name rows of the page', () => {
    expect([...covered, ...reasons].filter((row) => !isRow(row))).toEqual([]);
  });

  it('compare no row that is listed as an exception', () => {
    expect(reasons.filter((row) => covered.has(row))).toEqual([]);
  });

  it('have one name each', () => {
    for (const [section, scenarios] of ALL_SCENARIOS) {
      const names = scenarios.map(({ name }) => name);
      expect(new Set(names).size, section).toBe(names.length);
    }
  });
});
