/**
 * The handshakes of an engine, from the request to the open WebSocket or the refusal. The checks of the host and of the
 * limits come first, so that a flood does not cause the work of a middleware. `Admission` then decides, and for an
 * upgrade that it accepts, `ws` writes the 101, with the headers of the application added.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type Server as WsServer } from 'ws';
import { type Deflater, Deflaters } from '../connection/deflater.js';
import { EngineSocket } from '../connection/engine-socket.js';
import { type ResolvedEngineOptions, WS_LIMITS } from '../engine-options.js';
import type { Traffic } from '../metrics/traffic.js';
import { Admission } from './admission.js';
import { Capacity } from './capacity.js';
import { checkHandshake } from './check-handshake.js';
import { sessionCookie } from './cookie.js';
import { addCookie, type HandshakeHeaders, validHeaders } from './handshake-headers.js';
import { type EngineRequest, engineRequest, type HandshakeRequest, handshakeRequest } from './handshake-request.js';
import { type HostRule, hostRule, requestHost } from './host-policy.js';
import { Middlewares } from './middlewares.js';
import { pendingResponse } from './pending-response.js';
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
} from './refusal.js';
import { HOST_HINT } from './refusal-advice.js';
import { UpgradeResponse } from './upgrade-response.js';

/** The engine as its handshakes see it. */
export interface HandshakeHost {
  readonly traffic: Pick<Traffic, 'refuse'>;
  /** The open connections. */
  readonly connections: { readonly size: number; has(id: string): boolean };
  /** The number of connections whose client has not joined a namespace. */
  readonly unjoined: () => number;
  /** Whether new clients are refused. */
  readonly isClosed: () => boolean;
  /** Supplied by the application: it may return anything, possibly asynchronously. */
  readonly generateId: (request: EngineRequest) => unknown;
  /** The server, which may have listeners of the events below. */
  readonly server: { readonly hasListeners: boolean };
  readonly notify: (event: 'initial_headers' | 'headers' | 'connection_error', args: readonly unknown[]) => void;
  /** Called with each open WebSocket. @param deflater set if compression was negotiated */
  readonly opened: (
    id: string,
    ws: EngineSocket,
    socket: NetSocket,
    request: HandshakeRequest,
    deflater: Deflater | null,
  ) => void;
}

/** A handshake while its 101 is being written. */
interface Acceptance {
  readonly request: EngineRequest;
  readonly id: string;
  readonly response: UpgradeResponse | null;
  /** Set if compression was negotiated. */
  deflater: Deflater | null;
}

const SHUTTING_DOWN = { message: 'Server shutting down' } as const;

export class Handshakes {
  readonly middlewares = new Middlewares();
  readonly #options: ResolvedEngineOptions;
  readonly #engine: HandshakeHost;
  readonly #wss: WsServer<typeof EngineSocket>;
  readonly #admission: Admission;
  readonly #capacity: Capacity;
  /** Set with the option `allowedHosts`. */
  readonly #isAllowedHost: HostRule | null;
  readonly #refusals: RefusalLog;
  readonly #deflaters: Deflaters | null;
  readonly #cookie: ((id: string) => string) | null;
  /** Set while `ws` completes a handshake, which it does in one synchronous call. */
  #accepting: Acceptance | null = null;

