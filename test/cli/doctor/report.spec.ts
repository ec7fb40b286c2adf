import { describe, expect, it } from 'vitest';
import { jsonReport, textReport } from '../../../lib/cli/doctor/report.js';

const PROBLEM = { check: 'clients', level: 'problem', path: 'a.ts', line: 3, message: 'Bad.', fix: 'io()' } as const;
const HINT = { check: 'peers', level: 'hint', path: 'package.json', message: 'Odd.', fix: 'npm install' } as const;

describe('the report', () => {
  it('shows each finding with its place and the line to change', () => {
    expect(textReport([PROBLEM, HINT, { ...HINT, path: undefined } as never])).toBe(`a.ts:3 problem
  Bad.
  → io()

package.json hint
  Odd.
  → npm install

hint
  Odd.
  → npm install

1 problem, 2 hints
`);
  });

  it('says that there is nothing', () => {
    expect(textReport([])).toBe('No problems found.\n');
  });

  it('is an array in JSON', () => {
    expect(JSON.parse(jsonReport([PROBLEM, HINT]))).toEqual([PROBLEM, HINT]);
    expect(JSON.parse(jsonReport([]))).toEqual([]);
  });
});
