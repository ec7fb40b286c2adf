/** A clock that runs with that of the system, and that a test can also advance. */
import { onCleanUp } from './engine-clean-up.js';
import { ManualClock } from './manual-clock.js';

/** ms between two steps */
const STEP = 10;

/** The clock stops in {@link cleanUp}, after everything that was started later has closed. */
export function startRunningClock(): ManualClock {
  const clock = new ManualClock(Date.now());
  const steps = setInterval(() => clock.advance(STEP), STEP);
  onCleanUp(() => clearInterval(steps));
  return clock;
}
