/**
 * The rewind of one client: it is sent the past of the rooms that it joins. Meanwhile, events to the client wait, and
 * follow then. Each event is sent once: the past may have an event that waits, or one that has yet to arrive here.
 *
 * A client that resumes its session is sent only latest values, and only latest values wait meanwhile.
 */
import type { Clock, Message } from '../../engine/internal.js';
import type { EventPacket } from '../../protocol/internal.js';
import type { RecoveryCursor } from '../adapter/recovery.js';
import type { HistoryEntry } from './history-entry.js';

/** ms for which an event of the past may still arrive here, on its way through the broker. */
const ARRIVAL_TIME = 30_000;

/** Bytes that are sent to a client at a time. */
const PART = 256_000;

/**
 * The result of `join` with `rewind` or `since`.
 * @publicApi
 */
export interface Rewound {
  /** The number of events that the client was sent. */
  readonly events: number;
  /**
   * Whether the client got all of the past that it asked for. `false` if the broker was not available or took too long,
   * and if events after `since` may be missing: it is older than `ttl` or than the memory of the server, more than
   * `size` events followed, or its event is not kept any more.
   */
  readonly complete: boolean;
}

export const NOTHING: Rewound = { events: 0, complete: true };

/** The socket of a client that is rewound. */
export interface RewoundSocket {
  readonly id: string;
  readonly isReachable: boolean;
  readonly rooms: ReadonlySet<string>;
  readonly conn: { drained(): Promise<void> };
  /** Set while events to it wait, and for a while afterwards. */
  rewind: Rewind | null;
  /** Its place among the events that are kept for it, if such an event is sent at once. */
  readonly keptPlace: RecoveryCursor | null;
  /** Sends an event that is kept until the client has it. */
  passKept(packet: EventPacket): void;
  /** Sends an event at once. */
  pass(packet: EventPacket, message: Message, volatile: boolean): void;
}

/** The past of a room for one client. */
export interface Past {
  readonly entries: readonly HistoryEntry[];
  /** The ids of those that have not arrived here yet. */
  readonly expected: readonly string[];
  readonly complete: boolean;
}

/** The history as a rewind uses it. */
export interface RewindSource {
  readonly clock: Clock;
  /** Bytes that may wait for a client. */
  readonly maxBytes: number;
  /** The entry of a packet that is being delivered; `null` for an event that is not kept. */
  entryOf(packet: EventPacket): HistoryEntry | null;
  packetOf(entry: HistoryEntry): EventPacket;
  /** The message of an event whose last argument a client does not take for an offset. */
  withoutOffset(packet: EventPacket, message: Message): Message;
  failed(what: string, error: unknown): void;
}

interface Waiting {
  readonly packet: EventPacket;
  readonly message: Message;
  /** `null` for an event that is not in the history. */
  readonly entry: HistoryEntry | null;
  /** Whether recovery may keep it. */
  readonly mayBeKept: boolean;
}

export class Rewind {
  readonly #socket: RewoundSocket;
  readonly #source: RewindSource;
  #waiting: Waiting[] = [];
  #bytes = 0;
  /** The rooms that were added. */
  readonly #rooms = new Set<string>();
  /** The ids of the entries that were sent. */
  readonly #sent = new Set<string>();
  readonly #expected: Set<string>;
  /**
   * The number of the newest event of a node in the past of a room, by node and room, if it has yet to arrive: the events
   * that arrive before it are older than the past that the client has asked for.
   */
  readonly #floors: Map<string, number>;
  /** The latest values that were sent, by key. */
  readonly #newest: Map<string, HistoryEntry>;
  /** Resolves when so much waits that the client cannot wait for the store any longer. */
  readonly #overflow: Promise<void>;
  #overflows: () => void = () => {};
  #isFull = false;
  /** Settles after the rooms that were added so far. */
  #latest: Promise<unknown> = Promise.resolve();
  #open = 0;
  #isOver = false;
  /** Whether only latest values wait. */
  #isResumed: boolean;
  /** Whether the client is sent events besides latest values. */
  #hasEvents = false;
  /** Whether a part of the past has been sent. */
  #hasPast = false;
  /** See {@link RecoveryCursor.rewound}. */
  #formerPlace = 0;
  /** The last event that is to be sent by now. */
  #last: Pick<Waiting, 'packet' | 'message'> | null = null;

