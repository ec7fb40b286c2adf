/**
 * The server pings each client, and disconnects a client that does not answer with a pong in time. Two queues serve all
 * connections: one for those to be pinged next, one for those whose pong is due. A connection is always in exactly one.
 * Source: Engine.IO protocol, revision 4, "Heartbeat".
 */
import { type Clock, systemClock } from '../clock.js';
import { DeadlineQueue } from '../deadline-queue.js';

/** The part of a connection that the heartbeat uses. */
export interface Pingable {
  ping(): void;
  /** Total bytes received. */
  readonly bytesRead: number;
  timeout(): void;
  /** Whether the server has not read from it since the last call, so that it cannot have answered. */
  takeExcuse(): boolean;
}

export class Heartbeat {
  readonly #pings: DeadlineQueue<Pingable>;
  readonly #pongs: DeadlineQueue<Pingable>;
  /** `bytesRead` at the time of the ping, for each connection whose timeout can still be extended once. */
  readonly #bytesAtPing = new Map<Pingable, number>();

  /**
   * @param interval ms between a pong and the next ping; at most 1/64 longer
   * @param timeout ms that a client has to answer a ping; at most 1/64 longer
   */
  constructor(interval: number, timeout: number, clock: Clock = systemClock) {
    this.#pings = new DeadlineQueue(interval, (connection) => this.#pingDue(connection), clock);
    this.#pongs = new DeadlineQueue(timeout, (connection) => this.#pongDue(connection), clock);
  }

  start(connection: Pingable): void {
    this.#pings.add(connection);
  }

  /** Ignores a pong that answers no ping. @returns whether it answers one */
  pong(connection: Pingable): boolean {
    if (!this.#pongs.delete(connection)) return false;
    this.#bytesAtPing.delete(connection);
    this.#pings.add(connection);
    return true;
  }

  stop(connection: Pingable): void {
    this.#pings.delete(connection);
    this.#pongs.delete(connection);
    this.#bytesAtPing.delete(connection);
  }

  clear(): void {
    this.#pings.clear();
    this.#pongs.clear();
    this.#bytesAtPing.clear();
  }

  #pingDue(connection: Pingable): void {
    this.#bytesAtPing.set(connection, connection.bytesRead);
    this.#pongs.add(connection);
    connection.ping();
  }

  /**
   * A client in the middle of a long upload cannot pong, so bytes received since the ping earn one more timeout. So
   * does a time in which nothing was read from the client.
   */
  #pongDue(connection: Pingable): void {
    const before = this.#bytesAtPing.get(connection);
    this.#bytesAtPing.delete(connection);
    const excused = connection.takeExcuse();
    if (excused || (before !== undefined && connection.bytesRead > before)) this.#pongs.add(connection);
    else connection.timeout();
  }
}
