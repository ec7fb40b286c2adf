/**
 * What the clients of one server share while they test it: what of the application runs, what of it failed,
 * and whether anything still moves. Nothing is timed: a message in memory takes a turn of the event loop per
 * step, and what the application does asynchronously is known by its promise.
 */
import { createServer, type Server as HttpServer } from 'node:http';
import { Server as TlsServer } from 'node:tls';
import type { LogObserver } from '../engine/index.js';
import { SocketIoError } from '../errors.js';
import type { Server } from '../server/index.js';
import { type Claim, Expectation } from './expectation.js';
import { MemorySocket } from './memory-socket.js';

// As they are before a test replaces them with fake ones.
const { clearTimeout, setImmediate, setTimeout } = globalThis;
const now = performance.now.bind(performance);

/** Turns of the event loop in which nothing may move: a step takes one, and the server collects a turn's messages. */
const QUIET_TURNS = 3;

// oxlint-disable-next-line typescript/no-explicit-any -- whatever its event maps are
export type AnyServer = Server<any, any, any>;

/** Something of the application, or of the server, that failed and was no answer meant for the client. */
export interface Failure {
  /** What the log says: where it happened and, for handlers, the id that the client got. */
  readonly message: string;
  /** What was thrown, if anything was. */
  readonly error: unknown;
}

/** How long an expectation lasts. */
export interface Patience {
  /** ms, at most, until the application's handlers have ended. */
  readonly timeout: number;
  /** ms, although everything has settled: for what a timer, a request or a broker causes. */
  readonly within?: number | undefined;
  /** Whether, when everything has settled, all of `timeout` is waited for: somebody has promised it. */
  readonly isPromised?: (() => boolean) | undefined;
}

interface Named {
  readonly what: string;
}

const stages = new WeakMap<AnyServer, Stage>();

export class Stage implements LogObserver {
  readonly server: AnyServer;
  readonly #running = new Set<Named>();
  readonly #unanswered = new Set<Named>();
  #failures: Failure[] = [];
  #moves = 0;
  #sleepers: (() => void)[] = [];
  #http: HttpServer | null = null;

  private constructor(server: AnyServer) {
    this.server = server;
    server.sockets.log.reader = this;
  }

  static of(server: AnyServer): Stage {
    const known = stages.get(server);
    if (known !== undefined) return known;
    const stage = new Stage(server);
    stages.set(server, stage);
    return stage;
  }

  /** An HTTP server that never listens, for a server that has none. */
  get http(): HttpServer {
    if (this.#http === null) {
      this.#http = createServer();
      this.server.attach(this.#http);
    }
    return this.#http;
  }

  /** A connection to an HTTP server, as if from `address`. */
  dial(http: HttpServer, address: string): MemorySocket {
    const secure = http instanceof TlsServer;
    const [client, server] = MemorySocket.pair(address, secure, () => this.#move());
    http.emit(secure ? 'secureConnection' : 'connection', server);
    return client;
  }

  running(what: string, call: Promise<unknown>): void {
    const named = { what };
    this.#running.add(named);
    this.#move();
    const ended = (): void => {
      this.#running.delete(named);
      this.#move();
    };
    call.then(ended, ended);
  }

  failed(message: string, error: unknown): void {
    this.#failures.push({ message, error });
    this.#move();
  }

  /** The server has asked a client. @returns to be called when it is answered, or cannot be any more */
  asked(what: string): () => void {
    const named = { what };
    this.#unanswered.add(named);
    return () => this.#unanswered.delete(named);
  }

  /** The failures that nobody has seen; takes them. */
  takeFailures(): Failure[] {
    const failures = this.#failures;
    this.#failures = [];
    return failures;
  }

  /**
   * What a test is told when something did not come: failures first, they are the likely cause.
   * @returns `null` when all is well
   */
  verdict(missing: SocketIoError | null): SocketIoError | null {
    const failures = this.takeFailures();
    if (failures.length === 0) return missing;
    const errors = failures.map(({ error }) => error).filter((error) => error !== undefined);
    const lines = failures.map(({ message, error }) =>
      error === undefined ? message : `${message}: ${textOf(error)}`,
    );
    if (missing !== null) lines.push(missing.message);
    const cause = errors.length > 1 ? new AggregateError(errors) : errors[0];
    return new SocketIoError('HANDLER_FAILED', lines.join('\n'), cause === undefined ? {} : { cause });
  }

  /**
   * @param begin hands the claim to those who can fulfil it
   * @param missing says what did not come, once nothing moves any more
   */
  expect<T>(begin: (claim: Claim<T>) => void, missing: () => SocketIoError, patience: Patience): Expectation<T> {
    return Expectation.of(begin, async ({ isOpen }) => {
      const { timeout, within, isPromised } = patience;
      const unfinished = within === undefined ? await this.#calm(timeout, isOpen) : await this.#pass(within, isOpen);
      if (isPromised?.() === true) await this.#pass(timeout, isOpen);
      if (!isOpen()) return missing(); // nobody will see it
      const { code, message } = missing();
      return this.verdict(
        new SocketIoError(code, unfinished === null ? message : `${message}; ${unfinished}`),
      ) as Error;
    });
  }

  /**
   * Resolves when everything has settled.
   * @throws SocketIoError `HANDLER_FAILED`, `NOT_SETTLED`
   */
  async settled(timeout: number): Promise<void> {
    const unfinished = await this.#calm(timeout, () => true);
    const error = this.verdict(unfinished === null ? null : new SocketIoError('NOT_SETTLED', unfinished));
    if (error !== null) throw error;
  }

  /** @returns what has not settled in time, or `null` */
  async #calm(timeout: number, isOpen: () => boolean): Promise<string | null> {
    const end = now() + timeout;
    for (let quiet = 0; quiet < QUIET_TURNS && isOpen();) {
      const before = this.#moves;
      if (this.#running.size > 0) await this.#nextMove(end - now());
      else await new Promise((resolve) => setImmediate(resolve));
      quiet = this.#running.size > 0 || this.#moves !== before ? 0 : quiet + 1;
      if (quiet === 0 && now() >= end) return this.#unfinished(timeout);
    }
    return null;
  }

  async #pass(time: number, isOpen: () => boolean): Promise<null> {
    const end = now() + time;
    while (isOpen() && now() < end) await this.#nextMove(end - now());
    return null;
  }

  #nextMove(timeout: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, timeout));
      this.#sleepers.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #move(): void {
    this.#moves++;
    const sleepers = this.#sleepers;
    if (sleepers.length === 0) return;
    this.#sleepers = [];
    for (const wake of sleepers) wake();
  }

  #unfinished(timeout: number): string {
    const running = [...this.#running].map(({ what }) => what);
    const what = running.length === 0 ? 'messages come and go without end' : `this still runs: ${running.join(', ')}`;
    const questions = [...this.#unanswered].map(({ what }) => what);
    const hint =
      questions.length === 0 ? '' : `; the server waits for an answer to ${questions.join(', ')}: see answer()`;
    return `after ${timeout} ms ${what}${hint}`;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
