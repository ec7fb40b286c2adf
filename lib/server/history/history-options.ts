/** The option `history`, with the reason for each default. */
import { checkMilliseconds, checkPositive, invalidOption, refuseUnknownOptions, withDefaults } from '../../options.js';
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

/**
 * @returns `null` if no namespace has a history
 * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function resolveHistoryOptions(
  option: Readonly<Record<string, HistoryOptions>> | undefined,
): HistoryByNamespace | null {
  if (option === undefined) return null;
  if (typeof option !== 'object' || option === null || Array.isArray(option)) {
    invalidOption('history', option, 'be an object with a namespace for each key', "write history: { '/chat': {} }");
  }
  const resolved = Object.entries(option).map(
    ([name, given]) => [name === '*' ? name : namespacePath(name), resolveOne(name, given)] as const,
  );
  return resolved.length === 0 ? null : new Map(resolved);
}

function resolveOne(name: string, given: HistoryOptions): ResolvedHistoryOptions {
  const where = `history[${JSON.stringify(name)}]`;
  if (typeof given !== 'object' || given === null) {
    invalidOption(where, given, 'be an object such as {} or { size: 100 }');
  }
  refuseUnknownOptions(given, ['events', ...Object.keys(HISTORY_DEFAULTS)], where);
  const { events } = given;
  const resolved = withDefaults<Omit<HistoryOptions, 'events'>>(given, HISTORY_DEFAULTS);
  checkPositive(resolved, 'size', 'keys');
  checkMilliseconds(resolved, 'ttl');
  if (events !== undefined && !(Array.isArray(events) && events.every((event) => typeof event === 'string'))) {
    invalidOption(`${where}.events`, events, "be a list of names, such as ['message']");
  }
  return { ...resolved, events: events === undefined ? null : new Set(events) };
}
