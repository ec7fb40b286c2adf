/** For suites that need a program which `npm ci` does not install. `test/setup.mjs` finds them by its name. */
import { describe, it } from 'vitest';
import { isPresent, isRequired, type ProgramName } from './programs.mjs';

/** Describes a suite. If the program is missing, the suite is skipped, or fails under CI=true. */
export function describeWith(program: ProgramName, name: string, fn: () => void): void {
  const reason = `${program} is not installed`;
  if (isPresent(program)) describe(name, fn);
  else if (isRequired()) describe(name, () => it(`needs ${program}`, () => Promise.reject(new Error(reason))));
  else {
    console.warn(`skipped: ${name}, since ${reason}`); // the reporter shows only the file name
    describe.skip(`${name} (skipped: ${reason})`, fn);
  }
}
