/**
 * The coverage provider: V8's, but only for the specs that mirror `lib/`, so that these alone reach the thresholds.
 * Collecting coverage makes a spec about a third slower.
 */
import v8 from '@vitest/coverage-v8';

/** The environment variable that `vitest.config.ts` sets for the specs whose coverage counts. */
export const COUNTS_COVERAGE = 'TEST_COUNTS_COVERAGE';

const isCounted = process.env[COUNTS_COVERAGE] !== undefined;

export default isCounted ? v8 : { getProvider: v8.getProvider };
