/**
 * Keeps the messages to the sockets of this process in the order in which they were sent, although some pass through a
 * broker: a message that needs no broker waits for the earlier ones that do. If the broker does not return a packet in
 * time, the wait for it ends. If too many messages wait, the wait ends for all of them: each is sent now, in order.
 */
import { DeadlineQueue, type ResolvedEngineOptions } from '../../engine/internal.js';
import { label } from '../../errors.js';
import { Queue } from './queue.js';

/** A packet on its way through the broker. */
interface PendingPacket {
  readonly bytes: number;
  /** Whether the adapter has started to deliver it, has failed or is late. */
  arrived: boolean;
}

/** A delivery that needs no broker. */
interface Delivery {
  readonly bytes: number;
  readonly run: () => void;
}

/** Milliseconds to wait for a packet: much longer than a healthy broker takes, shorter than users would wait. */
const BROKER_TIMEOUT = 5_000;

export class DeliveryOrder {
  readonly #queue = new Queue<PendingPacket | Delivery>();
  readonly #pending = new Map<object, PendingPacket>();
  readonly #late: DeadlineQueue<object>;
  readonly #options: Pick<ResolvedEngineOptions, 'clock' | 'limits' | 'limitReport'>;
  readonly #namespace: string;
  /** Bytes of the packets and deliveries in the queue. */
  #bytes = 0;

  /** @param options may change until the server serves */
  constructor(options: Pick<ResolvedEngineOptions, 'clock' | 'limits' | 'limitReport'>, namespace: string) {
    this.#options = options;
    this.#namespace = namespace;
    this.#late = new DeadlineQueue(BROKER_TIMEOUT, (packet) => this.settle(packet), options.clock);
  }

  /** Registers a packet that is sent to the broker. */
  send(packet: object, bytes: number): void {
    const entry: PendingPacket = { bytes, arrived: false };
    this.#pending.set(packet, entry);
    this.#late.add(packet);
    this.#push(entry);
  }

  /** Runs a delivery that needs no broker, after the packets that are on their way. */
  follow(run: () => void, bytes: number): void {
    if (this.#queue.length === 0) run();
    else this.#push({ bytes, run });
  }

  /** Called when a packet has returned, just before its delivery: runs the deliveries that were sent before it. */
  arrive(packet: object): void {
    const entry = this.#pending.get(packet);
    if (entry === undefined) return; // another server sent it, or the wait for it has ended
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
    for (const entry of this.#pending.values()) entry.arrived = true;
    this.#pending.clear();
    this.#late.clear();
    this.#drain(null);
  }

  #push(entry: PendingPacket | Delivery): void {
    this.#queue.push(entry);
    this.#bytes += entry.bytes;
    const { limits, limitReport } = this.#options;
    if (this.#queue.length <= limits.orderedMessages && this.#bytes <= limits.orderedBytes) return;
    limitReport.reached(
      this.#bytes > limits.orderedBytes ? 'orderedBytes' : 'orderedMessages',
      `messages in ${label(this.#namespace)} no longer wait for earlier events that are on their way through the broker`,
    );
    this.close();
  }

  #drain(until: PendingPacket | null): void {
    while (this.#queue.length > 0) {
      const next = this.#queue.at(0);
      if (next === until || ('arrived' in next && !next.arrived)) return;
      this.#queue.shift();
      this.#bytes -= next.bytes;
      if ('run' in next) next.run();
    }
  }
}
