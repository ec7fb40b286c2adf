/**
 * Accepts connections. It takes the requests at its own path, decides on each before answering 101, and keeps the
 * open connections. Requests at other paths are left to the other listeners of the HTTP server.
 */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type Server as WsServer } from 'ws';
import { Connection, type ConnectionHandler, type ConnectionServices } from './connection/connection.js';
import { ALL_AT_ONCE, type Batches, Connections } from './connection/connections.js';
import { type Deflater, Deflaters } from './connection/deflater.js';
import { EngineSocket } from './connection/engine-socket.js';
import { Heartbeat } from './connection/heartbeat.js';
import { engineMessage } from './connection/message.js';
import { Outbox } from './connection/outbox.js';
import { Overload } from './connection/overload.js';
import type { EnginePacket } from './connection/shown-packets.js';
import { SocketIoError } from '../errors.js';
import { createId } from './create-id.js';
import { DeadlineQueue } from './deadline-queue.js';
import { type EngineOptions, resolveEngineOptions, type ResolvedEngineOptions, WS_LIMITS } from './engine-options.js';
import { Admission } from './handshake/admission.js';
import { Capacity } from './handshake/capacity.js';
import { checkHandshake } from './handshake/check-handshake.js';
import { sessionCookie } from './handshake/cookie.js';
import { addCookie, type HandshakeHeaders, validHeaders } from './handshake/handshake-headers.js';
import {
  type EngineRequest,
  engineRequest,
  handshakeRequest,
  isOwnPath,
  pathOf,
} from './handshake/handshake-request.js';
import { type HostRule, hostRule, requestHost } from './handshake/host-policy.js';
import { type AnyHttpServer, attachTo, registerPath } from './handshake/http-servers.js';
import { type EngineMiddleware, type HttpMiddleware, Middlewares } from './handshake/middlewares.js';
import { pendingResponse } from './handshake/pending-response.js';
import {
  type HandshakeRefusal,
  isPreflight,
  refusal,
  RefusalLog,
  REFUSALS,
  type RefusalStatus,
  refuseRequest,
  refuseUpgrade,
  statusOf,
  textOf,
} from './handshake/refusal.js';
import { HOST_HINT } from './handshake/refusal-advice.js';
import { UpgradeResponse } from './handshake/upgrade-response.js';
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

/** A handshake while its 101 is being written. */
interface Acceptance {
  readonly request: EngineRequest;
  readonly id: string;
  readonly response: UpgradeResponse | null;
  /** Set if compression was negotiated. */
  deflater: Deflater | null;
}

const UNBOUNDED_HEAD =
  'the HTTP server has the headersTimeout 0, so that a client can keep a connection open with a request that never ends: set it, for example to 10000';

