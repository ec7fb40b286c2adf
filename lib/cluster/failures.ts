/** Logs failures of a broker, at most one line a minute for each kind. No failure reaches the caller. */
import { contain, type Log, ThrottledLog } from '../engine/internal.js';

export class Failures {
  readonly #log: () => Log;
  readonly #throttle: ThrottledLog;

  /** @param now ms */
  constructor(log: () => Log, now: () => number) {
    this.#log = log;
    this.#throttle = new ThrottledLog(now);
  }

  /**
   * Calls something that may throw, or return a promise that rejects.
   * @param line the log line of its failure; one of a fixed set
   */
  contain(line: string, call: () => unknown): void {
    void contain(call, (error) => {
      const passed = this.#throttle.pass(line, line);
      if (passed !== null) this.#log().error(passed, error);
    });
  }

  /** Logs a problem that another process caused. @param kind one of a fixed set */
  warn(kind: string, line: string): void {
    const passed = this.#throttle.pass(kind, line);
    if (passed !== null) this.#log().warn(passed);
  }
}
