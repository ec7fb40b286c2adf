/** Runs each scenario on Socket.IO's server and on ours, and compares what the servers and their clients saw. */
import { describe, expect, it } from 'vitest';
import { ALL_SCENARIOS } from './all-scenarios.js';
import { runScenario } from './run-scenario.js';

describe.each([...ALL_SCENARIOS])('%s', (_section, scenarios) => {
  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', async (_name, scenario) => {
    const { theirs, ours } = await runScenario(scenario);
    const { different } = scenario;
    if (different === undefined) expect(ours).toEqual(theirs);
    else expect({ theirs, ours }).toEqual({ theirs: different.theirs, ours: different.ours });
    expect(theirs.length).toBeGreaterThan(0);
  });
});
