/**
 * A response to an upgrade request, for middlewares that know nothing of upgrades: an ordinary one of Node's,
 * on the socket of the request. It ends in one of two ways: its headers go on the 101, or it is sent.
 */
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { HandshakeHeaders } from './handshake-headers.js';

/** What the handshake itself says, and what says how a body is to be read where there is none. */
const NOT_TAKEN: ReadonlySet<string> = new Set([
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
  /** What middlewares get. They may replace its methods, even its prototype. */
  readonly response: ServerResponse;
  readonly #socket: NetSocket;

  constructor(request: IncomingMessage, socket: Duplex) {
    this.#socket = socket as NetSocket;
    this.response = new ServerResponse(request);
    this.response.shouldKeepAlive = false;
    this.response.assignSocket(this.#socket);
    this.response.once('finish', this.#sent);
  }

  /** Lets go of the socket. @returns the headers that the 101 shall have */
  switchProtocols(): HandshakeHeaders {
    const { response } = this;
    response.writeHead(101); // some middlewares set their headers in this very moment
    const headers: HandshakeHeaders = {};
    for (const name of response.getHeaderNames()) {
      const value = response.getHeader(name);
      if (!NOT_TAKEN.has(name)) headers[name] = Array.isArray(value) ? value : String(value);
    }
    response.off('finish', this.#sent);
    response.detachSocket(this.#socket);
    response.emit('finish'); // for those that log when a request is over
    response.emit('close');
    return headers;
  }

  /** Sends a refusal, unless a middleware has begun with an answer of its own; then ends the socket. */
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
