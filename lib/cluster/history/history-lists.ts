/**
 * The histories that the servers of a cluster share, in lists of the broker. A server appends behind the delivery: entries
 * wait in a bounded queue, and one batch at a time is under way. While the broker is away, the oldest entries of the
 * queue are dropped.
 *
 * A batch that fails is repeated in halves. If its first entry fails alone, before and after the next one is taken, the
 * engine refuses that entry, and it is left out: it must not hold back the others.
 */
import { type Clock, inTime } from '../../engine/internal.js';
import {
  type HistoryByNamespace,
  HistoryEntry,
  type HistoryStore,
  Queue,
  type ResolvedHistoryOptions,
  type StoredHistory,
} from '../../server/internal.js';
import type { BrokerLists, ListEntry, ListLimits } from '../broker/broker.js';

/** Entries of one batch. */
const BATCH = 500;

/** ms between an append that failed and the next attempt. */
const RETRY_DELAY = 1_000;

/** How often an entry is appended alone before the next one is tried in its place. */
const ATTEMPTS = 2;

/** ms for which a server that leaves waits until its entries are stored. */
const FAREWELL = 500;

export interface HistoryListsHost {
  readonly clock: Clock;
  /** The codec of the entries. */
  readonly codecName: string;
  /** The bounds of the queue: the same as for messages that wait for the broker. */
  readonly limits: { readonly brokerMessages: number; readonly brokerBytes: number };
  failed(what: string, error: unknown): void;
  /** Called when entries were dropped. */
  dropped(): void;
}

export class HistoryLists implements HistoryStore {
  readonly #host: HistoryListsHost;
  #lists: BrokerLists | null = null;
  /** Resolves when the broker is connected. */
  readonly #opened: Promise<BrokerLists>;
  #open: (lists: BrokerLists) => void = () => {};
  readonly #waiting = new Queue<ListEntry>();
  #bytes = 0;
  /** The entries under way. They are appended again after a failure, so a list may have an entry twice. */
  #batch: ListEntry[] = [];
  /** The number of them to append at a time. */
  #portion = BATCH;
  /** How often the first of them has failed alone, since another one was taken or tried. */
  #failures = 0;
  /** Whether another one was taken after the first had failed. */
  #isSuspect = false;
  /** The number of entries so far that wait no longer: stored, dropped or refused. */
  #settled = 0;
  #isScheduled = false;
  /** Resolves with whether the batch under way has been stored. */
  #writing: Promise<boolean> | null = null;

  constructor(host: HistoryListsHost) {
    this.#host = host;
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  // --- Public methods ---

  open(lists: BrokerLists): void {
    this.#lists = lists;
    this.#open(lists);
    this.#writeSoon();
  }

  append(list: string, entry: HistoryEntry, { size, ttl, keys }: ResolvedHistoryOptions): void {
    const bytes = entry.encode(this.#host.codecName);
    this.#waiting.push({ list, bytes, key: entry.key, size, ttl, keys });
    this.#bytes += bytes.length;
    const { brokerMessages, brokerBytes } = this.#host.limits;
    let isFull = false;
    while (this.#waiting.length > brokerMessages || (this.#bytes > brokerBytes && this.#waiting.length > 1)) {
      this.#shift();
      this.#settled++;
      isFull = true;
    }
    if (isFull) this.#host.dropped();
    this.#writeSoon();
  }

  async read(list: string, limit: number): Promise<StoredHistory> {
    const lists = await this.#opened;
    await this.#flush();
    const { entries, latest } = await lists.read(list, limit);
    return { events: this.#decoded(entries), latest: this.#decoded(latest) };
  }

  async clear(list: string): Promise<void> {
    const lists = await this.#opened;
    await this.#flush();
    await lists.clear(list);
  }

  /** Stores what is left. Never rejects. */
  async close(): Promise<void> {
    if (this.#lists !== null) await inTime(this.#flush(), FAREWELL, this.#host.clock, () => {});
    this.#lists = null;
  }

  // --- Inside ---

  #decoded(all: readonly Buffer[]): HistoryEntry[] {
    const found = new Map<string, HistoryEntry>();
    for (const bytes of all) {
      const entry = HistoryEntry.decode(bytes, this.#host.codecName);
      if (entry !== null && !found.has(entry.id)) found.set(entry.id, entry);
    }
    return [...found.values()];
  }

  #shift(): ListEntry | null {
    const entry = this.#waiting.shift();
    this.#bytes -= entry?.bytes.length ?? 0;
    return entry;
  }

  /** Entries of one turn leave together. */
  #writeSoon(delay: (write: () => void) => void = setImmediate): void {
    if (this.#isScheduled || this.#writing !== null || this.#isEmpty || this.#lists === null) return;
    this.#isScheduled = true;
    delay(() => {
      this.#isScheduled = false;
      void this.#write();
    });
  }

  get #isEmpty(): boolean {
    return this.#waiting.length + this.#batch.length === 0;
  }

  /** Waits until the entries that wait now have been stored, or one attempt has failed. */
  async #flush(): Promise<void> {
    const end = this.#settled + this.#waiting.length + this.#batch.length;
    while (this.#settled < end && this.#lists !== null) {
      if (!(await (this.#writing ?? this.#write()))) return;
    }
  }

  /** Stores one batch. @returns whether it was stored. Never rejects */
  #write(): Promise<boolean> {
    const lists = this.#lists;
    if (lists === null || this.#writing !== null || this.#isEmpty) return Promise.resolve(true);
    while (this.#batch.length < BATCH && this.#waiting.length > 0) this.#batch.push(this.#shift() as ListEntry);
    const isProbe = this.#failures >= ATTEMPTS && this.#batch.length > 1;
    const from = isProbe ? 1 : 0;
    const portion = this.#batch.slice(from, from + this.#portion);
    const end = (isStored: boolean): boolean => {
      this.#writing = null;
      if (isStored) this.#stored(portion.length, isProbe);
      else this.#refused(portion.length, isProbe);
      this.#writeSoon(isStored ? setImmediate : (write) => void this.#host.clock.after(RETRY_DELAY, write));
      return isStored;
    };
    this.#writing = lists.append(portion).then(
      () => end(true),
      (error: unknown) => {
        this.#host.failed('adding to the history of rooms', error);
        return end(false);
      },
    );
    return this.#writing;
  }

  #stored(count: number, wasProbe: boolean): void {
    this.#batch.splice(wasProbe ? 1 : 0, count);
    this.#settled += count;
    this.#portion = wasProbe ? 1 : Math.min(BATCH, this.#portion * 2);
    this.#isSuspect = wasProbe;
    this.#failures = 0;
  }

  #refused(count: number, wasProbe: boolean): void {
    this.#portion = Math.max(1, Math.floor(count / 2));
    if (count > 1) return;
    if (wasProbe || !this.#isSuspect) {
      this.#failures = wasProbe ? 0 : this.#failures + 1;
      return;
    }
    this.#isSuspect = false;
    const list = this.#batch.shift()?.list;
    this.#settled++;
    this.#host.failed('adding to the history of rooms', new Error(`an event of ${list} was refused, and left out`));
    this.#host.dropped();
  }
}

/** The most that the lists of any namespace need. */
export function listLimits(history: HistoryByNamespace | null): ListLimits | null {
  if (history === null) return null;
  const all = [...history.values()];
  return { size: Math.max(...all.map(({ size }) => size)), ttl: Math.max(...all.map(({ ttl }) => ttl)) };
}
