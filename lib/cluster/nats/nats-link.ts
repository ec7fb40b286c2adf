/**
 * The connection of a broker to NATS, opened here or by the application. The client library reconnects, but drops
 * messages that are published in the meantime. The link therefore holds operations until the connection is ready again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { SocketIoError } from '../../errors.js';
import type { BrokerListener } from '../broker/broker.js';
import { BackOff } from '../broker/back-off.js';
import { brokerClosed, unavailable } from '../broker/broker-failure.js';
import { ProblemReport } from '../broker/problem-report.js';
import type { NatsConnection } from './nats-client.js';
import { closeConnection, type OpenConnection } from './open-connection.js';

/** Prepares connections for a broker. */
export interface LinkUser {
  /** Subscribes. Called once for each connection object. */
  attach(connection: NatsConnection): void;
  /**
   * Prepares the connection whenever it is established. Repeated after a failure.
   * @param again whether an earlier connection was ready
   * @throws SocketIoError for a failure that retrying cannot fix
   */
  prepare(connection: NatsConnection, again: boolean): Promise<void>;
}

type Operation<T> = (connection: NatsConnection) => Promise<T>;

/** An operation that waits for the connection. */
interface Waiting {
  start(connection: NatsConnection): void;
  fail(error: Error): void;
}

interface Status {
  readonly type: string;
  /** For `error`: with `operation` if the user lacks a permission */
  readonly error?: Error & { readonly operation?: string };
}

export class NatsLink {
  // --- Public attributes ---

  readonly #source: NatsConnection | OpenConnection;
  readonly #user: LinkUser;
  readonly #closing = new AbortController();
  readonly #problem = new ProblemReport<'connection'>();
  readonly #backOff = new BackOff();
  #current: NatsConnection | null = null;
  #ready = false;
  #wasReady = false;
  /** Counts the changes of the connection. A preparation ends when its connection is out of date. */
  #changes = 0;
  readonly #waiting = new Set<Waiting>();
  /** Rejects the operations under way. */
  readonly #underWay = new Set<(error: Error) => void>();
  #opened: { resolve: () => void; reject: (error: unknown) => void } | null = null;
  #stopStatus: (() => void) | null = null;

  constructor(source: NatsConnection | OpenConnection, user: LinkUser) {
    this.#source = source;
    this.#user = user;
  }

  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  // --- Public methods ---

  /** Resolves when the connection is ready for the first time. */
  open(listener: BrokerListener): Promise<void> {
    this.#problem.open(listener);
    const opened = new Promise<void>((resolve, reject) => {
      this.#opened = { resolve, reject };
    });
    this.#run().catch((error: unknown) => this.#fail(error));
    return opened;
  }

