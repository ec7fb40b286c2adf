/** The events that a client has received and its test has not taken yet. The first call to wait is served first. */
import { inspect } from 'node:util';
import type { Resolvers } from './expectation.js';

export type ReceivedPacket = readonly [event: string | number, ...args: unknown[]];

interface Waiter {
  readonly event: string;
  readonly resolvers: Resolvers<unknown[]>;
}

/** The maximum number of events that an error message shows. */
const MAX_SHOWN = 10;

export class ReceivedEvents {
  #events: ReceivedPacket[] = [];
  #waiters: Waiter[] = [];

  add(packet: ReceivedPacket): void {
    const [event, ...args] = packet;
    this.#waiters = this.#waiters.filter(({ resolvers }) => resolvers.isOpen()); // some have given up
    const waiter = this.#waiters.find((each) => each.event === event);
    if (waiter === undefined) this.#events.push(packet);
    else waiter.resolvers.resolve(args);
  }

  /** Resolves with the arguments of the next event of that name: one already received, or a later one. */
  take(event: string, resolvers: Resolvers<unknown[]>): void {
    const index = this.#events.findIndex(([name]) => name === event);
    if (index === -1) this.#waiters.push({ event, resolvers });
    else resolvers.resolve((this.#events.splice(index, 1)[0] as ReceivedPacket).slice(1));
  }

  takeAll(): ReceivedPacket[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Describes the events that have not been taken, for error messages. */
  describe(): string {
    const count = this.#events.length;
    if (count === 0) return 'nothing was received';
    const shown = this.#events
      .slice(0, MAX_SHOWN)
      .map((packet) => inspect(packet, { depth: 3, breakLength: Infinity }));
    return `received: ${shown.join(', ')}${count > MAX_SHOWN ? ` and ${count - MAX_SHOWN} more` : ''}`;
  }
}
