/**
 * The story of one CONNECT: {@link Admission.admit} restores the session that the client claims, runs the
 * middlewares, places the socket in the namespace, runs the connect handlers, and accepts or refuses. Each CONNECT is
 * decided once: at once if the application has no say, otherwise when it has decided or `connectTimeout` has passed.
 */
import { isThenable, type Log } from '../../engine/index.js';
import { label, SocketIoError } from '../../errors.js';
import type { Refusal } from '../../protocol/index.js';
import { type RestoredSession, sessionClaim } from '../adapter/recovery.js';
import type { ResolvedServerOptions } from '../server-options.js';
import type { Socket } from '../socket/socket.js';
import { HandlerList } from './handlers.js';
import type { Namespace } from './namespace.js';
import type { OpenClients } from './open-clients.js';

/** The error that a middleware refuses with. The client gets `data` as well as the message. Source: Socket.IO. */
export interface ExtendedError extends Error {
  // oxlint-disable-next-line typescript/no-explicit-any -- as Socket.IO: the application defines what it tells clients
  data?: any;
}

/**
 * Decides on a CONNECT. `next()` continues, `next(error)` refuses with the error's `message` and `data`, `next(text)`
 * refuses with that message.
 */
export type Middleware<S = Socket> = (socket: S, next: (error?: string | ExtendedError) => void) => unknown;

/**
 * Runs after the middlewares, before CONNECT is answered. An exception or rejection refuses. Middlewares and connect
 * handlers together have `connectTimeout`; then the client is refused, and what they do afterwards has no effect.
 */
export type ConnectHandler<S = Socket> = (socket: S) => void | Promise<void>;

/** Thrown in a connect handler or middleware: the client gets `connect_error` with this message and data. */
export class ConnectionRefused extends SocketIoError {
  /**
   * @param message becomes `error.message` in the client
   * @param data becomes `error.data` in the client; any JSON value
   */
  constructor(
    message: string,
    readonly data?: unknown,
    options?: ErrorOptions,
  ) {
    super('CONNECTION_REFUSED', message, options);
    this.name = 'ConnectionRefused';
  }
}

export class Admission {
  readonly middlewares: Middleware[] = [];
  readonly handlers = new HandlerList<ConnectHandler>();
  readonly #namespace: Namespace;
  readonly #clients: OpenClients;
  readonly #options: ResolvedServerOptions;

  constructor(namespace: Namespace, clients: OpenClients, options: ResolvedServerOptions) {
    this.#namespace = namespace;
    this.#clients = clients;
    this.#options = options;
  }

  /** Copies the middlewares and handlers of a parent namespace. */
  inherit(parent: Admission): void {
    this.middlewares.push(...parent.middlewares);
    this.handlers.inherit(parent.handlers);
  }

  /** Decides on a CONNECT. */
  admit(socket: Socket): void {
    this.#clients.enter();
    const { recovery } = this.#namespace.delivery;
    const claim = recovery === null ? null : sessionClaim(socket.auth);
    const restored = recovery === null || claim === null ? null : recovery.take(claim.pid, claim.offset);
    if (restored instanceof Promise) {
      void this.#namespace.contain('recovering a client', async () => this.#consider(socket, await restored));
    } else this.#consider(socket, restored);
  }

  /** @param restored the session that the client resumes */
  #consider(socket: Socket, restored: RestoredSession | null): void {
    if (!socket.isUndecided) return; // it was overdue
    if (restored !== null) {
      socket.restore(restored);
      socket.place(); // now: events sent from here on are not among the missed ones
      this.#namespace.delivery.join(socket, restored.rooms);
    }
    if (this.#allMiddlewares.length === 0 && this.#allHandlers.length === 0) {
      socket.place();
      socket.accept();
    } else void this.#namespace.contain('accepting a client', () => this.#decide(socket));
  }

  async #decide(socket: Socket): Promise<void> {
    const skips = socket.recovered && this.#options.recovery?.skipMiddlewares === true;
    try {
      if (!skips) await runMiddlewares(this.#allMiddlewares, socket);
    } catch (error) {
      return this.#refuse(socket, error);
    }
    await this.#clients.track(socket, this.#enter(socket));
  }

  async #enter(socket: Socket): Promise<void> {
    socket.place();
    if (this.#options.acceptFirst) socket.greet();
    try {
      for (const handler of this.#allHandlers) await handler(socket);
    } catch (error) {
      return this.#refuse(socket, error);
    }
    socket.accept();
  }

  #refuse(socket: Socket, error: unknown): void {
    const { name, log } = this.#namespace;
    const refusal = refusalOf(error, name, log);
    if (!socket.isUndecided) return; // it was overdue
    if (socket.recovered) socket.keepSession(socket.ending); // its client may try again
    try {
      socket.refuse(refusal);
    } catch (unsendable) {
      socket.refuse(refusalOf(unsendable, name, log)); // the error's `data` is circular, for example
    }
    this.#clients.leave();
  }

  /** The application has not decided in time: refuses the client, whatever it is waiting for. */
  overdue(socket: Socket): void {
    const culprit = socket.isPlaced ? 'a connect handler did not finish' : 'a middleware did not call next';
    this.#clients.forget(socket);
    const { name, log } = this.#namespace;
    const limit = `within connectTimeout, ${this.#options.connectTimeout} ms`;
    log.error(`${culprit} in ${label(name)} ${limit}: the client is refused`);
    this.#refuse(socket, new ConnectionRefused('The server did not decide in time'));
  }

  /** The middlewares of all namespaces come first. */
  get #allMiddlewares(): readonly Middleware[] {
    const common = this.#wildcard?.middlewares ?? [];
    return common.length === 0 ? this.middlewares : [...common, ...this.middlewares];
  }

  get #allHandlers(): readonly ConnectHandler[] {
    return this.handlers.with(this.#wildcard?.handlers);
  }

  /** The admission of the wildcard namespace, which applies to all namespaces. */
  get #wildcard(): Admission | undefined {
    return this.#namespace.server.wildcard?.admission;
  }
}

/**
 * Runs the middlewares one after the other.
 * @throws ConnectionRefused if a middleware refuses or the client has left; whatever a middleware throws
 */
export async function runMiddlewares(middlewares: readonly Middleware[], socket: Socket): Promise<void> {
  for (const middleware of middlewares) {
    await runMiddleware(middleware, socket);
    // The client left, a middleware disconnected it, or it is overdue: then no handler needs to see it.
    if (!socket.isUndecided || socket.ending !== null) throw new ConnectionRefused('Disconnected by the server');
  }
}

/** The message and data of a `ConnectionRefused`. The client learns nothing of any other error, which is logged. */
export function refusalOf(error: unknown, namespace: string, log: Log): Refusal {
  if (error instanceof ConnectionRefused) {
    return error.data === undefined ? { message: error.message } : { message: error.message, data: error.data };
  }
  log.error(`a middleware or connect handler of ${label(namespace)} failed: the client is refused`, error);
  return { message: 'Internal server error' };
}

/** Resolves with the first of `next()`, `next(error)`, an exception and a rejection. */
function runMiddleware(middleware: Middleware, socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (error?: string | ExtendedError): void => {
      if (error === undefined || error === null) resolve();
      else if (typeof error === 'string') reject(new ConnectionRefused(error));
      else reject(new ConnectionRefused(error.message, error.data, { cause: error }));
    };
    const result = middleware(socket, next);
    if (isThenable(result)) result.then(undefined, reject);
  });
}