  constructor(options: ResolvedEngineOptions, engine: HandshakeHost) {
    const { clock, cookie, perMessageDeflate, allowedHosts } = options;
    const { connections, unjoined } = engine;
    this.#options = options;
    this.#engine = engine;
    this.#admission = new Admission(options, this.middlewares, engine.generateId);
    this.#capacity = new Capacity(options, { open: () => connections.size, unjoined });
    this.#isAllowedHost = allowedHosts === null ? null : hostRule(allowedHosts);
    this.#refusals = new RefusalLog(options.logger, () => clock.now(), options.proxyTrust);
    this.#cookie = sessionCookie(cookie);
    this.#deflaters =
      perMessageDeflate === false ? null : new Deflaters(perMessageDeflate === true ? {} : perMessageDeflate);
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

  // --- Public methods ---

  /** Answers a request that is not an upgrade: with a refusal, or as a middleware does. */
  answer(request: IncomingMessage, response: ServerResponse): void {
    this.#answer(engineRequest(request), response).catch((error: unknown) => this.#abort(response, error));
  }

  /** Answers an upgrade request. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#upgrade(engineRequest(request), socket, head).catch((error: unknown) => this.#abort(socket, error));
  }

  /** Refuses a request at a path below the engine's own, where other servers of Socket.IO refuse it as well. */
  refuseBelow(request: IncomingMessage, response: ServerResponse): void {
    const hint = `nothing is served at this path: clients connect to ${this.#options.path}/ (their option path)`;
    this.#refuseRequest(request, response, refusal(3, { name: 'UNKNOWN_PATH' }, hint));
  }

  // --- Inside: decisions ---

  async #answer(request: EngineRequest, response: ServerResponse): Promise<void> {
    const refused = this.#checkFirst(request, false);
    if (refused !== null) return this.#refuseRequest(request, response, refused);
    try {
      const outcome = this.middlewares.isEmpty
        ? 'passed'
        : await this.middlewares.run(request, response, this.#options);
      if (outcome === 'answered') return;
      // checkHandshake never returns null here: the request is not an upgrade.
      const decided =
        outcome === 'passed' ? (checkHandshake(request, request._query, false) as HandshakeRefusal) : outcome;
      if (!isPreflight(request)) this.#report(request, decided);
      if (response.headersSent) response.end(); // a middleware failed after it had started to answer
      else {
        for (const [name, value] of this.#headersFor(request, {})) response.setHeader(name, value);
        refuseRequest(request, response, decided);
      }
    } finally {
      this.#capacity.settled();
    }
  }

  async #upgrade(request: EngineRequest, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', ignore); // the peer may disconnect at any moment; `ws` listens only after the 101
    if (this.#engine.isClosed()) return refuseUpgrade(socket, SHUTTING_DOWN, 503);
    const earlier = pendingResponse(socket);
    if (earlier !== null) return this.#refusePipelined(request, socket, earlier);
    const refused = this.#checkFirst(request, true);
    if (refused !== null) return this.#refuse(request, socket, null, refused);
    try {
      const response = this.middlewares.isEmpty ? null : new UpgradeResponse(request, socket);
      const outcome = await this.#admission.decide(request, response);
      if (outcome === 'answered') return;
      if (this.#engine.isClosed()) sendRefusal(socket, response, SHUTTING_DOWN, 503);
      else if ('code' in outcome) this.#refuse(request, socket, response, outcome);
      else if (this.#engine.connections.has(outcome.id)) {
        this.#refuse(request, socket, response, this.#admission.refuseId('returned an id that is in use'));
      } else if (socket.destroyed) this.#options.logger.debug('a client left during its handshake');
      else this.#accept({ request, id: outcome.id, response, deflater: null }, socket, head);
    } finally {
      this.#capacity.settled();
    }
  }

  /**
   * Makes the checks that come before the middlewares.
   * @returns the refusal; if `null`, the request counts for {@link Capacity} until it is settled
   */
  #checkFirst(request: EngineRequest, upgrades: boolean): HandshakeRefusal | null {
    if (this.#isAllowedHost !== null) {
      const host = requestHost(request, this.#options.proxyTrust);
      if (!this.#isAllowedHost(host)) return refusal(4, { name: 'HOST', host }, HOST_HINT);
    }
    return this.#capacity.admit(request, upgrades);
  }

  // --- Inside: accepting ---

  /** Completes a handshake. */
  #accept(acceptance: Acceptance, socket: Duplex, head: Buffer): void {
    const { request } = acceptance;
    socket.off('error', ignore);
    this.#accepting = acceptance;
    if (this.#deflaters !== null) {
      const offers = request.headers['sec-websocket-extensions'];
      this.#wss.options.perMessageDeflate = this.#deflaters.negotiation(offers);
    }
    socket.cork(); // the 101 and the open packet become one write: 7 % less CPU per connect
    try {
      this.#wss.handleUpgrade(request, socket, head, this.#opened);
    } finally {
      socket.uncork();
      this.#accepting = null;
    }
  }

  /** Adds our headers to the lines of a 101 that `ws` is about to write. */
  #addHeaders(lines: string[]): void {
    const acceptance = this.#accepting as Acceptance;
    const { request, id, response } = acceptance;
    const extensions = lines.find((line) => line.startsWith('Sec-WebSocket-Extensions: permessage-deflate'));
    if (extensions !== undefined) acceptance.deflater = this.#deflaters?.negotiated(extensions) ?? null;
    if (response === null && this.#cookie === null && !this.#engine.server.hasListeners) return;
    const headers = response?.switchProtocols() ?? {};
    if (this.#cookie !== null) addCookie(headers, this.#cookie(id));
    for (const [name, value] of this.#headersFor(request, headers)) {
      for (const line of [value].flat()) lines.push(`${name}: ${line}`);
    }
  }

  readonly #opened = (ws: EngineSocket): void => {
    const { request, id, deflater } = this.#accepting as Acceptance;
    if (deflater !== null) ws.awaitInflating();
    const kept = handshakeRequest(request, !this.middlewares.isEmpty);
    this.#engine.opened(id, ws, request.socket, kept, deflater);
  };

  /** @returns the valid headers, after the listeners have added theirs */
  #headersFor(request: EngineRequest, headers: HandshakeHeaders): [name: string, value: string | string[]][] {
    this.#engine.notify('initial_headers', [headers, request]);
    this.#engine.notify('headers', [headers, request]);
    return validHeaders(headers, this.#options.logger);
  }

  // --- Inside: refusing ---

  #refuseRequest(request: IncomingMessage, response: ServerResponse, refused: HandshakeRefusal): void {
    if (!isPreflight(request)) this.#report(request, refused);
    refuseRequest(request, response, refused);
  }

  #refuse(request: EngineRequest, socket: Duplex, response: UpgradeResponse | null, refused: HandshakeRefusal): void {
    this.#report(request, refused);
    sendRefusal(socket, response, refused, statusOf(refused));
  }

  /** Refuses an upgrade on a TCP connection that still has to carry the response to an earlier request. */
  #refusePipelined(request: EngineRequest, socket: Duplex, earlier: ServerResponse): void {
    const refused = refusal(3, { name: 'PIPELINED' });
    if (earlier.headersSent && !earlier.writableEnded) {
      this.#report(request, refused);
      socket.destroy(); // an answer would become a part of that response
    } else this.#refuse(request, socket, null, refused);
  }

  #report(request: IncomingMessage, refused: HandshakeRefusal): void {
    this.#engine.traffic.refuse(refused.code);
    if (refused.isReported === false) return;
    this.#refusals.write(request, refused);
    const { code, message, context } = refused;
    const general = REFUSALS[code];
    const details = message === general ? context : { ...context, message };
    this.#engine.notify('connection_error', [{ req: request, code, message: general, context: details }]);
  }

  #abort(stream: Duplex | ServerResponse, error: unknown): void {
    this.#options.logger.error('a handshake failed unexpectedly', error);
    stream.destroy();
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
