/**
 * An ordinary Node response on the socket of an upgrade request, for middlewares that know nothing of upgrades.
 * Either its headers are added to the 101, or it is sent as a refusal.
 */
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { HandshakeHeaders } from './handshake-headers.js';

/** Headers not added to the 101: the handshake sets them itself, or they describe a body that it does not have. */
const EXCLUDED_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'sec-websocket-accept',
  'sec-websocket-extensions',
  'sec-websocket-protocol',
  'transfer-encoding',
  'upgrade',
]);

export class UpgradeResponse {
  /** The response for the middlewares, which may replace its methods and even its prototype. */
  readonly response: ServerResponse;
  readonly #socket: NetSocket;

  constructor(request: IncomingMessage, socket: Duplex) {
    this.#socket = socket as NetSocket;
    this.response = new ServerResponse(request);
    this.response.shouldKeepAlive = false;
    this.response.assignSocket(this.#socket);
    this.response.once('finish', this.#sent);
  }

  /** Detaches the response from the socket. @returns the headers to add to the 101 */
  switchProtocols(): HandshakeHeaders {
    const { response } = this;
    response.writeHead(101); // some middlewares set their headers when this is called
    const headers: HandshakeHeaders = {};
    for (const name of response.getHeaderNames()) {
      const value = response.getHeader(name);
      if (!EXCLUDED_HEADERS.has(name)) headers[name] = Array.isArray(value) ? value : String(value);
    }
    response.off('finish', this.#sent);
    response.detachSocket(this.#socket);
    response.emit('finish'); // for middlewares that log finished requests
    response.emit('close');
    return headers;
  }

  /** Sends a refusal, unless a middleware has already started a response. Ends the socket in either case. */
  refuse(status: number, message: string): void {
    const { response } = this;
    if (response.headersSent) {
      response.end();
      return;
    }
    response.writeHead(status, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': Buffer.byteLength(message),
    });
    response.end(message);
  }

  readonly #sent = (): void => {
    this.response.detachSocket(this.#socket);
    this.#socket.destroySoon();
  };
}
