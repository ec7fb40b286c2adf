/**
 * The HTTP request that opened a connection. Only a snapshot of plain data is kept, so that the request, its parser
 * and its response can be garbage-collected. The request itself is kept only if there are middlewares
 * (`engine.use`), which may have put data on it.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { parse, type ParsedUrlQuery } from 'node:querystring';
import type { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';

/**
 * A request at the path of the engine, as middlewares and listeners get it.
 * @publicApi
 */
export interface EngineRequest extends IncomingMessage {
  /** The query of the URL, under the name that Engine.IO uses. */
  _query: ParsedUrlQuery;
}

/** Members of a request that a snapshot does not have. */
type OmittedMember =
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
 * Properties that an application declares on `IncomingMessage` of `node:http` for its middlewares (such as `session`
 * or `user`) are part of this type. They are present if middlewares were added with `engine.use`.
 * Source: Socket.IO, `socket.request`.
 * @publicApi
 */
export interface HandshakeRequest extends Omit<IncomingMessage, OmittedMember> {
  readonly method: string;
  readonly url: string;
  readonly query: ParsedUrlQuery;
  /** The same as `query`, under the name that Engine.IO uses. */
  readonly _query: ParsedUrlQuery;
  /** The remote address of the TCP connection. */
  readonly address: string;
  /** Whether the TCP connection is encrypted. */
  readonly secure: boolean;
}

/** The plain data of a request. */
export type HandshakeData = Pick<HandshakeRequest, 'address' | 'headers' | 'query' | 'secure' | 'url'>;

/** The kept data of a request that the application has released: see `connection.request`. */
export class ReleasedRequest implements HandshakeData {
  readonly address: string;
  readonly headers: IncomingHttpHeaders;
  readonly query: ParsedUrlQuery;
  readonly secure: boolean;
  readonly url: string;
  /** The user that a middleware has set, as passport does. */
  readonly user: unknown;

  constructor(request: HandshakeData) {
    const { address, headers, query, secure, url } = request;
    this.address = address;
    this.headers = headers;
    this.query = query;
    this.secure = secure;
    this.url = url;
    this.user = (request as { readonly user?: unknown }).user;
  }
}

/** The kept data of a request, and its socket. */
class RequestSnapshot {
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

  /** The only method that can open a WebSocket. */
  get method(): string {
    return 'GET';
  }

  get _query(): ParsedUrlQuery {
    return this.query;
  }

  /** The TCP connection. Writing to it directly breaks the WebSocket. */
  get socket(): NetSocket {
    return this.#socket;
  }
}

/** @param whole whether to keep the request itself instead of a snapshot */
export function handshakeRequest(request: EngineRequest, whole: boolean): HandshakeRequest {
  const { _query, socket } = request;
  if (!whole) return new RequestSnapshot(request, _query);
  const { query = _query } = request as Partial<HandshakeRequest>; // a middleware may have set it
  return Object.assign(request, {
    query,
    address: addressOf(socket),
    secure: isSecure(socket),
  }) as unknown as HandshakeRequest;
}

/** Adds the parsed query to a request. */
export function engineRequest(request: IncomingMessage): EngineRequest {
  return Object.assign(request, { _query: queryOf(request.url) });
}

/** The path of a request target; never throws. Called for every request of the HTTP server. */
export function pathOf(url = ''): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

/** The query of a request target; never throws. */
export function queryOf(url = ''): ParsedUrlQuery {
  const end = url.indexOf('?');
  return parse(end === -1 ? '' : url.slice(end + 1));
}

/** Whether `path` is the path of the server, with or without a trailing slash. */
export function isOwnPath(own: string, path: string): boolean {
  return path === own || (path.length === own.length + 1 && path.startsWith(own) && path.endsWith('/'));
}

function addressOf(socket: NetSocket): string {
  return socket.remoteAddress ?? '';
}

function isSecure(socket: NetSocket): boolean {
  return (socket as Partial<TLSSocket>).encrypted === true;
}
