/**
 * Admits connections: takes the upgrade requests of its own path, asks everything before it answers 101,
 * and keeps count of who is there. All other paths of the HTTP server are left to whoever serves them.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type Server as WsServer } from 'ws';
import { admit, type Admitting, misnamed } from './handshake/admission.js';
import { Connection, type ConnectionHandler, type ConnectionServices } from './connection/connection.js';
import { Connections } from './connection/connections.js';
import { EngineSocket } from './connection/engine-socket.js';
import { sessionCookie } from './handshake/cookie.js';
import { type Deflater, Deflaters } from './connection/deflater.js';
import { ALL_AT_ONCE } from './drain.js';
import { type EngineOptions, type ResolvedEngineOptions, WS_LIMITS } from './engine-options.js';
import { engineMessage } from './connection/message.js';
import type { EnginePacket } from './connection/shown-packets.js';
import { addCookie, type HandshakeHeaders, soundHeaders } from './handshake/handshake-headers.js';
import { type EngineRequest, handshakeRequest } from './handshake/handshake-request.js';
import { Heartbeat } from './connection/heartbeat.js';
import { attachTo, type AnyHttpServer } from './handshake/http-servers.js';
import { createId } from './create-id.js';
import { Listenable } from './listenable.js';
import { type EngineMiddleware, type HttpMiddleware, Middlewares } from './handshake/middlewares.js';
import { Outbox } from './connection/outbox.js';
import { RefusalLog } from './refusal-log.js';
import { isPreflight, refuseRequest, refuseUpgrade, statusOf } from './handshake/refusal.js';
import { checkHandshake, type HandshakeRefusal, isOwnPath, pathOf, queryOf } from './handshake/check-handshake.js';
import { UpgradeResponse } from './handshake/upgrade-response.js';

/** What listeners of `connection_error` get. */
export interface ConnectionError {
  readonly req: IncomingMessage;
  readonly code: number;
  readonly message: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/** Source: Engine.IO, the events of its `Server`. */
export interface EngineEvents {
  connection: [connection: Connection];
  connection_error: [error: ConnectionError];
  /** Before the answer to a handshake: headers that are put here go with it. */
  initial_headers: [headers: HandshakeHeaders, request: EngineRequest];
  /** Right after `initial_headers`: here every request is a handshake. */
  headers: [headers: HandshakeHeaders, request: EngineRequest];
  /** What a connection sent in a turn is written, */
  flush: [connection: Connection, packets: EnginePacket[]];
  /** and the next may come. */
  drain: [connection: Connection];
}

/** A handshake at the moment of its 101. */
interface Acceptance {
  readonly request: EngineRequest;
  readonly id: string;
  readonly response: UpgradeResponse | null;
  /** There when compression was agreed on. */
  deflater: Deflater | null;
}

/** Source: Engine.IO, `Server`; `io.engine` of Socket.IO. */
export class EngineServer extends Listenable<EngineEvents> {
  readonly #options: ResolvedEngineOptions;
  readonly #handlerFor: (connection: Connection) => ConnectionHandler;
  readonly #wss: WsServer<typeof EngineSocket>;
  readonly #services: ConnectionServices;
  readonly #connections: Connections;
  readonly #middlewares = new Middlewares();
  readonly #admitting: Admitting;
  readonly #refusals: RefusalLog;
  readonly #deflaters: Deflaters | null;
  readonly #cookie: ((id: string) => string) | null;
  /** Set while `ws` shakes hands, which happens within one call. */
  #accepting: Acceptance | null = null;
  #closed = false;

