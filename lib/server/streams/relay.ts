/**
 * A client of this server that receives a stream of another one. It passes on the values in order, and reports its
 * progress as fast as the connection of the client takes them.
 */
import type { Message } from '../../engine/internal.js';
import type { ClientStream } from './client-streams.js';
import type { StreamSocket } from './stream-socket.js';

/** Reports to the server of the stream. */
export interface RelayReports {
  /** The client has been sent the values up to a number. */
  progressed(relay: Relay, n: number): void;
  /** Values after a number are missing. */
  missed(relay: Relay, n: number): void;
  /** The client is gone. @param isFinal whether it cannot return */
  away(relay: Relay, isFinal: boolean): void;
}

export class Relay implements ClientStream {
  readonly socket: StreamSocket;
  readonly id: string;
  /** The id of the server of the stream. */
  readonly owner: string;
  /** The number of the last value that the client has acknowledged. */
  acknowledged: number | null = null;
  readonly #reports: RelayReports;
  /** The number of the newest value that has arrived. */
  #last: number;
  /** Messages that have arrived before the client was answered; `null` afterwards. */
  #early: Message[] | null = [];
  #hasEnded = false;
  /** Whether values were missing before the client was answered. They may be of an earlier receiver on this server. */
  #hasGap = false;
  #isReporting = false;
  #isCatchingUp = false;

  /** @param last the number of the last value that the client has */
  constructor(socket: StreamSocket, id: string, owner: string, last: number, reports: RelayReports) {
    this.socket = socket;
    this.id = id;
    this.owner = owner;
    this.#last = last;
    this.#reports = reports;
  }

  get last(): number {
    return this.#last;
  }

  /** Whether the client has been answered, so that the stream is its own. */
  get isOpen(): boolean {
    return this.#early === null;
  }

  /** The client has been answered: the values follow. @returns whether they are all */
  open(): boolean {
    const early = this.#early ?? [];
    this.#early = null;
    for (const message of early) this.socket.forward(message, false);
    if (this.#hasGap && !this.#hasEnded) this.#catchUp();
    this.#report();
    return this.#hasEnded;
  }

  value(n: number, message: Message): void {
    if (n <= this.#last || this.#hasEnded) return;
    if (n > this.#last + 1) return this.#catchUp();
    this.#last = n;
    this.#isCatchingUp = false;
    this.#hasGap = false;
    this.#forward(message);
    this.#report();
  }

  /** @returns whether the client has been sent everything. Otherwise values are missing, or it is not answered yet */
  end(n: number, message: Message): boolean {
    if (this.#hasEnded) return false;
    if (n !== this.#last) {
      this.#catchUp();
      return false;
    }
    this.#hasEnded = true;
    this.#forward(message);
    return this.#early === null;
  }

  /** Messages of the server were lost. */
  resync(): void {
    this.#isCatchingUp = true;
    this.#reports.missed(this, this.#last);
  }

  lost(): void {
    this.#reports.away(this, false);
  }

  left(): void {
    this.#reports.away(this, true);
  }

  #catchUp(): void {
    if (this.#early !== null) this.#hasGap = true;
    else if (!this.#isCatchingUp) this.resync();
  }

  #forward(message: Message): void {
    if (this.#early === null) this.socket.forward(message, false);
    else this.#early.push(message);
  }

  /** At most once a turn, and once the connection has taken what it was sent. */
  #report(): void {
    if (this.#isReporting || this.#early !== null) return;
    this.#isReporting = true;
    void this.socket.conn.drained().then(() => {
      this.#isReporting = false;
      this.#reports.progressed(this, this.#last);
    });
  }
}
