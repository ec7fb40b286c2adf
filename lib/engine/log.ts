/** Receives log lines for the operator of the server. Nest's `Logger` and `console` both fit. */
export interface Log {
  debug(message: string): void;
  warn(message: string): void;
  error(message: string, error?: unknown): void;
}

/** The default without Nest: warnings and errors go to the console, debug lines are dropped. */
export const consoleLog: Log = {
  debug: () => {},
  warn: (message) => console.warn(message),
  error: (message, error) => console.error(message, ...(error === undefined ? [] : [error])),
};

/**
 * Lets one message of each kind through per minute and adds the number it held back, so that a flood of messages
 * cannot fill a disk.
 */
export class ThrottledLog {
  readonly #now: () => number;
  readonly #last = new Map<string, { at: number; held: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * @param kind one of a fixed set, never text from a client
   * @returns the message to log, or `null` if it is held back
   */
  pass(kind: string, message: string): string | null {
    const now = this.#now();
    const last = this.#last.get(kind);
    if (last !== undefined && now - last.at < 60_000) {
      last.held++;
      return null;
    }
    this.#last.set(kind, { at: now, held: 0 });
    return last === undefined || last.held === 0 ? message : `${message} (${last.held} more since the last such line)`;
  }
}

/** Notified by an {@link ObservedLog}. */
export interface LogObserver {
  /**
   * An asynchronous call of application code has started.
   * @param what a description such as `the handler of "say" in /chat`
   * @param call never rejects
   */
  running(what: string, call: Promise<void>): void;
  /** An error was logged: the fault is on the server's side. */
  failed(message: string, error: unknown): void;
}

/**
 * The log of one server, with an optional observer. A test uses it to learn which calls of application code are still
 * running and which have failed. Without an observer, it only forwards to the log.
 */
export class ObservedLog implements Log {
  readonly #log: Log;
  observer: LogObserver | null = null;

  constructor(log: Log) {
    this.#log = log;
  }

  /** @returns `log` itself if it is already observed */
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
    this.observer?.failed(message, error);
  }
}
