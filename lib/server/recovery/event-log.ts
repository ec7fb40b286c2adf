/**
 * The latest events of a namespace, in order and as they were sent over the wire. A client that lost its connection
 * gets the events that it missed. Events are numbered consecutively, so finding one by its position is a subtraction,
 * whatever the length of the log. The log is bounded in events, bytes and age; the oldest events are evicted first.
 */
import { type Clock, createId, type Message } from '../../engine/internal.js';
import type { BroadcastTarget } from '../adapter/broadcast-target.js';

export interface EventLogLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
  /** ms */
  readonly maxAge: number;
}

interface Entry {
  /** Time at which it was appended, in ms. */
  readonly at: number;
  readonly target: BroadcastTarget;
  readonly message: Message;
}

/** Characters that distinguish the offsets of this log from those of another process, which a client may still have. */
const EPOCH_LENGTH = 8;

/** Number of evicted entries at the start of the list before it is compacted. */
const SLACK = 1_024;

export class EventLog {
  readonly #clock: Clock;
  readonly #limits: EventLogLimits;
  readonly #epoch = createId().slice(0, EPOCH_LENGTH);
  #entries: (Entry | null)[] = [];
  /** Index of the oldest entry in the list. */
  #head = 0;
  /** Position of the newest entry. */
  #last = 0;
  #bytes = 0;

  constructor(clock: Clock, limits: EventLogLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.length - this.#head;
  }

  /** Position of the newest event; 0 if there is none. */
  get last(): number {
    return this.#last;
  }

  /** The offset that the next event carries as last argument. */
  get nextOffset(): string {
    return this.#offset(this.#last + 1);
  }

  /** @returns the event's position */
  append(target: BroadcastTarget, message: Message): number {
    const at = this.#clock.now();
    this.#entries.push({ at, target, message });
    this.#bytes += message.wire.length;
    this.#last++;
    this.#trim(at);
    return this.#last;
  }

  /** The position that an offset denotes, or `null` if this log did not issue the offset. */
  positionOf(offset: string): number | null {
    const position = Number.parseInt(offset.slice(EPOCH_LENGTH + 1), 36);
    return position <= this.#last && this.#offset(position) === offset ? position : null;
  }

  /**
   * Returns the events after a position that were sent to a socket in these rooms.
   * @param rooms the rooms of the socket, the room of its own id included
   * @returns `null` if events after that position have been evicted
   */
  since(position: number, rooms: ReadonlySet<string>): { messages: Message[]; last: number } | null {
    const index = this.#entries.length - (this.#last - position);
    if (index < this.#head) return null;
    const messages: Message[] = [];
    let last = position;
    for (let i = index; i < this.#entries.length; i++) {
      const { target, message } = this.#entries[i] as Entry;
      if (!selects(target, rooms)) continue;
      messages.push(message);
      last = this.#last - (this.#entries.length - 1 - i);
    }
    return { messages, last };
  }

  #offset(position: number): string {
    return `${this.#epoch}.${position.toString(36)}`;
  }

  #trim(now: number): void {
    const { maxEvents, maxBytes, maxAge } = this.#limits;
    for (; this.#head < this.#entries.length; this.#head++) {
      const { at, message } = this.#entries[this.#head] as Entry;
      if (this.size <= maxEvents && this.#bytes <= maxBytes && now - at <= maxAge) break;
      this.#bytes -= message.wire.length;
      this.#entries[this.#head] = null;
    }
    if (this.#head > SLACK && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }
}

/** Whether a target selects a socket in these rooms. */
function selects({ rooms, excepted }: BroadcastTarget, own: ReadonlySet<string>): boolean {
  const isSelected = rooms === null || rooms.some((room) => own.has(room));
  return isSelected && !excepted.some((room) => own.has(room));
}
