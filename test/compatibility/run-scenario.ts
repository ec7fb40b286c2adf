/** Runs a scenario on the reference and on ours. */
import { Server as ReferenceServer } from 'socket.io';
import { Server } from '../../lib/server/index.js';
import type { Scenario } from './scenario.js';
import { type Options, type ServerClass, Stage } from './stage.js';

const QUIET = { debug() {}, log() {}, warn() {}, error() {} };

/** The options of ours alone: what it logs is not compared. */
const OURS = { logger: QUIET, connectTimeout: 45_000 } as unknown as Options;

export interface Traces {
  readonly theirs: readonly string[];
  readonly ours: readonly string[];
}

export async function runScenario(scenario: Scenario): Promise<Traces> {
  const theirs = await traceOf(scenario, new Stage(ReferenceServer));
  const ours = await traceOf(scenario, new Stage(Server as unknown as ServerClass, OURS));
  return { theirs, ours };
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
