/** Runs each scenario on Socket.IO's server and on ours, and compares what the servers and their clients saw. */
import { describe, expect, it } from 'vitest';
import { SCENARIOS } from './index.js';
import { runScenario } from './run-scenario.js';

describe.each([...SCENARIOS])('%s', (_section, scenarios) => {
  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', async (_name, scenario) => {
    const { theirs, ours } = await runScenario(scenario);
    const { different } = scenario;
    if (different === undefined) expect(ours).toEqual(theirs);
    else expect({ theirs, ours }).toEqual({ theirs: different.theirs, ours: different.ours });
    expect(theirs.length).toBeGreaterThan(0);
  });
});
