/**
 * Watches one server for all its test clients: which calls of the application are running, which have failed, and
 * whether everything has settled. It does not guess by time. A message in memory takes one turn of the event loop per
 * step, and asynchronous work of the application is known by its promise.
 */
import { createServer, type Server as HttpServer } from 'node:http';
import { Server as TlsServer } from 'node:tls';
import type { LogObserver } from '../engine/internal.js';
import { SocketIoError } from '../errors.js';
import type { Server } from '../server/internal.js';
import { Expectation, type Resolvers } from './expectation.js';
import { MemorySocket } from './memory-socket.js';

// The real functions, taken before a test can replace them with fake timers.
const { clearTimeout, setImmediate, setTimeout } = globalThis;
const now = performance.now.bind(performance);

/** Turns of the event loop without activity: a step takes one turn, and the server collects the messages of a turn. */
const QUIET_TURNS = 3;

// oxlint-disable-next-line typescript/no-explicit-any -- accepts servers with any event maps
export type AnyServer = Server<any, any, any>;

/**
 * A failure of the application or the server that was not meant as an answer to the client.
 * @publicApi
 */
export interface Failure {
  /** The log message: where the failure happened and, for handlers, the id that the client received. */
  readonly message: string;
  /** The exception, if there was one. */
  readonly error: unknown;
}

/** How long an expectation waits. */
export interface WaitLimits {
  /** The maximum time, in ms, to wait for the application's handlers to finish. */
  readonly timeout: number;
  /** The time, in ms, to wait even if everything has settled: for the effect of a timer, a request or a broker. */
  readonly within?: number | undefined;
  /** Whether to wait for all of `timeout` even if everything has settled, because the value has been promised. */
  readonly isPromised?: (() => boolean) | undefined;
}

interface Task {
  readonly what: string;
}

const monitors = new WeakMap<AnyServer, ServerMonitor>();

export class ServerMonitor implements LogObserver {
  readonly server: AnyServer;
  readonly #running = new Set<Task>();
  readonly #unanswered = new Set<Task>();
  #failures: Failure[] = [];
  #activity = 0;
  #activityWaiters: (() => void)[] = [];
  #http: HttpServer | null = null;

  private constructor(server: AnyServer) {
    this.server = server;
    server.sockets.log.observer = this;
  }

  static of(server: AnyServer): ServerMonitor {
    const known = monitors.get(server);
    if (known !== undefined) return known;
    const monitor = new ServerMonitor(server);
    monitors.set(server, monitor);
    return monitor;
  }

  /** An HTTP server that never listens, for a server without one. */
  get http(): HttpServer {
    if (this.#http === null) {
      this.#http = createServer();
      this.server.attach(this.#http);
    }
    return this.#http;
  }

  /** Opens a connection in memory to an HTTP server. @param address the client's address, as the server sees it */
  connect(http: HttpServer, address: string): MemorySocket {
    const secure = http instanceof TlsServer;
    const [client, server] = MemorySocket.pair(address, secure, () => this.#noteActivity());
    http.emit(secure ? 'secureConnection' : 'connection', server);
    return client;
  }

  running(what: string, call: Promise<unknown>): void {
    const task = { what };
    this.#running.add(task);
    this.#noteActivity();
    const ended = (): void => {
      this.#running.delete(task);
      this.#noteActivity();
    };
    call.then(ended, ended);
  }

  failed(message: string, error: unknown): void {
    this.#failures.push({ message, error });
    this.#noteActivity();
  }

  /**
   * Notes that the server waits for an acknowledgement of a client.
   * @returns a function to call when the client has acknowledged, or no longer can
   */
  ackRequested(what: string): () => void {
    const task = { what };
    this.#unanswered.add(task);
    return () => this.#unanswered.delete(task);
  }

  /** Returns the failures that no test has seen, and forgets them. */
  takeFailures(): Failure[] {
    const failures = this.#failures;
    this.#failures = [];
    return failures;
  }

  /**
   * Returns the error to throw in a test. Failures come first, because they are the likely cause.
   * @param missing the error if nothing has failed
   * @returns `null` if nothing has failed and nothing is missing
   */
  toError(missing: SocketIoError | null): SocketIoError | null {
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
   * @param begin receives the resolvers and passes them to the code that can settle the expectation
   * @param missing creates the error if the value was not received although everything has settled
   */
  expect<T>(
    begin: (resolvers: Resolvers<T>) => void,
    missing: () => SocketIoError,
    limits: WaitLimits,
  ): Expectation<T> {
    return Expectation.of(begin, async ({ isOpen }) => {
      const { timeout, within, isPromised } = limits;
      const unfinished = within === undefined ? await this.#settle(timeout, isOpen) : await this.#wait(within, isOpen);
      if (isPromised?.() === true) await this.#wait(timeout, isOpen);
      if (!isOpen()) return missing(); // already settled: this error has no effect
      const { code, message } = missing();
      return this.toError(
        new SocketIoError(code, unfinished === null ? message : `${message}; ${unfinished}`),
      ) as Error;
    });
  }

  /**
   * Resolves when everything has settled.
   * @param timeout ms
   * @throws SocketIoError `HANDLER_FAILED`, `NOT_SETTLED`
   */
  async settled(timeout: number): Promise<void> {
    const unfinished = await this.#settle(timeout, () => true);
    const error = this.toError(unfinished === null ? null : new SocketIoError('NOT_SETTLED', unfinished));
    if (error !== null) throw error;
  }

  /** Waits until everything has settled. @returns a description of unfinished work if time runs out, or `null` */
  async #settle(timeout: number, isOpen: () => boolean): Promise<string | null> {
    const end = now() + timeout;
    for (let quiet = 0; quiet < QUIET_TURNS && isOpen();) {
      const before = this.#activity;
      if (this.#running.size > 0) await this.#nextActivity(end - now());
      else await new Promise((resolve) => setImmediate(resolve));
      quiet = this.#running.size > 0 || this.#activity !== before ? 0 : quiet + 1;
      if (quiet === 0 && now() >= end) return this.#describeUnfinished(timeout);
    }
    return null;
  }

  async #wait(time: number, isOpen: () => boolean): Promise<null> {
    const end = now() + time;
    while (isOpen() && now() < end) await this.#nextActivity(end - now());
    return null;
  }

  #nextActivity(timeout: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, timeout));
      this.#activityWaiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #noteActivity(): void {
    this.#activity++;
    const waiters = this.#activityWaiters;
    if (waiters.length === 0) return;
    this.#activityWaiters = [];
    for (const wake of waiters) wake();
  }

  #describeUnfinished(timeout: number): string {
    const running = [...this.#running].map(({ what }) => what);
    const what = running.length === 0 ? 'messages are still being exchanged' : `still running: ${running.join(', ')}`;
    const requests = [...this.#unanswered].map(({ what }) => what);
    const hint =
      requests.length === 0
        ? ''
        : `; the server waits for an acknowledgement of ${requests.join(', ')}: answer it with answer()`;
    return `after ${timeout} ms, ${what}${hint}`;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
