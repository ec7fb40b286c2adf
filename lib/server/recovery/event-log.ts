/**
 * The latest events of a namespace or of one socket, in order and as they were sent over the wire. A client that lost
 * its connection gets the events that it missed. A log is bounded in events and bytes, and the {@link RecoveryBudget}
 * bounds all logs together, in weight and age; the oldest events are dropped first.
 */
import type { Message } from '../../engine/internal.js';
import type { BroadcastTarget } from '../adapter/broadcast-target.js';
import { Kept, type KeptQueue } from './kept-queue.js';
import { MessageCopies } from './message-copies.js';
import { Queue } from './queue.js';
import type { RecoveryBudget } from './recovery-budget.js';

export interface EventLogLimits {
  readonly maxEvents: number;
  /** Bytes on the wire. */
  readonly maxBytes: number;
}

/** Bytes of the objects that make up an event, in addition to its message. Measured on Node 20. */
const EVENT_WEIGHT = 400;

/** Bytes of a room in a target, in addition to its name. */
const ROOM_WEIGHT = 32;

export class KeptEvent extends Kept {
  readonly #log: EventLog;

  constructor(
    at: number,
    log: EventLog,
    readonly position: number,
    readonly target: BroadcastTarget,
    readonly message: Message,
  ) {
    super(at, EVENT_WEIGHT + message.wire.length + weightOfNames(target.rooms) + weightOfNames(target.excepted));
    this.#log = log;
  }

  /** It is the oldest of its log, since log and queue have the same order. */
  drop(): void {
    this.#log.dropOldest();
  }
}

export class EventLog {
  readonly #budget: RecoveryBudget;
  readonly #queue: KeptQueue;
  readonly #limits: EventLogLimits;
  readonly #events = new Queue<KeptEvent>();
  readonly #copies = new MessageCopies();
  #bytes = 0;
  /** Position of the newest event that was dropped. */
  #dropped = 0;

  /** @param queue the queue of the budget that has the events */
  constructor(budget: RecoveryBudget, queue: KeptQueue, limits: EventLogLimits) {
    this.#budget = budget;
    this.#queue = queue;
    this.#limits = limits;
  }

  get size(): number {
    return this.#events.length;
  }

  /** @param position greater than those of the earlier events */
  append(position: number, target: BroadcastTarget, message: Message): void {
    const event = new KeptEvent(this.#budget.clock.now(), this, position, target, this.#copies.copy(message));
    this.#events.push(event);
    this.#bytes += message.wire.length;
    this.#budget.keep(this.#queue, event);
    const { maxEvents, maxBytes } = this.#limits;
    while (this.size > maxEvents || this.#bytes > maxBytes) this.dropOldest();
  }

  /**
   * Returns the events after a position that were sent to a socket in these rooms.
   * @param rooms the rooms of the socket, the room of its own id included, each with the position at which it joined
   * @returns `null` if events after that position have been dropped
   */
  since(position: number, rooms: ReadonlyMap<string, number>): KeptEvent[] | null {
    if (position < this.#dropped) return null;
    let index = this.size;
    while (index > 0 && this.#events.at(index - 1).position > position) index--;
    const events: KeptEvent[] = [];
    for (; index < this.size; index++) {
      const event = this.#events.at(index);
      if (selects(event, rooms)) events.push(event);
    }
    return events;
  }

  dropOldest(): void {
    const event = this.#events.shift();
    if (event === null) return;
    this.#dropped = event.position;
    this.#bytes -= event.message.wire.length;
    this.#queue.delete(event);
  }

  /** Drops all events. */
  clear(): void {
    while (this.size > 0) this.dropOldest();
  }
}

/** Whether an event is for a socket in these rooms. */
function selects({ target, position }: KeptEvent, own: ReadonlyMap<string, number>): boolean {
  const { rooms, excepted } = target;
  const isSelected = rooms === null || rooms.some((room) => (own.get(room) ?? Infinity) < position);
  return isSelected && !excepted.some((room) => own.has(room));
}

function weightOfNames(rooms: readonly string[] | null): number {
  let weight = 0;
  for (const room of rooms ?? []) weight += ROOM_WEIGHT + room.length;
  return weight;
}
