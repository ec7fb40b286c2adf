/** Runs a scenario on the reference and on ours. */
import * as reference from 'socket.io';
import * as ours from '../../lib/server/index.js';
import type { Scenario } from './scenario.js';
import { type Exports, type Options, Stage } from './stage.js';

const QUIET = { debug() {}, log() {}, warn() {}, error() {} };

/** Options that only this server has: what it logs is not compared. */
const OUR_OPTIONS = { logger: QUIET } as unknown as Options;

export interface Traces {
  readonly theirs: readonly string[];
  readonly ours: readonly string[];
}

export async function runScenario(scenario: Scenario): Promise<Traces> {
  return {
    theirs: await traceOf(scenario, new Stage(reference)),
    ours: await traceOf(scenario, new Stage(ours as unknown as Exports, OUR_OPTIONS)),
  };
}

async function traceOf({ options, startsItself, run }: Scenario, stage: Stage): Promise<string[]> {
  try {
    if (startsItself !== true) await stage.serve(options);
    await run(stage);
    await stage.settle();
    return stage.trace();
  } finally {
    await stage.end();
  }
}
