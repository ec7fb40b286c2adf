/** The events that came to a client, each until a test takes it: whoever has asked first gets the first. */
import { inspect } from 'node:util';
import type { Claim } from './expectation.js';

export type ReceivedPacket = readonly [event: string | number, ...args: unknown[]];

interface Wanted {
  readonly event: string;
  readonly claim: Claim<unknown[]>;
}

/** Of what came, so much is shown. */
const SHOWN = 10;

export class Inbox {
  #arrived: ReceivedPacket[] = [];
  #wanted: Wanted[] = [];

  add(packet: ReceivedPacket): void {
    const [event, ...args] = packet;
    this.#wanted = this.#wanted.filter(({ claim }) => claim.isOpen()); // some have given up
    const wanted = this.#wanted.find((each) => each.event === event);
    if (wanted === undefined) this.#arrived.push(packet);
    else wanted.claim.resolve(args);
  }

  /** The next event of that name: one that nobody has taken, or one that will come. */
  take(event: string, claim: Claim<unknown[]>): void {
    const index = this.#arrived.findIndex(([name]) => name === event);
    if (index === -1) this.#wanted.push({ event, claim });
    else claim.resolve((this.#arrived.splice(index, 1)[0] as ReceivedPacket).slice(1));
  }

  takeAll(): ReceivedPacket[] {
    const arrived = this.#arrived;
    this.#arrived = [];
    return arrived;
  }

  /** What nobody has taken, for messages. */
  describe(): string {
    const count = this.#arrived.length;
    if (count === 0) return 'nothing came';
    const shown = this.#arrived.slice(0, SHOWN).map((packet) => inspect(packet, { depth: 3, breakLength: Infinity }));
    return `what came: ${shown.join(', ')}${count > SHOWN ? ` and ${count - SHOWN} more` : ''}`;
  }
}
