/**
 * The newest part of the engine's log, in the memory of a node: the events that returning clients have missed are read
 * here, and from the engine only if they are older. A node reads all messages of the log anyway.
 *
 * Events of this node are also kept apart until they have come back from the engine, so that its own clients can resume
 * while the engine is away.
 */
import type { Clock } from '../../engine/internal.js';
import { type BroadcastTarget, Queue } from '../../server/internal.js';
import type { BrokerStore } from '../broker/broker.js';
import { type BroadcastRecord, Bulletin } from '../bulletin/bulletin.js';
import { Offset } from './offset.js';

/** Bytes of the objects around a message. */
const ENTRY_WEIGHT = 300;

/** Starts the position before the first message that a node reads, followed by the id of the node. */
const START = '-';

/** Messages that arrive between two looks for old ones: removing them one by one would move the list each time. */
const TRIM_EVERY = 64;

/** A kept event. */
type KeptRecord = Pick<BroadcastRecord, 'namespace' | 'target' | 'wire' | 'event' | 'index'>;

interface Entry {
  readonly position: string;
  readonly bulletin: Bulletin;
  readonly weight: number;
  /** ms */
  readonly at: number;
  /** Whether events of its node are missing before it. */
  readonly hasGap: boolean;
  /** Decoded when a client has missed them. */
  records: readonly KeptRecord[] | null;
}

/** An event that a client may have missed. */
export interface TailEvent {
  readonly record: KeptRecord;
  readonly node: string;
  /** The place of its message among those of the tail. */
  readonly place: number;
  /** The offset of a client that gets this event from this node. */
  readonly offset: Offset;
}

export interface TailLimits {
  /** Bytes in memory. */
  readonly bytes: number;
  /** ms */
  readonly age: number;
}

export class EventTail {
  // --- Public attributes ---

  readonly #node: string;
  readonly #clock: Clock;
  readonly #limits: TailLimits;
  #entries: Entry[] = [];
  /** The place of the first entry. Places are consecutive. */
  #first = 0;
  /** Places by position. */
  readonly #places = new Map<string, number>();
  #weight = 0;
  #untilTrim = TRIM_EVERY;
  /** Number of the newest event of each other node. */
  readonly #counts = new Map<string, number>();
  /** Number of events that this node has emitted. */
  #emitted = 0;
  /** Events of this node that have not come back from the engine. */
  readonly #pending = new Queue<KeptRecord>();
  #pendingBytes = 0;
  /** Number of the newest event that was dropped from the pending ones before it came back. */
  #dropped = 0;
  #current: Offset;
  /** Resolves when the engine is not being read. Never rejects. */
  #extending: Promise<void> = Promise.resolve();

  constructor(node: string, clock: Clock, limits: TailLimits) {
    this.#node = node;
    this.#clock = clock;
    this.#limits = limits;
    this.#current = new Offset(node, 0, START + node, 0);
    this.#places.set(START + node, -1);
  }

  /** The offset of this node by now. The same object until it changes. */
  get current(): Offset {
    return this.#current;
  }

  // --- Public methods ---

