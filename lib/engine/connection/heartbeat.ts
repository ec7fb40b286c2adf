/**
 * The server pings, the client pongs; who does not is gone. Two queues serve all connections: those whose
 * next ping is due, and those whose pong is. A connection is always in one of them.
 * Source: Engine.IO protocol, revision 4, "Heartbeat".
 */
import { type Clock, systemClock } from '../clock.js';
import { DeadlineQueue } from '../deadline-queue.js';

/** What the heartbeat needs of a connection. */
export interface Beating {
  ping(): void;
  /** Bytes received so far. */
  readonly bytesRead: number;
  timeout(): void;
}

export class Heartbeat {
  readonly #pings: DeadlineQueue<Beating>;
  readonly #pongs: DeadlineQueue<Beating>;
  /** Who awaits a pong for the first time since its ping, and how much it had sent when pinged. */
  readonly #heard = new Map<Beating, number>();

  /** Both in ms; a deadline is met at most 1/64 late. */
  constructor(interval: number, timeout: number, clock: Clock = systemClock) {
    this.#pings = new DeadlineQueue(interval, (connection) => this.#pingDue(connection), clock);
    this.#pongs = new DeadlineQueue(timeout, (connection) => this.#pongDue(connection), clock);
  }

  start(connection: Beating): void {
    this.#pings.add(connection);
  }

  /** A pong that nobody asked for is ignored. */
  pong(connection: Beating): void {
    if (!this.#pongs.delete(connection)) return;
    this.#heard.delete(connection);
    this.#pings.add(connection);
  }

  stop(connection: Beating): void {
    this.#pings.delete(connection);
    this.#pongs.delete(connection);
    this.#heard.delete(connection);
  }

  clear(): void {
    this.#pings.clear();
    this.#pongs.clear();
    this.#heard.clear();
  }

  #pingDue(connection: Beating): void {
    this.#heard.set(connection, connection.bytesRead);
    this.#pongs.add(connection);
    connection.ping();
  }

  /** A client that is busy with a long upload cannot pong: bytes since the ping earn one more timeout. */
  #pongDue(connection: Beating): void {
    const before = this.#heard.get(connection);
    this.#heard.delete(connection);
    if (before !== undefined && connection.bytesRead > before) this.#pongs.add(connection);
    else connection.timeout();
  }
}
