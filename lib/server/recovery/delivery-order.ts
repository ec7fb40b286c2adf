/**
 * Keeps the messages to the sockets of this process in the order in which they were sent, although some pass through a
 * broker: a message that needs no broker waits for the earlier ones that do. If the broker does not return a packet in
 * time, the wait for it ends.
 */
import { type Clock, DeadlineQueue } from '../../engine/internal.js';

/** A packet on its way through the broker. */
interface PendingPacket {
  /** Whether the adapter has started to deliver it, has failed or is late. */
  arrived: boolean;
}

/** Milliseconds to wait for a packet: much longer than a healthy broker takes, shorter than users would wait. */
const BROKER_TIMEOUT = 5_000;

export class DeliveryOrder {
  readonly #queue: (PendingPacket | (() => void))[] = [];
  readonly #pending = new Map<object, PendingPacket>();
  readonly #late: DeadlineQueue<object>;

  constructor(clock: Clock) {
    this.#late = new DeadlineQueue(BROKER_TIMEOUT, (packet) => this.settle(packet), clock);
  }

  /** Registers a packet that is sent to the broker. */
  send(packet: object): void {
    const entry: PendingPacket = { arrived: false };
    this.#pending.set(packet, entry);
    this.#queue.push(entry);
    this.#late.add(packet);
  }

  /** Runs a delivery that needs no broker, after the packets that are on their way. */
  follow(deliver: () => void): void {
    if (this.#queue.length === 0) deliver();
    else this.#queue.push(deliver);
  }

  /** Called when a packet has returned, just before its delivery: runs the deliveries that were sent before it. */
  arrive(packet: object): void {
    const entry = this.#pending.get(packet);
    if (entry === undefined) return; // another server sent it
    this.#drain(entry);
    entry.arrived = true;
  }

  /** Called when a packet has been delivered, has failed or is late: runs the deliveries that waited for it. */
  settle(packet: object): void {
    const entry = this.#pending.get(packet);
    if (entry === undefined) return;
    this.#pending.delete(packet);
    this.#late.delete(packet);
    entry.arrived = true;
    this.#drain(null);
  }

  /** Stops waiting and runs every delivery now. */
  close(): void {
    for (const packet of this.#pending.keys()) this.settle(packet);
  }

  #drain(until: PendingPacket | null): void {
    for (let next = this.#queue[0]; next !== undefined && next !== until; next = this.#queue[0]) {
      if (typeof next !== 'function' && !next.arrived) return;
      this.#queue.shift();
      if (typeof next === 'function') next();
    }
  }
}
