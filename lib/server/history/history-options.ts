/** The option `history`, with the reason for each default. */
import {
  checkMilliseconds,
  checkPositive,
  inGroup,
  invalidOption,
  refuseUnknownOptions,
  withDefaults,
} from '../../options.js';
import { namespacePath } from '../namespace/namespace-path.js';

/**
 * The history of the rooms of one namespace.
 * @publicApi
 */
export interface HistoryOptions {
  /** The names of the events that are kept. @default all */
  events?: readonly string[];
  /** Number of events that each room keeps. @default 50 */
  size?: number;
  /** Milliseconds to keep an event. @default 3600000 */
  ttl?: number;
  /**
   * Number of latest values that each room keeps, one for each key: the events of `to(room).latest(key).emit(...)`, which
   * do not count towards `size`. @default 1000
   */
  keys?: number;
}

/** The options of the rooms of one namespace, in force. */
export interface ResolvedHistoryOptions extends Required<Omit<HistoryOptions, 'events'>> {
  /** `null` if all events are kept. */
  readonly events: ReadonlySet<string> | null;
}

/** By the name of the namespace; `*` is for all others. */
export type HistoryByNamespace = ReadonlyMap<string, ResolvedHistoryOptions>;

export const HISTORY_DEFAULTS = {
  size: 50, // two screens of a chat
  ttl: 3_600_000, // a lunch break; an archive is the task of a database
  keys: 1_000, // a page of prices
} as const;

const NAMES = ['events', ...Object.keys(HISTORY_DEFAULTS)];

/**
 * @returns `null` if no namespace has a history
 * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function resolveHistoryOptions(
  option: Readonly<Record<string, HistoryOptions>> | undefined,
): HistoryByNamespace | null {
  if (option === undefined) return null;
  if (!isRecord(option)) {
    invalidOption('history', option, 'be an object with a namespace for each key', "write history: { '/chat': {} }");
  }
  const resolved = Object.entries(option).map(
    ([name, given]) => [name === '*' ? name : namespacePath(name), resolveOne(name, given, option)] as const,
  );
  return resolved.length === 0 ? null : new Map(resolved);
}

/** @param option with all namespaces, for a message */
function resolveOne(name: string, given: HistoryOptions, option: object): ResolvedHistoryOptions {
  const where = `history[${JSON.stringify(name)}]`;
  if (!isRecord(given)) {
    if (NAMES.includes(name))
      invalidOption('history', option, 'have a namespace for each key', `write history: { '/chat': { ${name}: ... } }`);
    invalidOption(where, given, 'be an object such as {} or { size: 100 }');
  }
  refuseUnknownOptions(given, NAMES, where);
  const { events } = given;
  const resolved = withDefaults<Omit<HistoryOptions, 'events'>>(given, HISTORY_DEFAULTS);
  const named = inGroup(where, resolved);
  checkPositive(named, `${where}.size`, `${where}.keys`);
  checkMilliseconds(named, `${where}.ttl`);
  if (events !== undefined && !(Array.isArray(events) && events.every((event) => typeof event === 'string'))) {
    invalidOption(`${where}.events`, events, "be a list of names, such as ['message']");
  }
  return { ...resolved, events: events === undefined ? null : new Set(events) };
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
