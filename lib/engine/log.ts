import { systemClock } from './clock.js';
import { contain } from './contain.js';
import { definedFields, inlined, type LogFields, withTrace } from './log-fields.js';

/**
 * Receives log lines for the operator of the server. Nest's `Logger` and `console` both fit. `fields` says what a line
 * is about; it is left out if nothing is known. A logger may ignore it.
 * @publicApi
 */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  /** Gets what is worth a line at each start, such as the gateways. @default debug */
  log?(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, error?: unknown, fields?: LogFields): void;
}

/** The default without Nest: warnings and errors go to the console, debug lines are dropped. */
export const consoleLog: Log = {
  debug: () => {},
  warn: (message, fields) => console.warn(inlined(message, fields)),
  error: (message, error, fields) => console.error(inlined(message, fields), ...(error === undefined ? [] : [error])),
};

/** The `console` as an option `logger`: it would print fields as an object, on several lines. */
const wholeConsole: Log = {
  ...consoleLog,
  debug: (message, fields) => console.debug(inlined(message, fields)),
  log: (message, fields) => console.log(inlined(message, fields)),
};

/** When a message of each kind was let through, in ms, and the number that has been held back since. */
type Kinds = Map<string, { readonly since: number; held: number }>;

/**
 * Lets one message of each kind through per minute and adds the number it held back, so that a flood of messages
 * cannot fill a disk.
 */
export class ThrottledLog {
  readonly #now: () => number;
  readonly #kinds: Kinds = new Map();

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * @param kind one of a fixed set, never text from a client
   * @returns the message to log, or `null` if it is held back
   */
  pass(kind: string, message: string): string | null {
    return passOnce(this.#kinds, kind, message, this.#now());
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

/** A log that can tell failures of different kinds apart, to log a repeated one only once. */
export interface FailureLog extends Log {
  /** @param kind what failed, without an id or anything else that differs from time to time; by default the message */
  error(message: string, error?: unknown, fields?: LogFields, kind?: string): void;
}

/** Kinds of failures that are logged in full in one minute, and places of which one more failure is. */
const MAX_KINDS = 100;

/** Characters of a message that tell failures apart. */
const KIND_LENGTH = 200;

/**
 * Lets each kind of failure through once a minute and counts the others, so that a client that provokes failures
 * cannot fill a disk. A client may be able to choose the message of an error. Therefore of all kinds beyond
 * {@link MAX_KINDS}, one of each place is let through: many messages of one handler do not hide another handler's
 * failure.
 */
class FailureThrottle {
  /** By place, class and message. */
  readonly #kinds: Kinds = new Map();
  /** By place, for the kinds that do not fit. */
  readonly #places: Kinds = new Map();

  /** @returns the message to log, or `null` if it is held back */
  pass(message: string, error: unknown, kind: string, now: number): string | null {
    const place = kind.slice(0, KIND_LENGTH);
    const known = `${place}\n${kindOf(error)}`;
    if (hasRoom(this.#kinds, known, now)) return passOnce(this.#kinds, known, message, now);
    return passOnce(this.#places, hasRoom(this.#places, place, now) ? place : 'other failures', message, now);
  }
}

/** Whether a kind is known, or fits after the oldest was removed. */
function hasRoom(kinds: Kinds, kind: string, now: number): boolean {
  if (kinds.size < MAX_KINDS || kinds.has(kind)) return true;
  const [oldest] = kinds;
  if (oldest === undefined || now - oldest[1].since < 60_000) return false;
  kinds.delete(oldest[0]);
  return true;
}

/** @returns the message to log, or `null` if one of its kind was let through less than a minute ago */
function passOnce(kinds: Kinds, kind: string, message: string, now: number): string | null {
  const last = kinds.get(kind);
  if (last !== undefined && now - last.since < 60_000) {
    last.held++;
    return null;
  }
  kinds.delete(kind); // the oldest kind stays the first
  kinds.set(kind, { since: now, held: 0 });
  return last === undefined || last.held === 0 ? message : `${message} (${last.held} more since the last such line)`;
}

/** Class and message of an error, without its stack, which is expensive. */
function kindOf(error: unknown): string {
  try {
    if (error instanceof Error) return `${error.constructor.name} ${error.message.slice(0, KIND_LENGTH)}`;
    return typeof error === 'string' ? error.slice(0, KIND_LENGTH) : typeof error;
  } catch {
    return 'an error that cannot be read';
  }
}

/**
 * The log of one server. An exception of the logger goes no further, and a failure that repeats is logged once a minute
 * with the number of repetitions. Warnings and errors get the ids of the active trace. A test sets an observer to learn
 * which calls of application code are still running and which have failed; the observer is notified of every failure.
 */
export class ObservedLog implements FailureLog {
  readonly #log: Log;
  readonly #now: () => number;
  readonly #failures = new FailureThrottle();
  #loggerFailed = false;
  /** The number of errors so far, those that were held back included. */
  failures = 0;
  observer: LogObserver | null = null;

  /** @param now ms */
  constructor(log: Log, now: () => number = () => systemClock.now()) {
    this.#log = log === console ? wholeConsole : log;
    this.#now = now;
  }

  /** @returns `log` itself if it is already observed */
  static over(log: Log, now?: () => number): ObservedLog {
    return log instanceof ObservedLog ? log : new ObservedLog(log, now);
  }

  debug(message: string, fields?: LogFields): void {
    void contain(() => this.#log.debug(message, ...given(fields)), this.#contained);
  }

  log(message: string, fields?: LogFields): void {
    if (this.#log.log === undefined) return this.debug(message, fields);
    void contain(() => this.#log.log?.(message, ...given(fields)), this.#contained);
  }

  warn(message: string, fields?: LogFields): void {
    void contain(() => this.#log.warn(message, ...given(withTrace(fields))), this.#contained);
  }

  error(message: string, error?: unknown, fields?: LogFields, kind = message): void {
    this.failures++;
    const line = this.#failures.pass(message, error, kind, this.#now());
    if (line !== null) void contain(() => this.#writeError(line, error, withTrace(fields)), this.#contained);
    this.observer?.failed(message, error);
  }

  /** Returns what the logger returned, which may be a promise. */
  #writeError(line: string, error: unknown, fields: LogFields | undefined): unknown {
    const [defined] = given(fields);
    if (defined !== undefined) return this.#log.error(line, error, defined);
    return error === undefined ? this.#log.error(line) : this.#log.error(line, error);
  }

  /** Reports the first failure of the logger on the console, since the logger cannot. */
  readonly #contained = (error: unknown): void => {
    if (this.#loggerFailed) return;
    this.#loggerFailed = true;
    void contain(
      () => consoleLog.error('the logger failed; its further failures are not reported', error),
      () => {},
    );
  };
}

/** The fields as an argument, which is left out if none has a value: a `console` would print `undefined`. */
function given(fields: LogFields | undefined): [] | [LogFields] {
  const defined = fields === undefined ? undefined : definedFields(fields);
  return defined === undefined ? [] : [defined];
}
