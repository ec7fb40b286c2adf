/** A stock client that says numbered messages to rooms, and notes what it hears. It returns to another node each time. */
import { io, type ManagerOptions, type Socket } from 'socket.io-client';
import type { Random } from '../soak/load/random.mjs';

export interface Said {
  /** Another one for each connection, since only the messages of one node are in order. */
  readonly speaker: string;
  readonly room: string;
  readonly number: number;
  /** ms */
  readonly at: number;
  /** When the node acknowledged it, which it does after it has emitted it; `null` if it did not. ms */
  ackedAt: number | null;
  /** The id of the node that emitted it; `null` if it did not acknowledge it. */
  node: string | null;
}

export interface Heard {
  readonly speaker: string;
  readonly room: string;
  readonly number: number;
  /** The id of the node that emitted it. */
  readonly from: string;
  /** The id of the node of the client; `null` before the client knows it. */
  readonly at: string | null;
}

/** The time in which a client should get all messages. It goes on if the client resumes its session. */
export interface Presence {
  /** ms */
  readonly from: number;
  /** ms; `null` if it has not ended */
  to: number | null;
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

export class Talker {
  readonly name: string;
  readonly rooms: readonly string[];
  readonly said: Said[] = [];
  readonly heard: Heard[] = [];
  readonly presences: Presence[] = [];
  /** The nodes that it was on, in order. */
  readonly visits: Visit[] = [];
  readonly findings: string[] = [];
  recovered = 0;
  /** Whether it says something now and then. */
  isTalking = false;
  readonly #client: Socket;
  readonly #random: Random;
  readonly #pause: number;
  #connections = 0;
  #unanswered = 0;
  #node: string | null = null;
  #id: string | undefined;
  #lostAt: number | null = null;
  #numbers = new Map<string, number>();
  #timer: NodeJS.Timeout;

  constructor(name: string, { urls, rooms, random, pause, connection }: TalkerOptions) {
    this.name = name;
    this.rooms = rooms;
    this.#random = random;
    this.#pause = pause;
    this.#client = io(random.pick(urls), {
      transports: ['websocket'],
      forceNew: true,
      ...connection,
    });
    this.#client.io.on('reconnect_attempt', () => {
      (this.#client.io as unknown as { uri: string }).uri = random.pick(urls);
    });
    this.#client.on('connect', () => this.#connected());
    this.#client.on('disconnect', () => this.#disconnected());
    this.#client.on('said', (room: string, speaker: string, number: number, from: string) => {
      this.heard.push({ room, speaker, number, from, at: this.#node });
    });
    this.#timer = this.#sayLater();
  }

  /** Whether it is connected and in its rooms. */
  get isPresent(): boolean {
    return this.#client.connected && this.#node !== null;
  }

  /** Whether all that it said on this connection is acknowledged. */
  get isAnswered(): boolean {
    return this.#unanswered === 0;
  }

  /** Its state and its history, with times in ms. */
  toString(): string {
    const { name, recovered, isPresent } = this;
    const presences = this.presences.map(({ from, to }) => `${Math.round(from)}-${to === null ? '' : Math.round(to)}`);
    const visits = this.visits.map(({ node, from }) => `${node.slice(0, 4)} at ${Math.round(from)}`);
    return (
      `${name} (${isPresent ? 'present' : 'away'}, ${this.#unanswered} unanswered, ${recovered} times resumed; ` +
      `sessions ${presences.join(', ')}; nodes ${visits.join(', ')})`
    );
  }

  say(room: string): void {
    if (!this.isPresent) return;
    const number = (this.#numbers.get(room) ?? 0) + 1;
    this.#numbers.set(room, number);
    const speaker = `${this.name}#${this.#connections}`;
    const said: Said = { speaker, room, number, at: performance.now(), ackedAt: null, node: null };
    this.said.push(said);
    const node = this.#node;
    this.#unanswered++;
    this.#client.emit('say', room, speaker, number, () => {
      this.#unanswered--;
      said.ackedAt = performance.now();
      said.node = node;
    });
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#client.disconnect();
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

  #connected(): void {
    const { recovered, id } = this.#client;
    if (recovered && id !== this.#id) this.findings.push(`${this.name} resumed with another id`);
    this.#id = id;
    const presence = this.presences.at(-1);
    this.#connections++;
    this.#unanswered = 0;
    this.#numbers = new Map();
    if (recovered) this.recovered++;
    else if (presence !== undefined) presence.to ??= this.#lostAt;
    this.#client.emit('enter', this.name, this.rooms, (node: string, name: unknown, rooms: string[]) => {
      this.#node = node;
      this.visits.push({ node, from: performance.now() });
      if (!recovered) this.presences.push({ from: performance.now(), to: null });
      if (name === this.name && this.rooms.every((room) => rooms.includes(room))) return;
      this.findings.push(`${this.name} resumed as ${String(name)} in ${rooms.join()}`);
    });
  }

  #disconnected(): void {
    this.#node = null;
    this.#lostAt = performance.now();
    // The client buffers while a ping is overdue. It would say these to another node, with the name that it had here.
    this.#client.sendBuffer = [];
  }
}