  /**
   * Starts an operation when the connection is ready. Rejects if the connection is lost during the operation.
   * @param patience ms after which it rejects if the connection is still not ready
   */
  whenReady<T>(operation: Operation<T>, patience?: number): Promise<T> {
    if (this.closed) return Promise.reject(brokerClosed());
    if (this.#ready && this.#current !== null) return this.#start(operation, this.#current);
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        start: (connection) => {
          end();
          this.#start(operation, connection).then(resolve, reject);
        },
        fail: (error) => {
          end();
          reject(error);
        },
      };
      const late = (): void => waiting.fail(new Error(this.#problem.current ?? 'NATS is not connected'));
      const timer = patience === undefined ? undefined : setTimeout(late, patience);
      const end = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
      };
      this.#waiting.add(waiting);
    });
  }

  /** Prepares the connection again, as after a reconnection. */
  prepareAgain(): void {
    if (this.#ready && this.#current !== null) void this.#prepare(this.#current);
  }

  /** Rejects all operations, and closes the connection if it was opened here. Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#stopStatus?.();
    this.#lost(brokerClosed());
    for (const waiting of this.#waiting) waiting.fail(brokerClosed());
    const connection = this.#current;
    this.#current = null;
    if (connection !== null && typeof this.#source === 'function') await closeConnection(connection);
  }

  // --- Inside ---

  async #run(): Promise<void> {
    while (!this.closed) {
      const connection = await this.#connect();
      if (connection === null) return;
      if (this.closed) return this.#discard(connection);
      this.#current = connection;
      try {
        this.#user.attach(connection);
      } catch (error) {
        this.#report(unavailable('NATS', error)); // the connection is closed, or about to be
        await this.#pause();
        continue;
      }
      void this.#watch(connection);
      void this.#prepare(connection);
      const error = await connection.closed();
      if (this.#current !== connection) return;
      this.#current = null;
      this.#down(error ?? 'the connection was closed');
      if (typeof this.#source !== 'function') return;
    }
  }

  /** @returns `null` if the link was closed first */
  async #connect(): Promise<NatsConnection | null> {
    const open = this.#source;
    if (typeof open !== 'function') {
      if (!open.isClosed()) return open;
      throw new SocketIoError('INVALID_OPTION', 'option "connection" must be an open connection, but it is closed');
    }
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        return await open(signal);
      } catch (error) {
        if (signal.aborted) return null;
        if (error instanceof SocketIoError && this.#opened !== null) throw error;
        this.#report(unavailable('NATS', error));
      }
      await this.#pause();
    }
    return null;
  }

  async #watch(connection: NatsConnection): Promise<void> {
    const statuses = connection.status() as AsyncIterable<Status> & { stop?: () => void };
    this.#stopStatus = () => statuses.stop?.();
    for await (const { type, error } of statuses) {
      if (this.#current !== connection) return;
      if (type === 'disconnect') this.#down('the connection was lost');
      else if (type === 'reconnect') void this.#prepare(connection);
      else if (type === 'error' && error?.operation === 'publish') this.#report(unavailable('NATS', error));
      // The library would wait until the frozen server reads all data. A new connection is opened instead.
      else if (type === 'staleConnection') this.#discard(connection);
    }
  }

  async #prepare(connection: NatsConnection): Promise<void> {
    this.#ready = false;
    const change = ++this.#changes;
    const isCurrent = (): boolean => change === this.#changes && !this.closed;
    for (;;) {
      try {
        await this.#user.prepare(connection, this.#wasReady);
        break;
      } catch (error) {
        if (!isCurrent()) return;
        if (error instanceof SocketIoError && this.#opened !== null) return this.#fail(error);
        this.#report(unavailable('NATS', error));
        await this.#pause();
      }
      if (!isCurrent()) return;
    }
    if (isCurrent()) this.#up(connection);
  }

  #up(connection: NatsConnection): void {
    this.#ready = true;
    this.#wasReady = true;
    this.#backOff.reset();
    this.#report(null);
    for (const waiting of this.#waiting) waiting.start(connection);
    this.#opened?.resolve();
    this.#opened = null;
  }

  #down(reason: unknown): void {
    if (this.closed) return;
    const problem = unavailable('NATS', reason);
    this.#lost(new Error(problem));
    this.#report(problem);
  }

  /** Rejects the operations under way. NATS may have carried them out. */
  #lost(error: Error): void {
    this.#ready = false;
    this.#changes++;
    for (const fail of this.#underWay) fail(error);
    this.#underWay.clear();
  }

  #start<T>(operation: Operation<T>, connection: NatsConnection): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#underWay.add(reject);
      attempt(operation, connection)
        .finally(() => this.#underWay.delete(reject))
        .then(resolve, reject);
    });
  }

  #report(problem: string | null): void {
    if (!this.closed) this.#problem.set('connection', problem);
  }

  /** Rejects {@link open} with a start-up error. */
  #fail(error: unknown): void {
    this.#opened?.reject(error);
    this.#opened = null;
    void this.close();
  }

  /** Waits before the next attempt to open a connection, or to prepare one. */
  async #pause(): Promise<void> {
    await delay(this.#backOff.next(), undefined, { signal: this.#closing.signal }).catch(() => {});
  }

  #discard(connection: NatsConnection): void {
    if (typeof this.#source === 'function') void closeConnection(connection);
  }
}

async function attempt<T>(operation: Operation<T>, connection: NatsConnection): Promise<T> {
  return operation(connection);
}
