/** The history of one room in the memory of this server: the newest events, and the latest value of each key. */
import { MessageCopies } from '../recovery/message-copies.js';
import { Queue } from '../recovery/queue.js';
import type { HistoryEntry } from './history-entry.js';
import type { ResolvedHistoryOptions } from './history-options.js';

/** Bytes of a room without entries, measured roughly. */
const ROOM_WEIGHT = 1_200;

export class RoomHistory {
  readonly #events = new Queue<HistoryEntry>();
  /** By key. The key whose value is oldest comes first. */
  readonly #latest = new Map<string, HistoryEntry>();
  readonly #copies = new MessageCopies();
  #weight = ROOM_WEIGHT;
  /** Whether the latest values are complete: those in the store of the cluster have been read. */
  hasLatest = false;
  /** Whether a client of this server has been in the room. */
  wasJoined = false;
  #lostUntil: number;

  /**
   * @param list its name in the store of the cluster
   * @param lostUntil see {@link lostUntil}
   */
  constructor(
    readonly list: string,
    readonly options: ResolvedHistoryOptions,
    lostUntil: number,
  ) {
    this.#lostUntil = lostUntil;
  }

  /** Events up to this time may be missing, in ms since 1970. */
  get lostUntil(): number {
    return this.#lostUntil;
  }

  /** Bytes of memory, estimated. */
  get weight(): number {
    return this.#weight;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0 && this.#latest.size === 0;
  }

  /** The events without a key, in order. A copy. */
  get events(): HistoryEntry[] {
    return Array.from({ length: this.#events.length }, (_, index) => this.#events.at(index));
  }

  /** The latest value of each key, oldest first. A copy. */
  get latest(): HistoryEntry[] {
    return [...this.#latest.values()];
  }

  append(entry: HistoryEntry): void {
    const copy = entry.copied(this.#copies);
    this.#weight += copy.weight;
    if (copy.key !== null) return this.#replace(copy.key, copy);
    this.#events.push(copy);
    if (this.#events.length > this.options.size) this.#shift();
  }

  /** Returns the latest value of a key. */
  valueOf(key: string): HistoryEntry | undefined {
    return this.#latest.get(key);
  }

  /** Drops entries that are too old. @param now ms since 1970 */
  expire(now: number): void {
    const oldest = now - this.options.ttl;
    while (this.#events.length > 0 && this.#events.at(0).at <= oldest) this.#shift();
    for (const [key, { at }] of this.#latest) {
      if (at > oldest) break;
      this.#remove(key);
    }
  }

  /** Drops the oldest events, then the oldest values, until the room is no heavier than `weight`. */
  shrink(weight: number): void {
    while (this.#weight > weight && this.#events.length > 0) this.#shift();
    for (const key of this.#latest.keys()) {
      if (this.#weight <= weight) return;
      this.#remove(key);
    }
  }

  /** Forgets the latest values: some may be outdated. */
  forgetLatest(): void {
    this.hasLatest = false;
    for (const key of this.#latest.keys()) this.#remove(key);
  }

  /** Notes that events up to now may be missing. */
  missed(now: number): void {
    this.#lostUntil = now;
  }

  #replace(key: string, entry: HistoryEntry): void {
    this.#remove(key);
    this.#latest.set(key, entry);
    if (this.#latest.size <= this.options.keys) return;
    this.#remove(this.#latest.keys().next().value as string);
  }

  #remove(key: string): void {
    this.#weight -= this.#latest.get(key)?.weight ?? 0;
    this.#latest.delete(key);
  }

  #shift(): void {
    const entry = this.#events.shift() as HistoryEntry; // the callers have looked
    this.#weight -= entry.weight;
    this.#lostUntil = Math.max(this.#lostUntil, entry.at);
  }
}
