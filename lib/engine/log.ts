/** Where the server says what an operator should know. Nest's `Logger` fits; so does `console`. */
export interface Log {
  debug(message: string): void;
  warn(message: string): void;
  error(message: string, error?: unknown): void;
}

/** For a server without Nest: problems to the console, the rest nowhere. */
export const consoleLog: Log = {
  debug: () => {},
  warn: (message) => console.warn(message),
  error: (message, error) => console.error(message, ...(error === undefined ? [] : [error])),
};

/** Lets one message of a kind through per minute and adds how many it held back: a flood must not fill a disk. */
export class ThrottledLog {
  readonly #now: () => number;
  readonly #last = new Map<string, { at: number; held: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * @param kind one of a fixed set, never text of a client
   * @returns the message to log, or `null` to hold it back
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
