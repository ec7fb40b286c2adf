/**
 * Counts how often each limit of a server was reached, and logs one line per limit and minute: an operator learns that
 * a limit was reached, which, and by whom, without a client being able to fill the log.
 */
import type { Clock } from './clock.js';
import { describeLimit, type LimitName, LIMITS, type ResolvedLimits } from './limits.js';
import type { Loggable } from './log-fields.js';
import { type Log, ThrottledLog } from './log.js';

/** The limits, and the rates that are options of their own. */
export type CountName = LimitName | 'rateLimit';

/**
 * How often each was reached.
 * @publicApi
 */
export type LimitCounts = Readonly<Record<CountName, number>>;

/** The options that a report reads. They may change until the server serves. */
interface ReportOptions {
  readonly limits: ResolvedLimits;
  readonly logger: Log;
  readonly clock: Clock;
}

export class LimitReport {
  readonly #options: ReportOptions;
  readonly #throttled: ThrottledLog;
  readonly #counts = { ...Object.fromEntries(Object.keys(LIMITS).map((name) => [name, 0])), rateLimit: 0 } as Record<
    CountName,
    number
  >;

  constructor(options: ReportOptions) {
    this.#options = options;
    this.#throttled = new ThrottledLog(() => options.clock.now());
  }

  /** How often each limit was reached. A copy. */
  get counts(): LimitCounts {
    return { ...this.#counts };
  }

  /**
   * @param what happened, as in `a client of 10.0.0.7 was disconnected`; text of a client must be quoted
   * @param of the client or connection that reached it
   * @returns whether it was logged, which it is once a minute
   */
  reached(name: CountName, what: string, of?: Loggable): boolean {
    this.#counts[name]++;
    const { limits, logger } = this.#options;
    const line = this.#throttled.pass(
      name,
      `${what}: ${name === 'rateLimit' ? name : describeLimit(name, limits[name])} is reached`,
    );
    if (line !== null) logger.warn(line, { ...of?.logFields, limit: name });
    return line !== null;
  }
}