  /** @param handlerFor makes the handler of each new connection */
  constructor(options: ResolvedEngineOptions, handlerFor: (connection: Connection) => ConnectionHandler) {
    super();
    const { pingInterval, pingTimeout, clock, cookie, initialPacket, perMessageDeflate } = options;
    this.#options = options;
    for (const middleware of options.use) this.use(middleware);
    this.#handlerFor = handlerFor;
    this.#admitting = { options, middlewares: this.#middlewares, generateId: (request) => this.generateId(request) };
    this.#connections = new Connections(clock);
    this.#refusals = new RefusalLog(options.logger, () => clock.now());
    this.#cookie = sessionCookie(cookie);
    this.#deflaters =
      perMessageDeflate === false ? null : new Deflaters(perMessageDeflate === true ? {} : perMessageDeflate);
    this.#services = {
      options,
      outbox: new Outbox(),
      heartbeat: new Heartbeat(pingInterval, pingTimeout, clock),
      initial: initialPacket === null ? null : engineMessage(initialPacket),
      gone: (connection) => this.#connections.delete(connection),
      isHeard: () => this.isHeard,
      tell: (event, args) => this.notify(event, args),
    };
    this.#wss = new WebSocketServer<typeof EngineSocket>({
      noServer: true,
      clientTracking: false,
      WebSocket: EngineSocket,
      maxPayload: options.maxHttpBufferSize,
      perMessageDeflate: this.#deflaters?.negotiation ?? false,
      ...WS_LIMITS,
    });
    this.#wss.on('headers', (lines) => this.#addHeaders(lines));
  }

  /** How many connections are open. */
  get clientsCount(): number {
    return this.#connections.size;
  }

  /** The options as they are in force, under the names that Socket.IO gives them. A copy. */
  get opts(): EngineOptions {
    const { origin, allowRequest, initialPacket, ...rest } = this.#options;
    return {
      ...rest,
      cors: { origin },
      ...(allowRequest === null ? {} : { allowRequest }),
      ...(initialPacket === null ? {} : { initialPacket }),
    };
  }

  /**
   * Adds a middleware `(request, response, next)`: each request at the path of the engine passes all of them, in
   * order, before it is checked. `next(error)` refuses the client. A session of express-session, say, is then
   * found on `socket.request`; without middlewares that is only what is left of the request.
   *
   * On an upgrade, headers of the response go on the answer, whatever it is; a response that is ended refuses
   * the client. All middlewares together have 10 s.
   */
  use(middleware: EngineMiddleware): this;
  use(middleware: HttpMiddleware): this;
  use(middleware: EngineMiddleware): this {
    this.#middlewares.add(middleware);
    return this;
  }

  /**
   * Makes the id of a new connection, a secret between the server and that client. May be replaced, also by an
   * asynchronous function; a client whose id is in use is refused.
   */
  generateId(_request: IncomingMessage): string | Promise<string> {
    return createId();
  }

  /** Serves the path of this server on an HTTP server; may be called for several. */
  attach(server: AnyHttpServer): this {
    const isOurs = ({ url }: IncomingMessage): boolean => isOwnPath(this.#options.path, pathOf(url));
    attachTo(
      server,
      {
        takeRequest: (request, response) => {
          if (this.#closed || !isOurs(request)) return false;
          this.handleRequest(request, response);
          return true;
        },
        takeUpgrade: (request, socket, head) => {
          if (!isOurs(request)) return false;
          this.handleUpgrade(request, socket, head);
          return true;
        },
      },
      this.#options,
    );
    return this;
  }

  /** Answers a request that is no upgrade, whatever its path: it is refused. For HTTP servers that are driven by hand. */
  handleRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#answer(withQuery(request), response).catch((error: unknown) => this.#lose(response, error));
  }

  /** Answers an upgrade request, whatever its path; the same. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#upgrade(withQuery(request), socket, head).catch((error: unknown) => this.#lose(socket, error));
  }

  /**
   * Refuses whoever comes from now on, and closes all connections: at once, or in batches, the last one after
   * 5 s at most. Resolves when all are gone, 5 s later at most. May be called again; resolves together with the
   * first call.
   */
  async close(batches = ALL_AT_ONCE): Promise<void> {
    this.#closed = true;
    await this.#connections.close(batches);
    this.#services.heartbeat.clear();
  }

  protected override listenerFailed(what: string, error: unknown): void {
    this.#options.logger.error(`${what} of the engine failed`, error);
  }

  async #answer(request: EngineRequest, response: ServerResponse): Promise<void> {
    const passage = this.#middlewares.isEmpty
      ? 'passed'
      : await this.#middlewares.run(request, response, this.#options);
    if (passage === 'answered') return;
    // The check never ends with null: it is no upgrade.
    const refused =
      passage === 'passed' ? (checkHandshake(request, request._query, false) as HandshakeRefusal) : passage;
    if (!isPreflight(request)) this.#report(request, refused);
    if (response.headersSent) response.end(); // a middleware began an answer, and then failed
    else {
      for (const [name, value] of this.#announceHeaders({}, request)) response.setHeader(name, value);
      refuseRequest(request, response, refused);
    }
  }

  async #upgrade(request: EngineRequest, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', ignore); // the peer may be gone at any moment; `ws` listens only after 101
    const response = this.#closed || this.#middlewares.isEmpty ? null : new UpgradeResponse(request, socket);
    const outcome = this.#closed ? null : await admit(this.#admitting, request, response);
    if (outcome === 'answered') return;
    if (this.#closed || outcome === null) turnAway(socket, response, 503, 'Server shutting down');
    else if ('code' in outcome) this.#refuse(request, socket, response, outcome);
    else if (this.#connections.has(outcome.id)) {
      this.#refuse(request, socket, response, misnamed(this.#options, 'gave an id that is in use'));
    } else if (socket.destroyed) this.#options.logger.debug('a client left during its handshake');
    else {
      socket.off('error', ignore);
      this.#accepting = { request, id: outcome.id, response, deflater: null };
      socket.cork(); // 101 and open packet are one write: 7 % less CPU for a connect
      try {
        this.#wss.handleUpgrade(request, socket, head, this.#accept);
      } finally {
        socket.uncork();
        this.#accepting = null;
      }
    }
  }

  #refuse(request: EngineRequest, socket: Duplex, response: UpgradeResponse | null, refused: HandshakeRefusal): void {
    this.#report(request, refused);
    turnAway(socket, response, statusOf(refused), refused.message);
  }

  readonly #accept = (ws: EngineSocket): void => {
    const { request, id, deflater } = this.#accepting as Acceptance;
    const kept = handshakeRequest(request, !this.#middlewares.isEmpty);
    const connection = new Connection(id, ws, request.socket, kept, this.#services, deflater);
    this.#connections.add(connection);
    connection.open(this.#handlerFor(connection));
    this.notify('connection', [connection]);
    connection.flush();
  };

  /** `ws` is about to write a 101. */
  #addHeaders(lines: string[]): void {
    const acceptance = this.#accepting as Acceptance;
    const { request, id, response } = acceptance;
    const agreed = lines.find((line) => line.startsWith('Sec-WebSocket-Extensions: permessage-deflate'));
    if (agreed !== undefined) acceptance.deflater = this.#deflaters?.for(agreed) ?? null;
    if (response === null && this.#cookie === null && !this.isHeard) return;
    const headers = response?.switchProtocols() ?? {};
    if (this.#cookie !== null) addCookie(headers, this.#cookie(id));
    for (const [name, value] of this.#announceHeaders(headers, request)) {
      for (const line of [value].flat()) lines.push(`${name}: ${line}`);
    }
  }

  /** @returns what is sound of the headers, after listeners have added theirs */
  #announceHeaders(headers: HandshakeHeaders, request: EngineRequest): [name: string, value: string | string[]][] {
    this.notify('initial_headers', [headers, request]);
    this.notify('headers', [headers, request]);
    return soundHeaders(headers, this.#options.logger);
  }

  #lose(rest: Duplex | ServerResponse, error: unknown): void {
    this.#options.logger.error('a handshake failed unexpectedly', error);
    rest.destroy();
  }

  #report(request: IncomingMessage, refused: HandshakeRefusal): void {
    this.#refusals.write(request, refused);
    const { code, message, context } = refused;
    this.notify('connection_error', [{ req: request, code, message, context }]);
  }
}

function withQuery(request: IncomingMessage): EngineRequest {
  return Object.assign(request, { _query: queryOf(request.url) });
}

function turnAway(socket: Duplex, response: UpgradeResponse | null, status: 400 | 403 | 503, message: string): void {
  if (response === null) refuseUpgrade(socket, { message }, status);
  else response.refuse(status, message);
}

function ignore(): void {}
