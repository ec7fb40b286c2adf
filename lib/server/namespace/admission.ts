/**
 * The decision on one CONNECT: {@link Admission.admit} restores the session that the client claims, runs the
 * middlewares, places the socket in the namespace, runs the connect handlers, and accepts or refuses. Without
 * middlewares and connect handlers, it decides at once. Otherwise it decides when they have finished or when
 * `connectTimeout` has passed, whichever comes first.
 */
import { ClientReason, isThenable, type Log, type Loggable } from '../../engine/internal.js';
import { label, quote, SocketIoError } from '../../errors.js';
import type { Refusal } from '../../protocol/internal.js';
import { type RestoredSession, sessionClaim } from '../adapter/recovery.js';
import type { ResolvedServerOptions } from '../server-options.js';
import type { DecisionStep } from '../socket/pending-connect.js';
import { OWN_REASONS } from '../socket/own-reasons.js';
import type { ConnectRefusal } from '../telemetry/instrument.js';
import type { Socket } from '../socket/socket.js';
import { HandlerList } from './handler-list.js';
import type { Namespace } from './namespace.js';
import type { OpenClients } from './open-clients.js';

/**
 * The error that a middleware refuses with. The client gets `data` as well as the message. Source: Socket.IO.
 * @publicApi
 */
export interface ExtendedError extends Error {
  // oxlint-disable-next-line typescript/no-explicit-any -- as Socket.IO: the application defines what clients get
  data?: any;
}

/**
 * Decides on a CONNECT. `next()` continues, `next(error)` refuses with the error's `message` and `data`, `next(text)`
 * refuses with that message.
 * @publicApi
 */
export type Middleware<S = Socket> = (socket: S, next: (error?: string | ExtendedError) => void) => unknown;

/**
 * Runs after the middlewares, before CONNECT is answered. An exception or rejection refuses. Middlewares and connect
 * handlers together have `connectTimeout`; then the client is refused, and what they do afterwards has no effect.
 * @publicApi
 */
export type ConnectHandler<S = Socket> = (socket: S) => void | Promise<void>;

/**
 * Thrown in a connect handler or middleware: the client gets `connect_error` with this message and data.
 * @publicApi
 */
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

