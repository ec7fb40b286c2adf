/** Runs a target on generated input, until its time is up or an input fails. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { asyncProperty, check, defaultReportMessage, uint8Array } from 'fast-check';
import { turn } from '../support/engine-rig.js';
import { Choices } from '../support/packets.js';

/** Sends one input. Throws if the code under test does not behave. */
export type Target = (choices: Choices) => void | Promise<void>;

/** All targets together, in seconds. */
export const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 30);

/** ms of CPU that one input may cost. Most take less than one. */
const MAX_CPU = 1_000;

/** Bytes by which the heap may grow during a run, whatever its length. */
const MAX_GROWTH = 60_000_000;

/** Runs a target for its share of the time. @returns the number of inputs */
export async function fuzz(target: Target, share: number): Promise<number> {
  const escaped: unknown[] = [];
  const escape = (error: unknown): unknown => escaped.push(error);
  process.on('uncaughtException', escape).on('unhandledRejection', escape);
  const before = heapUsed();
  const property = asyncProperty(uint8Array({ maxLength: 600, size: 'max' }), async (bytes) => {
    const started = process.cpuUsage();
    await target(new Choices(bytes));
    const { user, system } = process.cpuUsage(started);
    if (user + system > MAX_CPU * 1_000) throw new Error(`the input took ${(user + system) / 1_000} ms of CPU`);
    if (escaped.length > 0) throw new Error('an exception escaped', { cause: escaped.splice(0)[0] });
  });
  const { FUZZ_SEED: seed, FUZZ_PATH: path } = process.env;
  try {
    const report = await check(property, {
      numRuns: 2 ** 31 - 1,
      interruptAfterTimeLimit: SECONDS * 1_000 * share,
      ...(seed === undefined ? {} : { seed: Number(seed) }),
      ...(path === undefined ? {} : { path }),
    });
    if (report.failed) throw new Error(defaultReportMessage(report), { cause: report.errorInstance });
    await turn(); // a rejection is reported after the turn in which it occurs
    if (escaped.length > 0) throw new Error(`an exception escaped; seed ${report.seed}`, { cause: escaped[0] });
    const growth = heapUsed() - before;
    if (growth > MAX_GROWTH) throw new Error(`the heap grew by ${growth} bytes; seed ${report.seed}`);
    return report.numRuns;
  } finally {
    process.off('uncaughtException', escape).off('unhandledRejection', escape);
  }
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
