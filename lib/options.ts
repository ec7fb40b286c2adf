/**
 * Helpers for options. An option is checked once, when the user passes it. An invalid one is a start-up error that
 * names the option, the rule it must follow and the value that was given.
 */
import { didYouMean, SocketIoError } from './errors.js';

/** Options of other servers, and former names, each with the advice for the error message. */
const INAPPLICABLE: Readonly<Record<string, string>> = {
  wsEngine: 'this server always uses ws: remove the option',
  maxAttachments: 'write limits: { attachments }',
  maxBufferedBytes: 'write limits: { bufferedBytes }',
  maxNamespaces: 'write limits: { namespaces }',
  maxPendingAcks: 'write limits: { pendingAcks }',
};

/**
 * @param where the owner of the options, for the message: `the Socket.IO server`, `@Gateway()`
 * @throws SocketIoError `UNKNOWN_OPTION` with the nearest of `known`
 */
export function refuseUnknownOptions(options: object, known: readonly string[], where: string): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const reason = Object.hasOwn(INAPPLICABLE, name) ? `: ${INAPPLICABLE[name]}` : didYouMean(name, known);
    throw new SocketIoError('UNKNOWN_OPTION', `${where} has no option "${name}"${reason}`);
  }
}

/** Checks durations in milliseconds; zero is allowed. @throws SocketIoError `INVALID_OPTION` */
export function checkMilliseconds<O extends object>(options: O, ...names: (keyof O & string)[]): void {
  for (const name of names) {
    const value: unknown = options[name];
    // Node's timers fire at once for delays of 2^31 ms and more.
    if (typeof value !== 'number' || !(value >= 0 && value < 2 ** 31)) {
      invalidOption(name, value, 'be a number of milliseconds');
    }
  }
}

/** Checks counts and sizes. @throws SocketIoError `INVALID_OPTION` */
export function checkPositive<O extends object>(options: O, ...names: (keyof O & string)[]): void {
  for (const name of names) {
    const value: unknown = options[name];
    if (!Number.isInteger(value) || (value as number) <= 0) invalidOption(name, value, 'be a positive integer');
  }
}

/** The options of a group by their full names, for these checks: `streams.buffer`. */
export function inGroup<G extends string, O extends object>(
  group: G,
  options: O,
): { [K in keyof O & string as `${G}.${K}`]: O[K] } {
  const entries = Object.entries(options).map(([name, value]) => [`${group}.${name}`, value] as const);
  return Object.fromEntries(entries) as { [K in keyof O & string as `${G}.${K}`]: O[K] };
}

/** Drops options set to `undefined`, which are treated as left out. */
export function withoutUndefined<O extends object>(options: O): { [K in keyof O]: Exclude<O[K], undefined> } {
  const kept = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as { [K in keyof O]: Exclude<O[K], undefined> };
}

/**
 * Fills in defaults.
 * @returns exactly the options that have a default
 */
export function withDefaults<O extends object>(given: O, defaults: Required<O>): Required<O> {
  const names = Object.keys(defaults) as (keyof O)[];
  return Object.fromEntries(
    names.map((name) => [name, given[name] === undefined ? defaults[name] : given[name]]),
  ) as Required<O>;
}

/**
 * @param rule the part of the message after "must": `be a positive integer`
 * @param hint advice on the value to write, if it does not follow from the rule
 * @throws SocketIoError `INVALID_OPTION`, always
 */
export function invalidOption(name: string, value: unknown, rule: string, hint?: string): never {
  const message = `option "${name}" must ${rule}, got ${describeValue(value)}`;
  throw new SocketIoError('INVALID_OPTION', hint === undefined ? message : `${message}: ${hint}`);
}

/** Formats a value for an error message; never throws. `JSON.stringify` alone would turn NaN and Infinity into null. */
export function describeValue(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    return 'an object'; // circular or nested too deeply
  }
}
