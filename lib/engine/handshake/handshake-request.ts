/**
 * What is kept of the HTTP request that opened a connection: plain data, so that the request itself, its
 * parser and its response can be collected. Only where middlewares may have put something on the request
 * (`engine.use`), the request itself is kept.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { ParsedUrlQuery } from 'node:querystring';
import type { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';

/** A request at the path of the engine, as middlewares and listeners get it. */
export interface EngineRequest extends IncomingMessage {
  /** The query of its URL, under the name that Engine.IO gives it. */
  _query: ParsedUrlQuery;
}

/** What only the whole request has. */
type Left =
  | keyof Readable
  | 'aborted'
  | 'complete'
  | 'connection'
  | 'headersDistinct'
  | 'httpVersionMajor'
  | 'httpVersionMinor'
  | 'method'
  | 'rawHeaders'
  | 'rawTrailers'
  | 'setTimeout'
  | 'statusCode'
  | 'statusMessage'
  | 'trailers'
  | 'trailersDistinct'
  | 'url';

/**
 * Source: Socket.IO, `socket.request`. What an application declares on `IncomingMessage` of `node:http` for its
 * middlewares (such as `session` or `user`) is known here, too; it is there when `engine.use` was called.
 */
export interface HandshakeRequest extends Omit<IncomingMessage, Left> {
  readonly method: string;
  readonly url: string;
  readonly query: ParsedUrlQuery;
  /** The same as `query`, under the name that Engine.IO gives it. */
  readonly _query: ParsedUrlQuery;
  /** The address of the other end of the TCP connection. */
  readonly address: string;
  /** Whether that connection is encrypted. */
  readonly secure: boolean;
}

/** Plain data, and a way to the socket. */
class KeptRequest {
  readonly headers: IncomingHttpHeaders;
  readonly httpVersion: string;
  readonly url: string;
  readonly query: ParsedUrlQuery;
  readonly address: string;
  readonly secure: boolean;
  readonly #socket: NetSocket;

  constructor({ headers, httpVersion, url = '', socket }: IncomingMessage, query: ParsedUrlQuery) {
    this.headers = headers;
    this.httpVersion = httpVersion;
    this.url = url;
    this.query = query;
    this.address = addressOf(socket);
    this.secure = isSecure(socket);
    this.#socket = socket;
  }

  /** A WebSocket begins with no other. */
  get method(): string {
    return 'GET';
  }

  get _query(): ParsedUrlQuery {
    return this.query;
  }

  /** The TCP connection; what is written to it by hand breaks the WebSocket. */
  get socket(): NetSocket {
    return this.#socket;
  }
}

/** @param whole whether to keep the request itself */
export function handshakeRequest(request: EngineRequest, whole: boolean): HandshakeRequest {
  const { _query, socket } = request;
  if (!whole) return new KeptRequest(request, _query);
  const { query = _query } = request as Partial<HandshakeRequest>; // of a middleware
  return Object.assign(request, {
    query,
    address: addressOf(socket),
    secure: isSecure(socket),
  }) as unknown as HandshakeRequest;
}

function addressOf(socket: NetSocket): string {
  return socket.remoteAddress ?? '';
}

function isSecure(socket: NetSocket): boolean {
  return (socket as Partial<TLSSocket>).encrypted === true;
}
