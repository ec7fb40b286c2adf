/** The contract of a store that all servers of a cluster share. The layer `cluster/` implements it. */
import type { HistoryEntry } from './history-entry.js';
import type { ResolvedHistoryOptions } from './history-options.js';

/** The content of a room in the store. */
export interface StoredHistory {
  /** Oldest first. */
  readonly events: readonly HistoryEntry[];
  /** The latest value of each key. */
  readonly latest: readonly HistoryEntry[];
}

export interface HistoryStore {
  /** Appends an entry, soon. Never throws; a failure is logged. */
  append(list: string, entry: HistoryEntry, options: ResolvedHistoryOptions): void;
  /**
   * Reads the newest events of a room and its latest values. Includes all that this server has appended.
   * @param limit of events without a key
   */
  read(list: string, limit: number): Promise<StoredHistory>;
  clear(list: string): Promise<void>;
}
