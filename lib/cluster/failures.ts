/** What goes wrong with a broker is logged, one line a minute for each kind, and disturbs nobody. */
import { contain, type Log, ThrottledLog } from '../engine/index.js';

export class Failures {
  readonly #log: () => Log;
  readonly #seldom: ThrottledLog;

  /** @param now ms */
  constructor(log: () => Log, now: () => number) {
    this.#log = log;
    this.#seldom = new ThrottledLog(now);
  }

  /**
   * Calls something that may throw, or fail later.
   * @param line what is logged then; one of a fixed set
   */
  contain(line: string, call: () => unknown): void {
    void contain(call, (error) => {
      const passed = this.#seldom.pass(line, line);
      if (passed !== null) this.#log().error(passed, error);
    });
  }

  /** Tells of something that is not ours. @param kind one of a fixed set */
  warn(kind: string, line: string): void {
    const passed = this.#seldom.pass(kind, line);
    if (passed !== null) this.#log().warn(passed);
  }
}
