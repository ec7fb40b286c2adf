/** The latest warnings and errors of a log, for the admin page. It passes every line on to the log. */
import type { Log } from '../../engine/internal.js';
import type { FailureInfo } from './admin-protocol.js';

/** Lines that are kept: as many as someone reads. */
const MAX_LINES = 50;

/** Characters that are kept of a line, and of the message of its error. */
const MAX_TEXT = 500;

type Line = Omit<FailureInfo, 'node'>;

export class RecentFailures {
  readonly #lines: Line[] = [];
  readonly #now: () => number;

  /** @param now ms since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** The latest first. */
  get lines(): readonly Line[] {
    return this.#lines.toReversed();
  }

  /** @returns a log that keeps warnings and errors, and passes everything on to `log` */
  over(log: Log): Log {
    return {
      debug: (...line) => log.debug(...line),
      log: (...line) => (log.log === undefined ? log.debug(...line) : log.log(...line)),
      warn: (...line) => {
        this.#keep('warn', line[0]);
        log.warn(...line);
      },
      error: (...line) => {
        const [message, error] = line;
        this.#keep('error', error === undefined ? message : `${message}: ${messageOf(error).slice(0, MAX_TEXT)}`);
        log.error(...line);
      },
    };
  }

  #keep(level: Line['level'], message: string): void {
    if (this.#lines.length === MAX_LINES) this.#lines.shift();
    this.#lines.push({ at: this.#now(), level, message: message.slice(0, 2 * MAX_TEXT) });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : typeof error === 'string' ? error : typeof error;
}
