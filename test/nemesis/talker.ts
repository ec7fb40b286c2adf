/** A client of the nemesis: it says numbered messages to its rooms, and returns to another node each time. */
import { io, type ManagerOptions } from 'socket.io-client';
import type { Heard as Memory, Said as Message } from '../../lib/cli/rehearse/ledger.js';
import { createStockClient } from '../../lib/cli/rehearse/stock-client.js';
import { Talker as BaseTalker } from '../../lib/cli/rehearse/talker.js';
import type { Random } from '../soak/load/random.mjs';

export interface Said extends Message {
  /** The id of the node that emitted it; `null` if it did not acknowledge it. */
  node: string | null;
}

export interface Heard extends Memory {
  /** The id of the node that emitted it. */
  readonly from: string;
  /** The id of the node of the client; `null` before the client knows it. */
  readonly at: string | null;
}

interface Visit {
  readonly node: string;
  readonly from: number;
}

export interface TalkerOptions {
  /** The nodes. */
  readonly urls: readonly string[];
  readonly rooms: readonly string[];
  readonly random: Random;
  /** ms between two messages, on average */
  readonly pause: number;
  readonly connection: Partial<ManagerOptions>;
}

export class Talker extends BaseTalker<Said, Heard> {
  /** The nodes that it was on, in order. */
  readonly visits: Visit[] = [];
  readonly findings: string[] = [];
  /** Whether it says something now and then. */
  isTalking = false;
  readonly #random: Random;
  readonly #pause: number;
  #node: string | null = null;
  #id: string | undefined;
  #timer: NodeJS.Timeout;

  constructor(name: string, { urls, rooms, random, pause, connection }: TalkerOptions) {
    const client = createStockClient(io, () => random.pick(urls), '', connection);
    super(name, rooms, client, () => performance.now());
    this.#random = random;
    this.#pause = pause;
    client.on('said', (room: string, speaker: string, number: number, from: string) => {
      this.heard.push({ room, speaker, number, from, at: this.#node });
    });
    this.#timer = this.#sayLater();
  }

  /** Its state and its history, with times in ms. */
  override toString(): string {
    const { name, recovered, isPresent, unanswered } = this;
    const presences = this.presences.map(({ from, to }) => `${Math.round(from)}-${to === null ? '' : Math.round(to)}`);
    const visits = this.visits.map(({ node, from }) => `${node.slice(0, 4)} at ${Math.round(from)}`);
    return (
      `${name} (${isPresent ? 'present' : 'away'}, ${unanswered} unanswered, ${recovered} times resumed; ` +
      `sessions ${presences.join(', ')}; nodes ${visits.join(', ')})`
    );
  }

  override stop(): void {
    clearTimeout(this.#timer);
    super.stop();
  }

  protected compose(message: Message): Said {
    return { ...message, node: null };
  }

  protected speak(message: Said, answered: (isAccepted: boolean) => void): void {
    const { room, speaker, number } = message;
    const node = this.#node;
    this.client.emit('say', room, speaker, number, () => {
      message.node = node;
      answered(true);
    });
  }

  protected enter(_isIntact: boolean, entered: () => void): void {
    const { recovered, id } = this.client;
    if (recovered && id !== this.#id) this.findings.push(`${this.name} resumed with another id`);
    this.#id = id;
    this.client.emit('enter', this.name, this.rooms, (node: string, name: unknown, rooms: string[]) => {
      this.#node = node;
      this.visits.push({ node, from: performance.now() });
      entered();
      if (name === this.name && this.rooms.every((room) => rooms.includes(room))) return;
      this.findings.push(`${this.name} resumed as ${String(name)} in ${rooms.join()}`);
    });
  }

  protected override left(): void {
    this.#node = null;
  }

  #sayLater(): NodeJS.Timeout {
    return setTimeout(
      () => {
        if (this.isTalking) this.say(this.#random.pick([...this.rooms]));
        this.#timer = this.#sayLater();
      },
      this.#random.int(0, 2 * this.#pause),
    );
  }
}
