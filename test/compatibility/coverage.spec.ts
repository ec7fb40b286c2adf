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

function isRow(row: string): boolean {
  const [section = '', member = ''] = row.split(': ');
  return [section, ...(INHERITED[section] ?? [])].some((name) => tables.get(name)?.has(member) === true);
}

const same = [...tables].flatMap(([section, rows]) =>
  [...rows].filter(([, says]) => verdictOf(says) === 'same').map(([member]) => `${section}: ${member}`),
);

describe('the scenarios', () => {
  it('cover every row that says "same", except those that no script can compare', () => {
    expect(same.filter((row) => !covered.has(row) && !reasons.includes(row))).toEqual([]);
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
