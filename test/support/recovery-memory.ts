/** A recovery budget with a manual clock. */
import { type Limits, resolveLimits } from '../../lib/engine/limits.js';
import { LimitReport } from '../../lib/engine/limit-report.js';
import { RecoveryBudget } from '../../lib/server/recovery/recovery-budget.js';
import { RecordingLog } from './engine-rig.js';
import { ManualClock } from './manual-clock.js';

/** The options that a recovery budget and a delivery order read. */
export function engineOptions(given: Limits = {}, clock = new ManualClock(1_000)) {
  const limits = resolveLimits(given);
  const logger = new RecordingLog();
  return { limits, clock, logger, limitReport: new LimitReport({ limits, logger, clock }) };
}

/** @param times ms that events and sessions are kept */
export function recoveryMemory(given: Limits = {}, times = { maxAge: 1_000, maxDisconnectionDuration: 1_000 }) {
  const engine = engineOptions(given);
  return { ...engine, budget: new RecoveryBudget({ engine, recovery: times }) };
}
