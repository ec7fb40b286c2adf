/** A whole comparison. Prints progress and failures to stderr; any failure sets the exit code. */
import { measure } from './matrix.mjs';
import { failuresOf, resultsOf } from './report/results.mjs';

/**
 * @param options.base the contender that ratios refer to
 * @param options.quick runs one round with the small sizes
 * @returns results, see `resultsOf`
 */
export async function compare({ contenders, scenarios, base, packages, rounds, minutes, times, quick }) {
  const mode = quick ? 'quick' : 'full';
  const sizes = { rounds: quick ? 1 : rounds, minutes, mode, times };
  const cells = await measure({ contenders, scenarios, ...sizes }, (line) => console.error(line));
  const results = resultsOf(cells, { contenders, scenarios, base, packages, mode });
  for (const failure of failuresOf(results)) {
    console.error(`failed: ${failure}`);
    process.exitCode = 1;
  }
  return results;
}
