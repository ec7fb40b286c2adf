/**
 * Keeps what goes to the sockets of this process in the order in which it was sent, though a part of it goes
 * through a broker first: whatever does not, waits behind what is under way. A broker that does not answer
 * in time holds up nobody any longer.
 */
import { type Clock, DeadlineQueue } from '../../engine/index.js';

interface UnderWay {
  /** Whether the adapter has begun to deliver it, or never will. */
  arrived: boolean;
}

/** ms; much longer than a broker in order takes, shorter than people wait. */
const PATIENCE = 5_000;

export class DeliveryOrder {
  readonly #queue: (UnderWay | (() => void))[] = [];
  readonly #underWay = new Map<object, UnderWay>();
  readonly #late: DeadlineQueue<object>;

  constructor(clock: Clock) {
    this.#late = new DeadlineQueue(PATIENCE, (packet) => this.settle(packet), clock);
  }

  /** A packet goes to the broker. */
  send(packet: object): void {
    const entry: UnderWay = { arrived: false };
    this.#underWay.set(packet, entry);
    this.#queue.push(entry);
    this.#late.add(packet);
  }

  /** Something that needs no broker: at once, or behind what is under way. */
  follow(deliver: () => void): void {
    if (this.#queue.length === 0) deliver();
    else this.#queue.push(deliver);
  }

  /** A packet comes back, and will be delivered when this returns: what was sent before it goes first. */
  arrive(packet: object): void {
    const entry = this.#underWay.get(packet);
    if (entry === undefined) return; // it is of another server
    this.#drain(entry);
    entry.arrived = true;
  }

  /** A packet has been delivered, or failed: what was sent after it goes. */
  settle(packet: object): void {
    const entry = this.#underWay.get(packet);
    if (entry === undefined) return;
    this.#underWay.delete(packet);
    this.#late.delete(packet);
    entry.arrived = true;
    this.#drain(null);
  }

  /** Nothing more is waited for: what waits goes now. */
  close(): void {
    for (const packet of this.#underWay.keys()) this.settle(packet);
  }

  #drain(until: UnderWay | null): void {
    for (let next = this.#queue[0]; next !== undefined && next !== until; next = this.#queue[0]) {
      if (typeof next !== 'function' && !next.arrived) return;
      this.#queue.shift();
      if (typeof next === 'function') next();
    }
  }
}
