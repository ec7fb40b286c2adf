/**
 * Accepts connections. It passes the requests at its own path to `Handshakes`, and keeps the open connections until it
 * closes. Requests at other paths are left to the other listeners of the HTTP server.
 */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Connection, type ConnectionHandler } from './connection/connection.js';
import type { ConnectionServices } from './connection/connection-services.js';
import { ALL_AT_ONCE, type Batches, Connections } from './connection/connections.js';
import { Heartbeat } from './connection/heartbeat.js';
import { engineMessage } from './connection/message.js';
import { Outbox } from './connection/outbox.js';
import { Overload } from './connection/overload.js';
import type { EnginePacket } from './connection/shown-packets.js';
import { SocketIoError } from '../errors.js';
import { createId } from './create-id.js';
import { DeadlineQueue } from './deadline-queue.js';
import { type EngineOptions, resolveEngineOptions, type ResolvedEngineOptions } from './engine-options.js';
import type { HandshakeHeaders } from './handshake/handshake-headers.js';
import { type EngineRequest, isOwnPath, pathOf } from './handshake/handshake-request.js';
import { type HandshakeHost, Handshakes } from './handshake/handshakes.js';
import { type AnyHttpServer, attachTo, registerPath } from './handshake/http-servers.js';
import type { EngineMiddleware, HttpMiddleware } from './handshake/middlewares.js';
import type { LimitCounts } from './limit-report.js';
import { Traffic } from './metrics/traffic.js';
import { Listenable } from './listenable.js';

/**
 * The argument of `connection_error` listeners.
 * @publicApi
 */
export interface ConnectionError {
  readonly req: IncomingMessage;
  readonly code: number;
  readonly message: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/**
 * Source: Engine.IO, the events of its `Server`.
 * @publicApi
 */
export interface EngineEvents {
  connection: [connection: Connection];
  /** A handshake was refused. For refusals with the codes 6 and 7, once per limit and minute. */
  connection_error: [error: ConnectionError];
  /** Emitted before a handshake is answered. Headers added to the object are sent with the response. */
  initial_headers: [headers: HandshakeHeaders, request: EngineRequest];
  /** Emitted right after `initial_headers`: without long polling, every request is a handshake. */
  headers: [headers: HandshakeHeaders, request: EngineRequest];
  /** The packets that a connection sent in a turn have been written. */
  flush: [connection: Connection, packets: EnginePacket[]];
  /** Right after `flush`: more packets may be sent on the connection. */
  drain: [connection: Connection];
}

const UNBOUNDED_HEAD =
  'the HTTP server has the headersTimeout 0, so that a client can keep a connection open with a request that never ends: set it, for example to 10000';

/** The handler of a connection that only listeners of the application read. */
const LISTENERS_ONLY: ConnectionHandler = { onText() {}, onBinary() {}, onClose() {} };

/**
 * Source: Engine.IO, `Server`; `io.engine` of Socket.IO.
 * @publicApi
 */
export class EngineServer extends Listenable<EngineEvents> {
  /** @internal The counts of what has passed through. */
  readonly traffic = new Traffic();
  readonly #options: ResolvedEngineOptions;
  readonly #handlerFor: (connection: Connection) => ConnectionHandler;
  readonly #services: ConnectionServices;
  readonly #connections: Connections;
  readonly #handshakes: Handshakes;
  /** The HTTP servers it is attached to. */
  readonly #attached = new WeakSet<AnyHttpServer>();
  #state: 'open' | 'closing' | 'closed' = 'open';

