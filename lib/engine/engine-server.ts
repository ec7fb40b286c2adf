/**
 * Admits connections: takes the upgrade requests of its own path, asks everything before it answers 101,
 * and keeps count of who is there. All other paths of the HTTP server are left to whoever serves them.
 */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type Server as WsServer } from 'ws';
import { quote } from '../errors.js';
import { Connection, type ConnectionHandler, type ConnectionServices, EngineSocket } from './connection.js';
import { type AllowRequest, type ResolvedEngineOptions, WS_LIMITS } from './engine-options.js';
import { ALL_AT_ONCE, drain, type DrainOptions } from './drain.js';
import { guarded } from './guard.js';
import { handshakeRequest } from './handshake-request.js';
import { Heartbeat } from './heartbeat.js';
import { Listenable } from './listenable.js';
import { Seldom } from './log.js';
import { allowsOrigin } from './origin-policy.js';
import { Outbox } from './outbox.js';
import { isPreflight, refuseRequest, refuseUpgrade, statusOf } from './refuse.js';
import { checkHandshake, type HandshakeRefusal, isOwnPath, pathOf, queryOf, refusal } from './upgrade.js';

/** ms that `cors.origin` and `allowRequest` together may take to answer. */
const ASK_TIMEOUT = 10_000;

/** What listeners of `connection_error` get. */
export interface ConnectionError {
  readonly req: IncomingMessage;
  readonly code: number;
  readonly message: string;
  readonly context: Readonly<Record<string, unknown>>;
}

export interface EngineEvents {
  connection: [connection: Connection];
  connection_error: [error: ConnectionError];
}

export class EngineServer extends Listenable<EngineEvents> {
  readonly #options: ResolvedEngineOptions;
  readonly #handlerFor: (connection: Connection) => ConnectionHandler;
  readonly #wss: WsServer<typeof EngineSocket>;
  readonly #services: ConnectionServices;
  readonly #connections = new Set<Connection>();
  readonly #seldom: Seldom;
  #closed = false;
  /** That all connections have been closed, once `close()` was called. */
  #drained: Promise<void> | null = null;
  /** That all connections are gone, once `close()` waits for it. */
  #settled: Promise<void> | null = null;
  #emptied: (() => void) | null = null;