  /** @param isResumed whether the client has resumed its session */
  constructor(socket: RewoundSocket, source: RewindSource, isResumed = false) {
    this.#socket = socket;
    this.#source = source;
    this.#isResumed = isResumed;
    this.#expected = socket.rewind === null ? new Set() : socket.rewind.#expected;
    this.#floors = socket.rewind === null ? new Map() : socket.rewind.#floors;
    this.#newest = socket.rewind === null ? new Map() : socket.rewind.#newest;
    this.#overflow = new Promise((resolve) => {
      this.#overflows = resolve;
    });
  }

  /** Whether events to the client wait. */
  get isRunning(): boolean {
    return !this.#isOver;
  }

  /**
   * Whether the client would lack a part of the past if it resumed its session now. It would be sent the latest values
   * again.
   */
  get isNeeded(): boolean {
    return !this.#isOver && this.#hasEvents;
  }

  // --- Public methods ---

  /** Called when the client joins rooms. @param hasEvents whether it is sent events besides latest values */
  joins(hasEvents: boolean): void {
    this.#isResumed = false;
    if (!hasEvents || this.#hasEvents) return;
    this.#hasEvents = true;
    const { keptPlace } = this.#socket;
    if (keptPlace === null) return;
    this.#formerPlace = keptPlace.rewound;
    keptPlace.rewound = Infinity;
  }

  /**
   * Sends the past of a room, after that of the rooms that were added before.
   * @param read reads it; never rejects
   * @param memory the part that this server has in memory, for a client that cannot wait
   */
  add(room: string, read: () => Promise<Past>, memory: () => Past): Promise<Rewound> {
    this.#open++;
    const reading = read();
    // It has left the room, and joins again: events between come before the second past.
    const between = this.#rooms.has(room) ? [...this.#waiting] : [];
    this.#rooms.add(room);
    const rewound = this.#latest
      .then(() => {
        if (between.length > 0) this.#release(between);
        return this.#rewind(room, reading, memory);
      })
      .catch((error: unknown) => {
        this.#source.failed('sending the history of a room', error);
        return { events: 0, complete: false };
      });
    this.#latest = rewound.then(() => {
      if (--this.#open === 0) this.#end();
    });
    return rewound;
  }

  /** The events to a room that wait, without latest values and those that were sent. */
  waitingIn(room: string): HistoryEntry[] {
    return this.#waiting.flatMap(({ entry }) => {
      const isPlain = entry !== null && entry.key === null && entry.rooms.includes(room);
      return isPlain && !this.#sent.has(entry.id) ? [entry] : [];
    });
  }

  /** Sends the past of a client that does not wait, and ends. @returns the number of events that were sent */
  sendAtOnce({ entries, expected }: Past): number {
    for (const id of expected) this.#expected.add(id);
    const events = this.#send(entries);
    this.#end();
    return events;
  }

  /** Called for each event to the client. @returns whether it is not to be sent now */
  takes(packet: EventPacket, message: Message, volatile: boolean, mayBeKept = true): boolean {
    const entry = this.#source.entryOf(packet);
    if (this.#isOver) return entry !== null && (this.#isKnown(entry) || this.#isBehind(entry));
    if (volatile) return false; // it is for now or never
    if (this.#isResumed && (entry === null || entry.key === null)) return false;
    const isPlain = packet.id === undefined && message.key === null;
    this.#waiting.push({ packet, message, entry, mayBeKept: mayBeKept && isPlain });
    this.#bytes += message.wire.length;
    if (this.#bytes > this.#source.maxBytes) {
      this.#isFull = true;
      this.#overflows();
    }
    return true;
  }

  // --- Inside ---

  async #rewind(room: string, reading: Promise<Past>, memory: () => Past): Promise<Rewound> {
    const late = (): Past => ({ ...memory(), complete: false });
    const past = this.#isFull ? late() : await Promise.race([reading, this.#overflow.then(late)]);
    for (const id of past.expected) this.#expected.add(id);
    for (const { id, key, node, number } of past.entries) {
      if (key === null && this.#expected.has(id)) this.#floors.set(floorOf(node, room), number);
    }
    let events = 0;
    for (let next = 0; next < past.entries.length;) {
      if (!this.#socket.isReachable || !this.#socket.rooms.has(room)) return { events, complete: false };
      const from = next;
      for (let bytes = 0; next < past.entries.length && (this.#isFull || bytes < PART); next++) {
        bytes += (past.entries[next] as HistoryEntry).message.wire.length;
      }
      events += this.#send(past.entries.slice(from, next));
      if (next < past.entries.length) await Promise.race([this.#socket.conn.drained(), this.#overflow]);
    }
    return { events, complete: past.complete };
  }

  /** Sends entries, unless the client has them. The last one is sent with the next ones, or at the end. */
  #send(all: readonly HistoryEntry[]): number {
    this.#hasPast ||= all.length > 0;
    const news = all.filter(({ id }) => this.#sent.size < this.#sent.add(id).size);
    for (const entry of news) this.#note(entry);
    const entries = news.filter((entry) => entry.key === null || this.#newest.get(entry.key) === entry);
    for (const entry of entries) {
      this.#passLast();
      this.#last = { packet: this.#source.packetOf(entry), message: entry.message };
    }
    return entries.length;
  }

  /** Notes a latest value, unless another room has a newer one of its key. */
  #note(entry: HistoryEntry): void {
    const { key } = entry;
    const newest = key === null ? undefined : this.#newest.get(key);
    if (key !== null && (newest === undefined || !isOlder(entry, newest))) this.#newest.set(key, entry);
  }

  /** Sends the events that have waited, unless they were in the past. */
  #end(): void {
    this.#isOver = true;
    const { keptPlace: place } = this.#socket;
    const waiting = this.#newOnes(this.#waiting.splice(0));
    if (place === null || !this.#hasEvents || !this.#hasPast) {
      if (place !== null && this.#hasEvents) place.rewound = this.#formerPlace;
      this.#passLast();
      for (const { packet, message } of waiting) this.#socket.pass(packet, message, false);
    } else this.#endKept(place, waiting);
    this.#sent.clear();
    if (this.#expected.size === 0) this.#leave();
    else this.#source.clock.after(ARRIVAL_TIME, () => this.#leave());
  }

  /** Sends events that have waited before the end. After that, the past of a room may be sent again. */
  #release(events: readonly Waiting[]): void {
    const released = new Set(events);
    const waiting = this.#waiting.filter((event) => released.has(event));
    this.#waiting = this.#waiting.filter((event) => !released.has(event));
    for (const event of this.#newOnes(waiting)) {
      this.#passLast();
      if (this.#hasEvents && event.mayBeKept) this.#last = event;
      else this.#socket.pass(event.packet, event.message, false);
    }
    this.#sent.clear();
  }

  /** Returns the events that have waited, without those that were in the past and values older than the past has. */
  #newOnes(waiting: readonly Waiting[]): Waiting[] {
    const isSent = ({ entry }: Waiting): boolean => entry !== null && this.#sent.has(entry.id);
    const outdated = new Set(waiting.filter(isSent).map(({ entry }) => entry?.key));
    return waiting.filter((event) => {
      const { entry } = event;
      if (entry === null) return true;
      const wasSent = isSent(event);
      if (wasSent) outdated.delete(entry.key);
      if (this.#isKnown(entry) || wasSent || this.#isBehind(entry)) return false;
      return entry.key === null || !outdated.has(entry.key);
    });
  }

  /**
   * With recovery, the last of these events is sent as an event to this client alone, which is kept. Its offset proves
   * that the client has all of them, and the others have none: a client that presents an earlier offset starts fresh.
   * Events that recovery does not keep follow as they are.
   */
  #endKept(place: RecoveryCursor, waiting: readonly Waiting[]): void {
    for (const event of waiting) {
      if (event.mayBeKept) {
        this.#passLast();
        this.#last = event;
      }
    }
    if (this.#last !== null) this.#socket.passKept(this.#last.packet);
    place.hasRewound([...this.#expected]);
    for (const { packet, message, mayBeKept } of waiting) if (!mayBeKept) this.#socket.pass(packet, message, false);
  }

  #passLast(): void {
    if (this.#last === null) return;
    const { packet, message } = this.#last;
    this.#last = null;
    this.#socket.pass(packet, this.#source.withoutOffset(packet, message), false);
  }

  /** Whether the client has been sent an event that arrives now, or a newer value of its key. */
  #isKnown({ id, key, node, number }: HistoryEntry): boolean {
    const wasSent = this.#expected.delete(id);
    const newest = key === null ? undefined : this.#newest.get(key);
    const isOutdated = newest !== undefined && newest.node === node && number < newest.number;
    // If a value of another node comes between, the newest one is sent again when it arrives: it is the last one.
    if (newest !== undefined && !wasSent && !isOutdated) this.#expected.delete(newest.id);
    if (this.#isOver && this.#expected.size === 0) this.#leave();
    return wasSent || isOutdated;
  }

  /** Whether an event comes before the past of all rooms in which it reaches the client. */
  #isBehind({ key, node, number, rooms }: HistoryEntry): boolean {
    if (key !== null || this.#floors.size === 0) return false;
    const joined = this.#socket.rooms;
    return rooms.every((room) => !joined.has(room) || number < (this.#floors.get(floorOf(node, room)) ?? 0));
  }

  #leave(): void {
    if (this.#socket.rewind === this) this.#socket.rewind = null;
  }
}

/** A node has an id of a fixed length. */
function floorOf(node: string, room: string): string {
  return `${node} ${room}`;
}

/** Whether a value was sent before another one. Nodes number their own; those of two are compared by their clocks. */
function isOlder(entry: HistoryEntry, other: HistoryEntry): boolean {
  return entry.node === other.node ? entry.number < other.number : entry.at < other.at;
}
