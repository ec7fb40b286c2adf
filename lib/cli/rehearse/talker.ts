/**
 * A stock client that says numbered messages to rooms, and notes what it hears. It knows when it was present, so that a
 * ledger can decide which messages it should have heard. A subclass determines the events.
 */
import type { Heard, Presence, Said } from './ledger.js';
import type { StockClient } from './stock-client.js';

/** The time without a connection. */
export interface Outage {
  /** ms */
  readonly from: number;
  /** When the client was in its rooms again; `null` if it is not. ms */
  to: number | null;
  /** The reason that the stock client gives, such as `transport close`. */
  readonly reason: string;
  /** Whether the client resumed its session; `null` before it has reconnected. */
  recovered: boolean | null;
}

export abstract class Talker<Message extends Said = Said, Memory extends Heard = Heard> {
  // --- Public attributes ---

  readonly name: string;
  readonly rooms: readonly string[];
  readonly said: Message[] = [];
  readonly heard: Memory[] = [];
  readonly presences: Presence[] = [];
  readonly outages: Outage[] = [];
  /** How many times it resumed its session. */
  recovered = 0;
  protected readonly client: StockClient;
  protected readonly now: () => number;
  #connections = 0;
  #unanswered = 0;
  #isInRooms = false;
  #numbers = new Map<string, number>();

  /** @param now ms */
  constructor(name: string, rooms: readonly string[], client: StockClient, now: () => number) {
    this.name = name;
    this.rooms = rooms;
    this.client = client;
    this.now = now;
    client.on('connect', () => this.#connected());
    client.on('disconnect', (reason: string) => this.#disconnected(reason));
  }

  /** Whether it is connected and in its rooms. */
  get isPresent(): boolean {
    return this.client.connected && this.#isInRooms;
  }

  /** How many of the messages that it said on this connection are not acknowledged. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Whether all that it said on this connection is acknowledged. */
  get isAnswered(): boolean {
    return this.#unanswered === 0;
  }

  // --- Public methods ---

  say(room: string): void {
    if (!this.isPresent) return;
    const number = (this.#numbers.get(room) ?? 0) + 1;
    this.#numbers.set(room, number);
    const connection = this.#connections;
    const speaker = `${this.name}.${connection}`;
    const message = this.compose({ speaker, room, number, at: this.now(), ackedAt: null });
    this.said.push(message);
    this.#unanswered++;
    this.speak(message, (isAccepted) => {
      if (connection === this.#connections) this.#unanswered--;
      if (isAccepted) message.ackedAt = this.now();
    });
  }

  stop(): void {
    this.client.disconnect();
  }

  // --- For subclasses ---

  /** Returns the record of a message that is about to be sent. */
  protected abstract compose(message: Said): Message;

  /** Emits the message. Calls `answered` when it is acknowledged, with whether the server has accepted it. */
  protected abstract speak(message: Message, answered: (isAccepted: boolean) => void): void;

  /**
   * Joins the rooms, if the client is not in them.
   * @param isIntact whether the client has resumed the session in which it was in its rooms
   * @param entered to be called when the client is in its rooms
   */
  protected abstract enter(isIntact: boolean, entered: () => void): void;

  /** Called when the connection is lost. */
  protected left(): void {}

  // --- Inside ---

  #connected(): void {
    const recovered = this.client.recovered === true;
    const connection = ++this.#connections;
    const outage = this.outages.at(-1);
    const presence = this.presences.at(-1);
    this.#unanswered = 0;
    this.#numbers = new Map();
    if (recovered) this.recovered++;
    else if (presence !== undefined) presence.to ??= outage?.from ?? null;
    const isIntact = recovered && presence !== undefined && presence.to === null;
    if (outage !== undefined) outage.recovered = isIntact;
    this.enter(isIntact, () => {
      if (connection !== this.#connections || !this.client.connected) return;
      this.#isInRooms = true;
      if (outage !== undefined) outage.to ??= this.now();
      if (!isIntact) this.presences.push({ from: this.now(), to: null });
    });
  }

  #disconnected(reason: string): void {
    this.#isInRooms = false;
    const outage = this.outages.at(-1);
    const isKnown = outage !== undefined && outage.to === null; // it has not been in its rooms since
    if (!isKnown) this.outages.push({ from: this.now(), to: null, reason, recovered: null });
    // The client buffers while a ping is overdue, and would say these to another server, with its old name.
    this.client.sendBuffer = [];
    this.left();
  }
}