/** The cause of an overdue decision, by the step that is not finished. */
const OVERDUE: Readonly<Record<DecisionStep, string>> = {
  session: 'recovery did not find the session of a client',
  middlewares: 'a middleware did not call next',
  replay: 'a client did not read the events that it missed',
  handlers: 'a connect handler did not finish',
};

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

  /** Whether a middleware or connect handler may refuse a client. */
  get decides(): boolean {
    return this.#allMiddlewares.length > 0 || this.handlers.hasOwn || this.#wildcard?.handlers.hasOwn === true;
  }

  /** Starts the decision on a CONNECT. */
  admit(socket: Socket): void {
    this.#clients.enter();
    socket.enlist();
    const tracer = this.#namespace.instruments?.tracer ?? null;
    if (tracer === null) this.#begin(socket);
    else tracer.connect(socket, () => this.#begin(socket));
  }

  /** Restores the session that the client claims, if any, then decides. */
  #begin(socket: Socket): void {
    const { recovery } = this.#namespace.delivery;
    const claim = recovery === null ? null : sessionClaim(socket.auth);
    if (recovery === null || claim === null) return this.#decide(socket, null);
    const restored = recovery.take(claim.pid, claim.offset, socket.userId);
    if (restored instanceof Promise) {
      void this.#namespace.contain('recovering a client', async () => this.#resume(socket, await restored));
    } else this.#resume(socket, restored);
  }

  /** @param restored `null` if the session that the client claims cannot be resumed */
  #resume(socket: Socket, restored: RestoredSession | null): void {
    this.#namespace.instruments?.claimed(socket, restored !== null);
    this.#decide(socket, restored);
  }

  /**
   * Accepts at once if there are no middlewares and connect handlers; otherwise runs them.
   * @param restored the session that the client resumes
   */
  #decide(socket: Socket, restored: RestoredSession | null): void {
    if (!socket.isUndecided) return; // refused in the meantime, as overdue
    if (restored !== null) {
      socket.restore(restored);
      socket.place(); // before anything is awaited: events sent from now on are not among the missed ones
      this.#namespace.delivery.join(socket, restored.rooms);
    }
    if (this.#allMiddlewares.length === 0 && this.#allHandlers.length === 0) {
      socket.place();
      const replaying = socket.replay();
      if (replaying === null) this.#accept(socket);
      else {
        socket.begins('replay');
        void this.#namespace.contain('recovering a client', () => replaying.then(() => this.#accept(socket)));
      }
    } else void this.#namespace.contain('accepting a client', () => this.#runMiddlewares(socket));
  }

  async #runMiddlewares(socket: Socket): Promise<void> {
    const skips = socket.recovered && this.#options.recovery?.skipMiddlewares === true;
    socket.begins('middlewares');
    try {
      if (!skips) await runMiddlewares(this.#allMiddlewares, socket);
    } catch (error) {
      return this.#refuse(socket, error, socket.ending === null ? 'middleware' : 'left');
    }
    await this.#clients.track(socket, this.#runConnectHandlers(socket));
  }

  async #runConnectHandlers(socket: Socket): Promise<void> {
    socket.place();
    const replaying = socket.replay();
    if (replaying !== null) {
      socket.begins('replay');
      await replaying;
    }
    if (!socket.isUndecided) return; // refused during the replay, as overdue
    socket.begins('handlers');
    if (this.#options.acceptFirst) socket.greet();
    try {
      for (const handler of this.#allHandlers) {
        await handler(socket);
        if (!socket.isUndecided) return; // refused in the meantime, as overdue
      }
    } catch (error) {
      return this.#refuse(socket, error, 'handler');
    }
    this.#accept(socket);
  }

  /** Accepts a client, unless its time is over or its user has too many connections. */
  #accept(socket: Socket): void {
    if (socket.isExpired) return this.#refuse(socket, disconnected(OWN_REASONS.expired), 'expired');
    const { limitReport, limits } = this.#options.engine;
    const limit = limits.connectionsPerUser;
    const { userId, client } = socket;
    if (limit === Infinity || userId === undefined) return socket.accept();
    if (this.#namespace.server.users.connections(userId, client) < limit) return socket.accept();
    limitReport.reached('connectionsPerUser', `user ${quote(userId)} was refused another connection`, socket);
    const data = { code: 'too_many_connections', limit };
    return this.#refuse(
      socket,
      new ConnectionRefused('Too many connections of this user', data),
      'too_many_connections',
    );
  }

  /** @param reason for the instruments; an error of another kind than `ConnectionRefused` counts as `failed` */
  #refuse(socket: Socket, error: unknown, reason: ConnectRefusal): void {
    const { name, log } = this.#namespace;
    const refusal = refusalOf(error, name, log, socket);
    if (!socket.isUndecided) return; // refused in the meantime, as overdue
    if (socket.recovered) socket.keepSession(socket.ending); // the client may try again
    try {
      socket.refuse(refusal);
    } catch (unsendable) {
      socket.refuse(refusalOf(unsendable, name, log, socket)); // the error's `data` is circular, for example
    }
    this.#clients.leave();
    const { instruments } = this.#namespace;
    const isMeant = error instanceof ConnectionRefused;
    instruments?.refused(this.#namespace.label, isMeant ? reason : 'failed', socket, error);
  }

  /** Refuses a client because its CONNECT is not decided in time. A late decision has no effect. */
  overdue(socket: Socket, step: DecisionStep): void {
    this.#clients.forget(socket);
    const { name, log } = this.#namespace;
    const limit = `within connectTimeout, ${this.#options.connectTimeout} ms`;
    log.error(`${OVERDUE[step]} in ${label(name)} ${limit}: the client is refused`, undefined, socket.logFields);
    this.#refuse(socket, new ConnectionRefused('The server did not decide in time'), 'timeout');
  }

  /** Refuses a client because too much was sent to it before its CONNECT was decided. */
  overflowed(socket: Socket): void {
    this.#clients.forget(socket);
    const { engine } = this.#options;
    const { name } = this.#namespace;
    const what = `a client was refused that ${label(name)} had not accepted yet`;
    engine.limitReport.reached('bufferedBytes', what, socket);
    const error = new ConnectionRefused('Too much was sent before the connect handlers had finished');
    this.#refuse(socket, error, 'backlog');
  }

  /** Those of the wildcard namespace come first. */
  get #allMiddlewares(): readonly Middleware[] {
    const common = this.#wildcard?.middlewares ?? [];
    return common.length === 0 ? this.middlewares : [...common, ...this.middlewares];
  }

  get #allHandlers(): readonly ConnectHandler[] {
    return this.handlers.with(this.#wildcard?.handlers);
  }

  /** The admission of the wildcard namespace, which applies to all namespaces. */
  get #wildcard(): Admission | undefined {
    return this.#namespace.server.namespaces.wildcard?.admission;
  }
}

/**
 * Runs the middlewares one after the other.
 * @throws ConnectionRefused if a middleware refuses or the client has left
 * @throws the error of a middleware that throws or rejects
 */
export async function runMiddlewares(middlewares: readonly Middleware[], socket: Socket): Promise<void> {
  for (const middleware of middlewares) {
    await runMiddleware(middleware, socket);
    // If the client left, was disconnected by a middleware or is overdue, no handler needs to see it.
    if (!socket.isUndecided || socket.ending !== null) throw disconnected(socket.ending?.description);
  }
}

/** @param reason the reason of the disconnect, if there is one that the client may read */
function disconnected(reason: unknown): ConnectionRefused {
  return reason instanceof ClientReason
    ? new ConnectionRefused(reason.message, { code: reason.code })
    : new ConnectionRefused('Disconnected by the server');
}

/** Returns the message and data of a `ConnectionRefused`. Any other error is logged and hidden from the client. */
export function refusalOf(error: unknown, namespace: string, log: Log, client?: Loggable): Refusal {
  if (error instanceof ConnectionRefused) {
    return error.data === undefined ? { message: error.message } : { message: error.message, data: error.data };
  }
  const line = `a middleware or connect handler of ${label(namespace)} failed: the client is refused`;
  log.error(line, error, { namespace, ...client?.logFields });
  return { message: 'Internal server error' };
}

/** Settles with the first of `next()`, `next(error)`, an exception and a rejection. */
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
