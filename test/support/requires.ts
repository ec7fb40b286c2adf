/** Suites that need a program which `npm ci` does not bring: `test/setup.mjs` finds them by the name they give. */
import { describe, it } from 'vitest';
import { isPresent, isRequired, type ProgramName } from './programs.mjs';

/** Describes as usual where the program is there; without it skips, and under CI=true fails. */
export function describeWith(program: ProgramName, name: string, fn: () => void): void {
  const reason = `${program} is not installed`;
  if (isPresent(program)) describe(name, fn);
  else if (isRequired()) describe(name, () => it(`needs ${program}`, () => Promise.reject(new Error(reason))));
  else {
    console.warn(`skipped: ${name}, since ${reason}`); // the reporter names the file only
    describe.skip(`${name} (skipped: ${reason})`, fn);
  }
}
