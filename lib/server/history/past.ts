/**
 * Merges the two sources of a room's past: the store of the cluster, whose order is the order of the history, and the
 * memory of this server. Memory has events that are not in the store: most of them are on their way, since their sender
 * appends them while it sends them; some were lost.
 */
import type { HistoryEntry } from './history-entry.js';

/**
 * The events of one sender stay in their order.
 * @param stored the newest events in the store, oldest first
 * @param limit the number of events that were requested from the store
 * @param heard the events in memory, in the order in which this server has sent or received them
 * @param isHeard whether this server has sent or received an event, although it may have forgotten it
 */
export function mergePast(
  stored: readonly HistoryEntry[],
  limit: number,
  heard: readonly HistoryEntry[],
  isHeard: (entry: HistoryEntry) => boolean,
): HistoryEntry[] {
  const places = new Map(heard.map(({ id }, place) => [id, place]));
  const ids = new Set(stored.map(({ id }) => id));
  const start = stored.length < limit ? 0 : placeAfter(stored[0], places, isHeard);
  const missing = heard.slice(start).filter(({ id }) => !ids.has(id));
  if (missing.length === 0) return [...stored];
  const bySender = groupedBySender(stored);
  const before = new Map<HistoryEntry | undefined, HistoryEntry[]>();
  for (const entry of missing) {
    const own = bySender.get(entry.node);
    const next = own === undefined ? nextHeard(entry, stored, places) : nextOfSender(entry, own);
    const entries = before.get(next);
    if (entries === undefined) before.set(next, [entry]);
    else entries.push(entry);
  }
  const past: HistoryEntry[] = [];
  for (const entry of stored) past.push(...(before.get(entry) ?? []), entry);
  return past.concat(before.get(undefined) ?? []);
}

function groupedBySender(stored: readonly HistoryEntry[]): Map<string, HistoryEntry[]> {
  const groups = new Map<string, HistoryEntry[]>();
  for (const entry of stored) {
    const group = groups.get(entry.node);
    if (group === undefined) groups.set(entry.node, [entry]);
    else group.push(entry);
  }
  return groups;
}

/**
 * Returns the stored event before which an event belongs; `undefined` for the end. A sender appends its events in order:
 * one that is missing before others of its sender was lost, and one after them is on its way.
 */
function nextOfSender({ number }: HistoryEntry, own: readonly HistoryEntry[]): HistoryEntry | undefined {
  const last = own.at(-1);
  return last === undefined || last.number < number ? undefined : own.find((entry) => entry.number > number);
}

/** The same for an event of a sender of which nothing is stored: it belongs where it was heard. */
function nextHeard(
  { id }: HistoryEntry,
  stored: readonly HistoryEntry[],
  places: ReadonlyMap<string, number>,
): HistoryEntry | undefined {
  const place = places.get(id) as number;
  return stored.find((entry) => (places.get(entry.id) ?? -1) > place);
}

/**
 * Returns the place in memory from which on events belong to the past. If the store has more than was read, events from
 * before the first one that was read do not.
 */
function placeAfter(
  first: HistoryEntry | undefined,
  places: ReadonlyMap<string, number>,
  isHeard: (entry: HistoryEntry) => boolean,
): number {
  if (first === undefined) return 0;
  const place = places.get(first.id);
  if (place !== undefined) return place;
  return isHeard(first) ? 0 : Infinity;
}
