/**
 * One connection to PostgreSQL that reconnects until it is closed. It runs one statement at a time. A connection that
 * leaves a statement unanswered counts as lost, and an idle one is checked with an empty statement.
 */
import { type Clock, inTime, type Timer } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';
import { BackOff } from '../broker/back-off.js';
import { reasonOf, unavailable } from '../broker/broker-failure.js';
import { destroy, type PostgresClient, type Statement } from './postgres-client.js';

/** ms until a connection attempt, or a statement, counts as failed. */
const ANSWER_TIME = 10_000;

/** ms between two checks of an idle connection. */
const CHECK_INTERVAL = 10_000;

/** ms that {@link PostgresConnection.close} waits until the server has closed the connection. */
const FAREWELL_TIME = 200;

type Rows = readonly Readonly<Record<string, unknown>>[];

/** Runs a statement on a connection that is not in use yet. */
export type Run = (statement: Statement) => Promise<Rows>;

export interface ConnectionUser {
  /** Prepares a new connection, before {@link connected}. If it rejects, the connection is dropped. */
  prepare(run: Run): Promise<void>;
  /** @param again whether there was a connection before */
  connected(again: boolean): void;
  /** Called once when a connection is lost, and for each failed attempt. */
  lost(reason: string): void;
  notified?(payload: string): void;
}

export class PostgresConnection {
  // --- Public attributes ---

  /**
   * Settles with the first connection: resolves when it is prepared, or rejects with `INVALID_OPTION` if the server
   * refuses the client and retrying cannot fix it. Pending while the server is absent.
   */
  readonly ready: Promise<void>;
  readonly #create: () => PostgresClient;
  readonly #user: ConnectionUser;
  readonly #clock: Clock;
  #settle!: { readonly resolve: () => void; readonly reject: (error: unknown) => void };
  /** Connected, or about to be. */
  #client: PostgresClient | null = null;
  #isReady = false;
  #wasReady = false;
  #isClosed = false;
  readonly #backOff = new BackOff();
  /** The next attempt to connect, or the next check of an idle connection. */
  #timer: Timer | null = null;
  /** Settles when the latest statement has finished. */
  #latest: Promise<unknown> = Promise.resolve();

  constructor(create: () => PostgresClient, user: ConnectionUser, clock: Clock) {
    this.#create = create;
    this.#user = user;
    this.#clock = clock;
    this.ready = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.ready.catch(() => {}); // the user may have closed it
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  // --- Public methods ---

  /** Connects. */
  open(): void {
    void this.#connect();
  }

  /** Runs a statement after the earlier ones. Rejects without a connection. */
  run(statement: Statement): Promise<Rows> {
    const result = this.#latest.then(() => {
      if (this.#client === null || !this.#isReady) throw new Error('PostgreSQL is not connected');
      this.#checkLater();
      return this.#runOn(this.#client, statement);
    });
    this.#latest = result.catch(() => {});
    return result;
  }

  /** Drops the connection, and connects again. */
  reconnect(reason: string): void {
    if (this.#client !== null) this.#lose(this.#client, new Error(reason));
  }

  /** Closes the connection within {@link FAREWELL_TIME}. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    const [client, wasReady] = [this.#client, this.#isReady];
    [this.#client, this.#isReady] = [null, false];
    if (client === null) return;
    if (wasReady) {
      const ended = client.end().catch(() => {});
      await inTime(ended, FAREWELL_TIME, this.#clock, () => {});
    }
    destroy(client);
  }

  // --- Inside ---

  async #connect(): Promise<void> {
    let client: PostgresClient;
    try {
      client = this.#create();
    } catch (error) {
      return this.#settle.reject(refusal(error, '')); // the library does not accept the configuration
    }
    this.#client = client;
    client.on('error', (error) => this.#lose(client, error));
    client.on('end', () => this.#lose(client, new Error('the connection was closed')));
    client.on('notification', ({ payload = '' }) => {
      if (this.#client === client) this.#user.notified?.(payload);
    });
    try {
      await this.#answered(client, client.connect());
      await this.#user.prepare((statement) => this.#runOn(client, statement));
    } catch (error) {
      return this.#lose(client, error);
    }
    if (this.#client !== client) return; // closed or lost in the meantime
    const again = this.#wasReady;
    [this.#isReady, this.#wasReady] = [true, true];
    this.#backOff.reset();
    this.#checkLater();
    this.#user.connected(again);
    this.#settle.resolve();
  }

  async #runOn(client: PostgresClient, statement: Statement): Promise<Rows> {
    try {
      return (await this.#answered(client, client.query(statement))).rows;
    } catch (error) {
      if (!isAboutStatement(error)) this.#lose(client, error); // before the next statement is sent
      throw error;
    }
  }

  /** Waits for an answer. If there is none in time, the client is destroyed, which rejects the answer. */
  async #answered<T>(client: PostgresClient, answer: Promise<T>): Promise<T> {
    const limit = this.#clock.after(ANSWER_TIME, () => {
      this.#lose(client, new Error('it does not answer'));
    });
    try {
      return await answer;
    } finally {
      limit.cancel();
    }
  }

  /** Called for every end of a client, more than once. */
  #lose(client: PostgresClient, error: unknown): void {
    if (this.#client !== client) return;
    [this.#client, this.#isReady] = [null, false];
    destroy(client);
    const where = client.host === undefined ? '' : ` at ${client.host}:${client.port}`;
    if (!this.#wasReady && isFinal(error)) return this.#settle.reject(refusal(error, where));
    this.#user.lost(unavailable(`PostgreSQL${where}`, error));
    this.#after(this.#backOff.next(), () => void this.#connect());
  }

  #checkLater(): void {
    this.#after(CHECK_INTERVAL, () => void this.run({ text: '' }).catch(() => {}));
  }

  #after(delay: number, task: () => void): void {
    this.#timer?.cancel();
    if (!this.#isClosed) this.#timer = this.#clock.after(delay, task);
  }
}

/**
 * Whether retrying cannot fix a failure: a wrong password or user (class 28), an unknown database (3D000), or a missing
 * privilege (42501). Source: PostgreSQL, "Error Codes"; `pg` for the messages without a code.
 */
function isFinal(error: unknown): boolean {
  const { code, message = '' } = error as { code?: unknown; message?: string };
  if (typeof code !== 'string') return /^SASL|does not support SSL/.test(message);
  return code.startsWith('28') || code === '3D000' || code === '42501';
}

/**
 * Whether the server answered a statement with an error, and accepts the next one: all classes but 08 and 57P, which
 * end the connection. Source: PostgreSQL, "Error Codes".
 */
function isAboutStatement(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(?!08|57P)[\dFHPX][\dA-Z]{4}$/.test(code);
}

function refusal(error: unknown, where: string): SocketIoError {
  return new SocketIoError(
    'INVALID_OPTION',
    `option "broker" must have a user, a password and a database that PostgreSQL${where} accepts, ` +
      `got "${reasonOf(error)}": write postgres://user:password@host:5432/database`,
    { cause: error },
  );
}
