/** Suites that need a program which `npm ci` does not bring: `test/setup.mjs` finds them by the name they give. */
import { describe, it } from 'vitest';
import { isPresent, isRequired, type ProgramName } from './programs.mjs';

/** Describes as usual where the program is there; without it skips, and under CI=true fails. */
export function describeWith(program: ProgramName, name: string, fn: () => void): void {
  if (isPresent(program)) describe(name, fn);
  else if (isRequired())
    describe(name, () => it(`needs ${program}`, () => Promise.reject(new Error(missing(program)))));
  else describe.skip(`${name} (skipped: ${missing(program)})`, fn);
}

function missing(program: ProgramName): string {
  return `${program} is not installed`;
}
