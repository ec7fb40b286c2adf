/**
 * The log of one server, which somebody may read along, as a test does: told of what the application has
 * begun and not ended, and of what of it failed. Without a reader it is the log and nothing more.
 */
import type { Log } from './log.js';

export interface LogObserver {
  /**
   * An asynchronous call of the application has begun.
   * @param what such as `the handler of "say" in /chat`
   * @param call never rejects
   */
  running(what: string, call: Promise<void>): void;
  /** Something is logged as an error: it is our side's fault. */
  failed(message: string, error: unknown): void;
}

export class ObservedLog implements Log {
  readonly #log: Log;
  reader: LogObserver | null = null;

  constructor(log: Log) {
    this.#log = log;
  }

  /** The journal over a log; a journal is its own. */
  static over(log: Log): ObservedLog {
    return log instanceof ObservedLog ? log : new ObservedLog(log);
  }

  debug(message: string): void {
    this.#log.debug(message);
  }

  warn(message: string): void {
    this.#log.warn(message);
  }

  error(message: string, error?: unknown): void {
    if (error === undefined) this.#log.error(message);
    else this.#log.error(message, error);
    this.reader?.failed(message, error);
  }
}