const SHUTTING_DOWN = { message: 'Server shutting down' } as const;

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
  readonly #wss: WsServer<typeof EngineSocket>;
  readonly #services: ConnectionServices;
  readonly #connections: Connections;
  readonly #middlewares = new Middlewares();
  readonly #admission: Admission;
  readonly #capacity: Capacity;
  /** Set with the option `allowedHosts`. */
  readonly #isAllowedHost: HostRule | null;
  readonly #refusals: RefusalLog;
  readonly #deflaters: Deflaters | null;
  readonly #cookie: ((id: string) => string) | null;
  /** Set while `ws` completes a handshake, which it does in one synchronous call. */
  #accepting: Acceptance | null = null;
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
    const { pingInterval, pingTimeout, clock, cookie, initialPacket, perMessageDeflate, allowedHosts } = options;
    const { slowTime } = options.limits;
    this.#options = options;
    for (const middleware of options.use) this.use(middleware);
    this.#handlerFor = handlerFor ?? (() => LISTENERS_ONLY);
    this.#admission = new Admission(options, this.#middlewares, (request) => this.generateId(request));
    this.#connections = new Connections(clock);
    this.#capacity = new Capacity(options, { open: () => this.#connections.size, unjoined });
    this.#isAllowedHost = allowedHosts === null ? null : hostRule(allowedHosts);
    this.#refusals = new RefusalLog(options.logger, () => clock.now(), options.proxyTrust);
    this.#cookie = sessionCookie(cookie);
    this.#deflaters =
      perMessageDeflate === false ? null : new Deflaters(perMessageDeflate === true ? {} : perMessageDeflate);
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
    this.#wss = new WebSocketServer<typeof EngineSocket>({
      noServer: true,
      clientTracking: false,
      WebSocket: EngineSocket,
      maxPayload: options.maxHttpBufferSize,
      perMessageDeflate: this.#deflaters?.negotiation() ?? false,
      ...WS_LIMITS,
    });
    this.#wss.on('headers', (lines) => this.#addHeaders(lines));
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
    this.#middlewares.add(middleware);
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
          else if (isBelow(path)) this.#refuseBelow(request, response);
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
    this.#answer(engineRequest(request), response).catch((error: unknown) => this.#abort(response, error));
  }

  /** Answers an upgrade request, whatever its path. See {@link handleRequest}. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#upgrade(engineRequest(request), socket, head).catch((error: unknown) => this.#abort(socket, error));
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

  protected override listenerFailed(what: string, error: unknown): void {
    this.#options.logger.error(`${what} of the engine failed`, error);
  }

  /** Refuses a request at a path below the engine's own, where other servers of Socket.IO refuse it as well. */
  #refuseBelow(request: IncomingMessage, response: ServerResponse): void {
    const hint = `nothing is served at this path: clients connect to ${this.#options.path}/ (their option path)`;
    const refused = refusal(3, { name: 'UNKNOWN_PATH' }, hint);
    if (!isPreflight(request)) this.#report(request, refused);
    refuseRequest(request, response, refused);
  }

  async #answer(request: EngineRequest, response: ServerResponse): Promise<void> {
    const refused = this.#checkFirst(request, false);
    if (refused !== null) {
      if (!isPreflight(request)) this.#report(request, refused);
      return refuseRequest(request, response, refused);
    }
    try {
      await this.#answerAdmitted(request, response);
    } finally {
      this.#capacity.settled();
    }
  }

  async #answerAdmitted(request: EngineRequest, response: ServerResponse): Promise<void> {
    const outcome = this.#middlewares.isEmpty
      ? 'passed'
      : await this.#middlewares.run(request, response, this.#options);
    if (outcome === 'answered') return;
    // checkHandshake never returns null here: the request is not an upgrade.
    const refused =
      outcome === 'passed' ? (checkHandshake(request, request._query, false) as HandshakeRefusal) : outcome;
    if (!isPreflight(request)) this.#report(request, refused);
    if (response.headersSent) response.end(); // a middleware failed after it had started to answer
    else {
      for (const [name, value] of this.#headersFor(request, {})) response.setHeader(name, value);
      refuseRequest(request, response, refused);
    }
  }

  async #upgrade(request: EngineRequest, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', ignore); // the peer may disconnect at any moment; `ws` listens only after the 101
    if (this.#isClosed) return refuseUpgrade(socket, SHUTTING_DOWN, 503);
    const earlier = pendingResponse(socket);
    if (earlier !== null) return this.#refusePipelined(request, socket, earlier);
    const refused = this.#checkFirst(request, true);
    if (refused !== null) return this.#refuse(request, socket, null, refused);
    try {
      await this.#upgradeAdmitted(request, socket, head);
    } finally {
      this.#capacity.settled();
    }
  }

  async #upgradeAdmitted(request: EngineRequest, socket: Duplex, head: Buffer): Promise<void> {
    const response = this.#middlewares.isEmpty ? null : new UpgradeResponse(request, socket);
    const outcome = await this.#admission.decide(request, response);
    if (outcome === 'answered') return;
    if (this.#isClosed) sendRefusal(socket, response, SHUTTING_DOWN, 503);
    else if ('code' in outcome) this.#refuse(request, socket, response, outcome);
    else if (this.#connections.has(outcome.id)) {
      this.#refuse(request, socket, response, this.#admission.refuseId('returned an id that is in use'));
    } else if (socket.destroyed) this.#options.logger.debug('a client left during its handshake');
    else {
      socket.off('error', ignore);
      this.#accepting = { request, id: outcome.id, response, deflater: null };
      if (this.#deflaters !== null) {
        const offers = request.headers['sec-websocket-extensions'];
        this.#wss.options.perMessageDeflate = this.#deflaters.negotiation(offers);
      }
      socket.cork(); // the 101 and the open packet become one write: 7 % less CPU per connect
      try {
        this.#wss.handleUpgrade(request, socket, head, this.#accept);
      } finally {
        socket.uncork();
        this.#accepting = null;
      }
    }
  }

  /**
   * Makes the checks that come before the middlewares, so that a flood does not cause the work of a middleware.
   * @returns the refusal; if `null`, the request counts for {@link Capacity} until it is settled
   */
  #checkFirst(request: EngineRequest, upgrades: boolean): HandshakeRefusal | null {
    if (this.#isAllowedHost !== null) {
      const host = requestHost(request, this.#options.proxyTrust);
      if (!this.#isAllowedHost(host)) return refusal(4, { name: 'HOST', host }, HOST_HINT);
    }
    return this.#capacity.admit(request, upgrades);
  }

  /** Refuses an upgrade on a TCP connection that still has to carry the response to an earlier request. */
  #refusePipelined(request: EngineRequest, socket: Duplex, earlier: ServerResponse): void {
    const refused = refusal(3, { name: 'PIPELINED' });
    if (earlier.headersSent && !earlier.writableEnded) {
      this.#report(request, refused);
      socket.destroy(); // an answer would become a part of that response
    } else this.#refuse(request, socket, null, refused);
  }

  #refuse(request: EngineRequest, socket: Duplex, response: UpgradeResponse | null, refused: HandshakeRefusal): void {
    this.#report(request, refused);
    sendRefusal(socket, response, refused, statusOf(refused));
  }

  readonly #accept = (ws: EngineSocket): void => {
    const { request, id, deflater } = this.#accepting as Acceptance;
    const kept = handshakeRequest(request, !this.#middlewares.isEmpty);
    if (deflater !== null) ws.awaitInflating();
    const connection = new Connection(id, ws, request.socket, kept, this.#services, deflater);
    this.#connections.add(connection);
    connection.open(this.#handlerFor(connection));
    this.notify('connection', [connection]);
    connection.flush();
  };

  /** Adds our headers to the lines of a 101 that `ws` is about to write. */
  #addHeaders(lines: string[]): void {
    const acceptance = this.#accepting as Acceptance;
    const { request, id, response } = acceptance;
    const extensions = lines.find((line) => line.startsWith('Sec-WebSocket-Extensions: permessage-deflate'));
    if (extensions !== undefined) acceptance.deflater = this.#deflaters?.negotiated(extensions) ?? null;
    if (response === null && this.#cookie === null && !this.hasListeners) return;
    const headers = response?.switchProtocols() ?? {};
    if (this.#cookie !== null) addCookie(headers, this.#cookie(id));
    for (const [name, value] of this.#headersFor(request, headers)) {
      for (const line of [value].flat()) lines.push(`${name}: ${line}`);
    }
  }

  /** @returns the valid headers, after the listeners have added theirs */
  #headersFor(request: EngineRequest, headers: HandshakeHeaders): [name: string, value: string | string[]][] {
    this.notify('initial_headers', [headers, request]);
    this.notify('headers', [headers, request]);
    return validHeaders(headers, this.#options.logger);
  }

  #abort(stream: Duplex | ServerResponse, error: unknown): void {
    this.#options.logger.error('a handshake failed unexpectedly', error);
    stream.destroy();
  }

  #report(request: IncomingMessage, refused: HandshakeRefusal): void {
    this.traffic.refuse(refused.code);
    if (refused.isReported === false) return;
    this.#refusals.write(request, refused);
    const { code, message, context } = refused;
    const general = REFUSALS[code];
    const details = message === general ? context : { ...context, message };
    this.notify('connection_error', [{ req: request, code, message: general, context: details }]);
  }
}

function sendRefusal(
  socket: Duplex,
  response: UpgradeResponse | null,
  refused: Pick<HandshakeRefusal, 'message' | 'hint' | 'retryAfter'>,
  status: RefusalStatus,
): void {
  if (response === null) refuseUpgrade(socket, refused, status);
  else response.refuse(status, textOf(refused));
}

function ignore(): void {}
