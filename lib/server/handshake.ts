/** The handshake of a client: plain data, which can be sent to other servers of a cluster. */
import type { IncomingHttpHeaders } from 'node:http';
import type { ParsedUrlQuery } from 'node:querystring';
import type { HandshakeData } from '../engine/internal.js';

/** Source: Socket.IO, `socket.handshake`. */
export interface Handshake {
  /** Headers of the HTTP request. */
  readonly headers: IncomingHttpHeaders;
  /** Time at which the client asked for the namespace, as text. */
  readonly time: string;
  /** The same time in ms since 1970. */
  readonly issued: number;
  /** The remote address of the TCP connection. Behind a proxy, this is the proxy's address. */
  readonly address: string;
  /** Whether the request has an `Origin` header, as those of web pages do. */
  readonly xdomain: boolean;
  /** Whether the TCP connection is encrypted. */
  readonly secure: boolean;
  /** Target of the HTTP request. */
  readonly url: string;
  readonly query: ParsedUrlQuery;
  /** The data that the client sent with its CONNECT. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as Socket.IO: the application defines what clients send
  readonly auth: { [key: string]: any };
}

/** @param issued ms since 1970 */
export function createHandshake(
  request: HandshakeData,
  issued: number,
  auth: Readonly<Record<string, unknown>>,
): Handshake {
  const { headers, address, secure, url, query } = request;
  const time = new Date(issued).toString();
  return { headers, time, issued, address, xdomain: headers.origin !== undefined, secure, url, query, auth };
}

/** Headers with credentials, which browsers send by themselves and which are often valid for other services too. */
const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

/**
 * Returns a handshake as other servers of a cluster get it: without the claim to a session, with which its reader could
 * take the session over, and without the headers that have credentials. The rest of `auth` is the application's.
 */
export function sharedHandshake(handshake: Handshake): Handshake {
  const { pid: _pid, offset: _offset, ...auth } = handshake.auth;
  const headers = Object.entries(handshake.headers).filter(([name]) => !CREDENTIAL_HEADERS.has(name));
  return { ...handshake, auth, headers: Object.fromEntries(headers) };
}
