/**
 * The connection of a broker to NATS: opened here, or by the application. The client library reconnects. Meanwhile it
 * drops what is published, so that the link keeps operations back until the connection is ready again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { SocketIoError } from '../../errors.js';
import type { BrokerListener } from '../broker/broker.js';
import { type NatsConnection, reasonOf } from './nats-client.js';
import { closeConnection, type OpenConnection } from './open-connection.js';

/** ms between two attempts to open a connection, or to prepare one. */
const PAUSE = 500;

/** Prepares connections for a broker. */
export interface LinkUser {
  /** Subscribes. Called once for each connection object. */
  attach(connection: NatsConnection): void;
  /**
   * Prepares the connection whenever it is established. Repeated after a failure.
   * @param again whether an earlier connection was ready
   * @throws SocketIoError for a failure that no later attempt can mend
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
  #listener: BrokerListener | null = null;
  /** Reported last, so that each problem is reported once. */
  #problem: string | null = null;
  #current: NatsConnection | null = null;
  #ready = false;
  #wasReady = false;
  /** Counts the changes of the connection. A preparation ends when its connection is out of date. */
  #changes = 0;
  readonly #waiting = new Set<Waiting>();
  /** The operations that the connection has. */
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
    this.#listener = listener;
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
    if (this.closed) return Promise.reject(closedError());
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
      const late = (): void => waiting.fail(new Error(this.#problem ?? 'NATS is not connected'));
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

  async close(): Promise<void> {
    this.#closing.abort();
    this.#stopStatus?.();
    this.#lost(closedError());
    for (const waiting of this.#waiting) waiting.fail(closedError());
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
        this.#report(`NATS is not ready: ${reasonOf(error)}`); // the connection is closed, or about to be
        await pause(this.#closing.signal);
        continue;
      }
      void this.#watch(connection);
      void this.#prepare(connection);
      const error = await connection.closed();
      if (this.#current !== connection) return;
      this.#current = null;
      this.#down(`the connection to NATS is closed${error === undefined ? '' : `: ${reasonOf(error)}`}`);
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
        this.#report(`NATS cannot be reached: ${reasonOf(error)}`);
      }
      await pause(signal);
    }
    return null;
  }

  async #watch(connection: NatsConnection): Promise<void> {
    const statuses = connection.status() as AsyncIterable<Status> & { stop?: () => void };
    this.#stopStatus = () => statuses.stop?.();
    for await (const { type, error } of statuses) {
      if (this.#current !== connection) return;
      if (type === 'disconnect') this.#down('the connection to NATS was lost');
      else if (type === 'reconnect') void this.#prepare(connection);
      else if (type === 'error' && error?.operation === 'publish')
        this.#report(`NATS refuses messages: ${error.message}`);
      // The library would wait until the frozen server takes what it has been sent. A new connection is opened instead.
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
        this.#report(`NATS is not ready: ${reasonOf(error)}`);
        await pause(this.#closing.signal);
      }
      if (!isCurrent()) return;
    }
    if (isCurrent()) this.#up(connection);
  }

  #up(connection: NatsConnection): void {
    this.#ready = true;
    this.#wasReady = true;
    this.#report(null);
    for (const waiting of this.#waiting) waiting.start(connection);
    this.#opened?.resolve();
    this.#opened = null;
  }

  #down(problem: string): void {
    if (this.closed) return;
    this.#lost(new Error(problem));
    this.#report(problem);
  }

  /** Rejects the operations that the connection has. They may have been carried out. */
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
    if (problem === this.#problem || this.closed) return;
    this.#problem = problem;
    this.#listener?.connection(problem);
  }

  /** Ends {@link open} with an error of the configuration. */
  #fail(error: unknown): void {
    this.#opened?.reject(error);
    this.#opened = null;
    void this.close();
  }

  #discard(connection: NatsConnection): void {
    if (typeof this.#source === 'function') void closeConnection(connection);
  }
}

async function attempt<T>(operation: Operation<T>, connection: NatsConnection): Promise<T> {
  return operation(connection);
}

function closedError(): Error {
  return new SocketIoError('SERVER_CLOSED', 'the connection to NATS is closed');
}

async function pause(signal: AbortSignal): Promise<void> {
  await delay(PAUSE, undefined, { signal }).catch(() => {});
}