  /** @param handlerFor makes the handler of each new connection */
  constructor(options: ResolvedEngineOptions, handlerFor: (connection: Connection) => ConnectionHandler) {
    super();
    const { pingInterval, pingTimeout, clock } = options;
    this.#options = options;
    this.#handlerFor = handlerFor;
    this.#seldom = new Seldom(() => clock.now());
    this.#services = {
      options,
      outbox: new Outbox(),
      heartbeat: new Heartbeat(pingInterval, pingTimeout, clock),
      gone: (connection) => this.#forget(connection),
    };
    this.#wss = new WebSocketServer<typeof EngineSocket>({
      noServer: true,
      clientTracking: false,
      WebSocket: EngineSocket,
      maxPayload: options.maxHttpBufferSize,
      perMessageDeflate: options.perMessageDeflate,
      ...WS_LIMITS,
    });
  }

  /** How many connections are open. */
  get clientsCount(): number {
    return this.#connections.size;
  }

  /** Serves the path of this server on an HTTP server; may be called for several. */
  attach(server: HttpServer): void {
    const others = server.listeners('request');
    server.removeAllListeners('request');
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (this.#closed || !this.#owns(request)) for (const other of others) other.call(server, request, response);
      else this.#handleRequest(request, response);
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (this.#owns(request))
        this.#handleUpgrade(request, socket, head).catch((error: unknown) => this.#lose(socket, error));
      else if (this.#options.destroyUpgrade) this.#endUntaken(socket as NetSocket);
    });
  }

  /**
   * Refuses whoever comes from now on, and closes all connections: at once, or in batches, the last one after
   * 5 s at most. Resolves when all are gone, 5 s later at most. May be called again; resolves together with the
   * first call.
   */
  async close(batches = ALL_AT_ONCE): Promise<void> {
    this.#closed = true;
    await (this.#drained ?? this.#drain(batches));
    await (this.#settled ??= this.#settle());
    this.#services.heartbeat.clear();
  }

  protected override listenerFailed(what: string, error: unknown): void {
    this.#options.logger.error(`${what} of the engine failed`, error);
  }

  #owns(request: IncomingMessage): boolean {
    return isOwnPath(this.#options.path, pathOf(request.url));
  }

  #handleRequest(request: IncomingMessage, response: ServerResponse): void {
    const query = queryOf(request.url);
    const refused = checkHandshake(request, query, false) as HandshakeRefusal; // never null: it is no upgrade
    if (!isPreflight(request)) this.#report(request, refused);
    refuseRequest(request, response, refused);
  }

  async #handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', ignore); // the peer may be gone at any moment; `ws` listens only after 101
    const query = queryOf(request.url);
    const refused = this.#closed ? null : (checkHandshake(request, query, true) ?? (await this.#ask(request)));
    if (this.#closed) refuseUpgrade(socket, { message: 'Server shutting down' }, 503);
    else if (refused !== null) {
      this.#report(request, refused);
      refuseUpgrade(socket, refused, statusOf(refused));
    } else if (socket.destroyed) this.#options.logger.debug('a client left during its handshake');
    else {
      socket.off('error', ignore);
      this.#wss.handleUpgrade(request, socket, head, this.#accept);
    }
  }

  #lose(socket: Duplex, error: unknown): void {
    this.#options.logger.error('a handshake failed unexpectedly', error);
    socket.destroy();
  }

  /** The questions that the application answers, perhaps later; but in time. */
  async #ask(request: IncomingMessage): Promise<HandshakeRefusal | null> {
    const { origin, trustProxy, allowRequest, logger, clock } = this.#options;
    const isAllowed = allowsOrigin(origin, request, trustProxy);
    if (isAllowed === true && allowRequest === null) return null;
    return new Promise((resolve) => {
      const refuse = (name: string, what: string, error?: unknown): void => {
        logger.error(`refusing a client: a function given as cors.origin or allowRequest ${what}`, error);
        resolve(refusal(4, { name }));
      };
      const deadline = clock.after(ASK_TIMEOUT, () => refuse('ASKING_TIMED_OUT', 'did not answer'));
      void guarded(
        async () => {
          resolve((await isAllowed) ? await askApplication(allowRequest, request) : refusal(4, { name: 'ORIGIN' }));
          deadline.cancel();
        },
        (error) => {
          deadline.cancel();
          refuse('ASKING_FAILED', 'failed', error);
        },
      );
    });
  }

  readonly #accept = (ws: EngineSocket, request: IncomingMessage): void => {
    const query = queryOf(request.url);
    const connection = new Connection(ws, request.socket, handshakeRequest(request, query), this.#services);
    this.#connections.add(connection);
    connection.open(this.#handlerFor(connection));
    this.notify('connection', [connection]);
  };

  #report(request: IncomingMessage, { code, message, context }: HandshakeRefusal): void {
    const { logger } = this.#options;
    const { origin = '', host = '' } = request.headers;
    logger.debug(`refused a client: ${message} ${quote(JSON.stringify(context))}`);
    const warning =
      code === 0
        ? "a client asked for long polling, which is not served: set transports: ['websocket'] in its options"
        : context['name'] === 'ORIGIN'
          ? `refused a client from origin ${quote(origin)}: this is ${quote(host)}; to allow it, set cors: { origin: ${quote(origin)} }`
          : null;
    const line = warning === null ? null : this.#seldom.pass(`${code}`, warning);
    if (line !== null) logger.warn(line);
    this.notify('connection_error', [{ req: request, code, message, context }]);
  }

  /** Ends an upgrade for another path unless somebody else takes it in time. */
  #endUntaken(socket: NetSocket): void {
    socket.on('error', ignore);
    const { bytesWritten } = socket; // some already, where the connection was used for requests before
    this.#options.clock.after(this.#options.destroyUpgradeTimeout, () => {
      const taken = socket.bytesWritten > bytesWritten || socket.listenerCount('data') > 0;
      if (socket.writable && !taken) socket.destroy();
    });
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#emptied?.();
  }

  /** The first batch is ended before this returns; handlers that are told of it may call {@link close} again. */
  #drain(batches: Required<DrainOptions>): Promise<void> {
    let done!: () => void;
    this.#drained = new Promise((resolve) => {
      done = resolve;
    });
    void drain(this.#connections, shutDown, batches, this.#options.clock).then(done);
    return this.#drained;
  }

  async #settle(): Promise<void> {
    if (this.#connections.size === 0) return;
    const emptied = new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
    const grace = this.#options.clock.after(WS_LIMITS.closeTimeout, () => {
      for (const connection of this.#connections) connection.terminate();
    });
    await emptied;
    grace.cancel();
  }
}

/** `allowRequest` as a promise: of the refusal, or of `null`. */
async function askApplication(ask: AllowRequest | null, request: IncomingMessage): Promise<HandshakeRefusal | null> {
  if (ask === null) return null;
  return new Promise((resolve, reject) => {
    const answer: Parameters<AllowRequest>[1] = (error, allow) => {
      const failed = error !== null && error !== undefined && error !== '';
      const message = failed && typeof error === 'string' ? error : undefined;
      resolve(allow && !failed ? null : refusal(4, { name: 'ALLOW_REQUEST' }, undefined, message));
    };
    void guarded(() => ask(request, answer), reject);
  });
}

function shutDown(connection: Connection): void {
  connection.close('server shutting down');
}

function ignore(): void {}
