/**
 * Ends many at shutdown in batches: clients that all lose their connection at one instant come back at one
 * instant, to the servers that are left.
 */
import type { Clock } from './clock.js';
import { checkMilliseconds, checkPositive, refuseUnknownOptions, withoutUndefined } from '../options.js';

export interface DrainOptions {
  /** Clients that are ended at a time. @default 500 */
  batch?: number;
  /** ms from one batch to the next; 0 ends all at once. @default 100 */
  interval?: number;
}

export const DRAIN_DEFAULTS = {
  batch: 500, // 5000 per second: as many as a process of the same kind can take in
  interval: 100, // short enough that a small server is empty at once
} as const;

/** ms that all batches together take at most: with very many clients, batches are larger. */
const LONGEST = 5_000;

export const ALL_AT_ONCE: Required<DrainOptions> = { batch: 1, interval: 0 };

/** @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION` */
export function resolveDrainOptions(options: DrainOptions): Required<DrainOptions> {
  refuseUnknownOptions(options, Object.keys(DRAIN_DEFAULTS), 'drain');
  const resolved = { ...DRAIN_DEFAULTS, ...withoutUndefined(options) };
  checkPositive(resolved, 'batch');
  checkMilliseconds(resolved, 'interval');
  return resolved;
}

/** Ends all that are there now, the first batch before this returns. Resolves when the last one has been ended. */
export function drain<T>(
  members: Iterable<T>,
  end: (member: T) => void,
  { batch, interval }: Required<DrainOptions>,
  clock: Clock,
): Promise<void> {
  const all = [...members];
  const batches = interval === 0 ? 1 : Math.floor(LONGEST / interval) + 1;
  const size = Math.max(interval === 0 ? all.length : batch, Math.ceil(all.length / batches));
  return new Promise((resolve) => {
    const run = (from: number): void => {
      for (const member of all.slice(from, from + size)) end(member);
      if (from + size >= all.length) resolve();
      else clock.after(interval, () => run(from + size));
    };
    run(0);
  });
}