  /** Notes an event of this node, which its clients get now. @returns its offset */
  emit(namespace: string, target: BroadcastTarget, wire: Buffer): Offset {
    const event = ++this.#emitted;
    this.#pending.push({ event, namespace, target, wire, index: 0 });
    this.#pendingBytes += wire.length + ENTRY_WEIGHT;
    while (this.#pendingBytes > this.#limits.bytes) this.#dropped = this.#shiftPending();
    const { position, index } = this.#current;
    return (this.#current = new Offset(this.#node, event, position, index));
  }

  /**
   * Appends a message of the log, before its records are delivered.
   * @param bytes of the message
   * @param isReadable whether the clients of this node understand its events. Otherwise none of them misses any
   */
  append(position: string, bulletin: Bulletin, bytes: number, isReadable = true): void {
    const { node, firstEvent, lastEvent } = bulletin;
    const isOwn = node === this.#node;
    const hasGap = firstEvent > (this.#counts.get(node) ?? (isOwn ? 0 : firstEvent));
    const weight = bytes + ENTRY_WEIGHT;
    this.#places.set(position, this.#first + this.#entries.length);
    const records = isReadable ? null : [];
    this.#entries.push({ position, bulletin, weight, at: this.#clock.now(), hasGap, records });
    this.#weight += weight;
    this.#current = new Offset(this.#node, this.#emitted, position, 0);
    this.#counts.set(node, Math.max(lastEvent, this.#counts.get(node) ?? 0));
    if (isOwn) this.#cameBack(lastEvent);
    if (--this.#untilTrim === 0) this.#trim();
  }

  /**
   * Notes an event of another node that is about to be delivered: it is in the message that was appended last.
   * @returns its offset
   */
  deliver(index: number): Offset {
    return (this.#current = new Offset(this.#node, this.#emitted, this.#current.position, index + 1));
  }

  /** Forgets all messages: the engine may have lost some. */
  clear(): void {
    this.#first += this.#entries.length;
    this.#entries = [];
    this.#places.clear();
    this.#counts.clear();
    this.#weight = 0;
  }

  /** Whether the message of an offset is here, and with it all later ones. */
  has({ position }: Offset): boolean {
    return this.#places.has(position);
  }

  /**
   * Reads older messages from the engine, so that the message of an offset is here if it still is in the engine. One
   * call waits for another: many clients of a node that was closed return at the same time.
   */
  extendTo(offset: Offset, store: BrokerStore): Promise<void> {
    const extended = this.#extending.then(() => (this.has(offset) ? undefined : this.#extend(offset, store)));
    this.#extending = extended.catch(() => {});
    return extended;
  }

  /**
   * Returns the kept events of a namespace after an offset, in order. Those that have not come back come last.
   * @param had numbers of the newest events that the client has had of other nodes
   * @returns `null` if they are not all here
   */
  since(offset: Offset, namespace: string, had: ReadonlyMap<string, number>): TailEvent[] | null {
    const from = this.#places.get(offset.position);
    if (from === undefined) return null;
    const hadOf = (node: string): number => Math.max(had.get(node) ?? 0, node === offset.node ? offset.own : 0);
    const hadOwn = hadOf(this.#node);
    if (this.#dropped > hadOwn) return null;
    const events: TailEvent[] = [];
    const last = new Map<string, number>();
    const entries = this.#entries.slice(Math.max(0, from - this.#first));
    let own = Math.max(hadOwn, entries.find(({ bulletin }) => bulletin.node === this.#node)?.bulletin.firstEvent ?? 0);
    for (const entry of entries) {
      const { node, firstEvent } = entry.bulletin;
      const place = this.#places.get(entry.position) as number;
      const known = last.get(node);
      const hasGap = place > from && (entry.hasGap || (known !== undefined && firstEvent > known));
      if (hasGap && firstEvent > hadOf(node)) return null;
      last.set(node, Math.max(known ?? 0, firstEvent));
      for (const record of recordsOf(entry)) {
        const { event, index } = record;
        if (event <= (last.get(node) ?? 0)) continue; // the engine has repeated a message
        last.set(node, event);
        if (node === this.#node) own = Math.max(own, event);
        const isGiven = place === from && index < offset.index;
        if (record.namespace !== namespace || isGiven || event <= hadOf(node) || !isRecoverable(record)) continue;
        const at = new Offset(this.#node, own, entry.position, index + 1);
        events.push({ record, node, place, offset: at });
      }
    }
    const { position, index } = this.#current;
    for (let i = 0; i < this.#pending.length; i++) {
      const record = this.#pending.at(i);
      const isHad = record.event <= Math.max(hadOwn, last.get(this.#node) ?? 0);
      if (record.namespace !== namespace || isHad || !isRecoverable(record)) continue;
      const at = new Offset(this.#node, record.event, position, index);
      events.push({ record, node: this.#node, place: Infinity, offset: at });
    }
    return events;
  }

  /** Whether a client with one offset has been given less than one with the other. */
  isBefore(offset: Offset, other: Offset): boolean {
    if (offset.node === other.node && offset.own < other.own) return true;
    const [place, reached] = [offset, other].map(({ position }) => this.#places.get(position));
    if (place === undefined || reached === undefined) return false; // the other is older than all that is here
    return place < reached || (place === reached && offset.index < other.index);
  }

  /** Whether an event comes after an offset. */
  isAfter({ record: { event, index }, node, place }: TailEvent, offset: Offset): boolean {
    if (node === offset.node) return event > offset.own;
    const reached = this.#places.get(offset.position) ?? Number.NEGATIVE_INFINITY;
    return place > reached || (place === reached && index >= offset.index);
  }

  // --- Inside ---

  async #extend({ position: from }: Offset, store: BrokerStore): Promise<void> {
    const [oldest] = this.#entries;
    if (oldest === undefined || from.startsWith(START)) return;
    const found = await store.read(from, oldest.position);
    if (found === null || this.#entries[0] !== oldest) return;
    const entries: Entry[] = [];
    for (const { position, bytes } of found) {
      const bulletin = position === oldest.position ? null : readable(bytes);
      if (bulletin === null) continue;
      const weight = bytes.length + ENTRY_WEIGHT;
      this.#weight += weight;
      entries.push({ position, bulletin, weight, at: oldest.at, hasGap: false, records: null });
    }
    this.#first -= entries.length;
    this.#entries = [...entries, ...this.#entries];
    for (const [index, { position }] of entries.entries()) this.#places.set(position, this.#first + index);
  }

  /** A message of this node has come back, and with it its events up to this one. */
  #cameBack(lastEvent: number): void {
    if (this.#dropped <= lastEvent) this.#dropped = 0;
    while (this.#pending.length > 0 && this.#pending.at(0).event <= lastEvent) this.#shiftPending();
  }

  /** @returns the number of the event that is no longer pending */
  #shiftPending(): number {
    const { event, wire } = this.#pending.shift() as KeptRecord;
    this.#pendingBytes -= wire.length + ENTRY_WEIGHT;
    return event;
  }

  #trim(): void {
    this.#untilTrim = TRIM_EVERY;
    const { bytes, age } = this.#limits;
    const since = this.#clock.now() - age;
    let count = 0;
    for (const { at, weight, position } of this.#entries) {
      if (this.#weight <= bytes && at >= since) break;
      this.#weight -= weight;
      this.#places.delete(position);
      count++;
    }
    if (count === 0) return;
    this.#entries = this.#entries.slice(count);
    this.#first += count;
    for (const [position, place] of this.#places) {
      if (place >= this.#first) break; // the place of the start, which has no entry, comes first
      this.#places.delete(position);
    }
  }
}

/** Whether a client that has missed an event gets it when it resumes. Latest values are numbered for the history only. */
export function isRecoverable({ event, target }: Pick<BroadcastRecord, 'event' | 'target'>): boolean {
  return event > 0 && target.flags.latest === undefined;
}

/** @returns `null` for bytes that this node has ignored when they arrived */
function readable(bytes: Buffer): Bulletin | null {
  try {
    return Bulletin.read(bytes);
  } catch {
    return null;
  }
}

function recordsOf(entry: Entry): readonly KeptRecord[] {
  if (entry.records !== null) return entry.records;
  const records: KeptRecord[] = [];
  try {
    entry.bulletin.visit({
      broadcast: (record) => {
        if (record.event > 0) records.push(record);
      },
      message: () => {},
    });
  } catch {
    // It is malformed, and had no effect when it arrived.
  }
  return (entry.records = records);
}