  /**
   * Creates an engine without Socket.IO: its clients speak Engine.IO, and the application listens to `connection`.
   * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION`
   */
  constructor(options?: EngineOptions);
  /**
   * @internal
   * @param handlerFor creates the handler of each new connection
   * @param unjoined returns the number of connections whose client has not joined a namespace
   */
  constructor(
    options: ResolvedEngineOptions,
    handlerFor: (connection: Connection) => ConnectionHandler,
    unjoined?: () => number,
  );
  constructor(
    given: EngineOptions | ResolvedEngineOptions = {},
    handlerFor?: (connection: Connection) => ConnectionHandler,
    unjoined: () => number = () => 0,
  ) {
    super();
    const options =
      handlerFor === undefined ? resolveEngineOptions(given as EngineOptions) : (given as ResolvedEngineOptions);
    const { pingInterval, pingTimeout, clock, initialPacket } = options;
    const { slowTime } = options.limits;
    this.#options = options;
    this.#handlerFor = handlerFor ?? (() => LISTENERS_ONLY);
    this.#connections = new Connections(clock);
    this.#handshakes = new Handshakes(options, {
      traffic: this.traffic,
      connections: this.#connections,
      unjoined,
      isClosed: () => this.#isClosed,
      generateId: (request) => this.generateId(request),
      server: this,
      notify: (event, args) => this.notify(event, args),
      opened: this.#opened,
    });
    for (const middleware of options.use) this.use(middleware);
    this.#services = {
      options,
      limits: options.limits,
      traffic: this.traffic,
      outbox: new Outbox(),
      heartbeat: new Heartbeat(pingInterval, pingTimeout, clock),
      lagging:
        slowTime === Infinity ? null : new DeadlineQueue(slowTime, (connection) => connection.checkProgress(), clock),
      rate: options.rateLimit,
      overload: new Overload(options.limits.totalBufferedBytes, () => this.#connections, clock),
      initialMessage: initialPacket === null ? null : engineMessage(initialPacket),
      onClosed: (connection) => this.#connections.delete(connection),
      server: this,
      notify: (event, args) => this.notify(event, args),
    };
  }

  // --- Public attributes ---

  /** The number of open connections. */
  get clientsCount(): number {
    return this.#connections.size;
  }

  /** The open connections by id. A copy. */
  get clients(): Record<string, Connection> {
    return Object.fromEntries(Array.from(this.#connections, (connection) => [connection.id, connection]));
  }

  /** @internal Bytes that wait for clients, and the number of clients that are behind. */
  get backlog(): { readonly bytes: number; readonly slowClients: number } {
    let bytes = 0;
    for (const { bufferedAmount } of this.#connections) bytes += bufferedAmount;
    return { bytes, slowClients: this.#services.lagging?.size ?? 0 };
  }

  /** How often each limit of the option `limits` was reached. A copy. */
  get limitCounts(): LimitCounts {
    return this.#options.limitReport.counts;
  }

  /** A copy of the options in force, under the names that Socket.IO gives them. */
  get opts(): EngineOptions {
    const {
      origin,
      allowedHosts,
      allowRequest,
      initialPacket,
      limitReport: _,
      proxyTrust: __,
      rateLimit,
      ...rest
    } = this.#options;
    return {
      ...rest,
      cors: { origin },
      ...(allowedHosts === null ? {} : { allowedHosts }),
      ...(allowRequest === null ? {} : { allowRequest }),
      ...(rateLimit === null ? {} : { rateLimit }),
      ...(initialPacket === null ? {} : { initialPacket }),
    };
  }

  // --- Public methods ---

  /**
   * Adds a middleware `(request, response, next)`. Each request at the engine's path passes through all middlewares,
   * in order, before it is checked. `next(error)` refuses the client. With middlewares, `socket.request` is the whole
   * request, including what they put on it (such as the session of express-session); without, it is a snapshot.
   *
   * For an upgrade, headers set on the response are sent with the answer, whether it is a 101 or a refusal. Ending
   * the response refuses the client. All middlewares together have 10 s.
   */
  use(middleware: EngineMiddleware): this;
  use(middleware: HttpMiddleware): this;
  use(middleware: EngineMiddleware): this {
    this.#handshakes.middlewares.add(middleware);
    return this;
  }

  /**
   * Generates the id of a new connection, a secret between the server and that client. An application may replace it,
   * even with an asynchronous function. A client whose id is already in use is refused.
   */
  generateId(_request: IncomingMessage): string | Promise<string> {
    return createId();
  }

  /**
   * Serves the engine's path on an HTTP server. May be called for several servers. After {@link close}, it opens the
   * engine again.
   * @throws SocketIoError `SERVER_CLOSED` while the engine is closing
   */
  attach(server: AnyHttpServer): this {
    this.#reopen();
    if (this.#attached.has(server)) return this;
    this.#attached.add(server);
    if ((server as HttpServer).headersTimeout === 0) this.#options.logger.warn(UNBOUNDED_HEAD);
    const own = this.#options.path;
    const isBelow = registerPath(server, own);
    attachTo(
      server,
      {
        interceptRequest: (request, response) => {
          if (this.#isClosed) return false;
          const path = pathOf(request.url);
          if (isOwnPath(own, path)) this.handleRequest(request, response);
          else if (isBelow(path)) this.#handshakes.refuseBelow(request, response);
          else return false;
          return true;
        },
        interceptUpgrade: (request, socket, head) => {
          if (!isOwnPath(own, pathOf(request.url))) return false;
          this.handleUpgrade(request, socket, head);
          return true;
        },
      },
      this.#options,
    );
    return this;
  }

  /**
   * Answers a request that is not an upgrade with a refusal, whatever its path. For HTTP servers whose requests the
   * application dispatches itself.
   */
  handleRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#handshakes.answer(request, response);
  }

  /** Answers an upgrade request, whatever its path. See {@link handleRequest}. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#handshakes.upgrade(request, socket, head);
  }

  /**
   * Refuses new clients from now on and closes all connections, at once or in batches, which take at most 5 s.
   * Resolves when all connections are gone, at most 5 s after the last batch. A repeated call resolves together with
   * the first.
   */
  async close(batches = ALL_AT_ONCE): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closing';
    await this.#connections.close(batches);
    this.#services.heartbeat.clear();
    this.#services.overload.clear();
    this.#state = 'closed';
  }

  /**
   * The first half of {@link close}: resolves when each connection has been ended and its sockets have been notified,
   * but does not wait for the clients to complete the closing handshake.
   * @internal
   */
  end(batches: Batches): Promise<void> {
    this.#state = 'closing';
    return this.#connections.end(batches);
  }

  // --- Inside ---

  get #isClosed(): boolean {
    return this.#state !== 'open';
  }

  #reopen(): void {
    if (this.#state === 'closing') {
      throw new SocketIoError(
        'SERVER_CLOSED',
        'attach() and listen() must wait until the server is closed: await close()',
      );
    }
    this.#connections.reopen();
    this.#state = 'open';
  }

  readonly #opened: HandshakeHost['opened'] = (id, ws, socket, request, deflater) => {
    const connection = new Connection(id, ws, socket, request, this.#services, deflater);
    this.#connections.add(connection);
    connection.open(this.#handlerFor(connection));
    this.notify('connection', [connection]);
    connection.flush();
  };

  protected override listenerFailed(what: string, error: unknown): void {
    this.#options.logger.error(`${what} of the engine failed`, error);
  }
}
