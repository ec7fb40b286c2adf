/** How a client introduced itself, as plain data: it may be sent to other servers of a cluster. */
import type { IncomingHttpHeaders } from 'node:http';
import type { ParsedUrlQuery } from 'node:querystring';
import type { HandshakeRequest } from '../engine/index.js';

/** Source: Socket.IO, `socket.handshake`. */
export interface Handshake {
  /** Headers of the HTTP request. */
  readonly headers: IncomingHttpHeaders;
  /** When the client joined the namespace, as text. */
  readonly time: string;
  /** The same in ms since 1970. */
  readonly issued: number;
  /** The address at the other end of the TCP connection; behind a proxy, the proxy's. */
  readonly address: string;
  /** Whether a page of some origin made the request. */
  readonly xdomain: boolean;
  /** Whether the TCP connection is encrypted. */
  readonly secure: boolean;
  /** Target of the HTTP request. */
  readonly url: string;
  readonly query: ParsedUrlQuery;
  /** What the client sent with its CONNECT. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as Socket.IO: what clients send is the application's affair
  readonly auth: { [key: string]: any };
}

export function createHandshake(
  request: Pick<HandshakeRequest, 'address' | 'headers' | 'query' | 'secure' | 'url'>,
  issued: number,
  auth: Readonly<Record<string, unknown>>,
): Handshake {
  const { headers, address, secure, url, query } = request;
  const time = new Date(issued).toString();
  return { headers, time, issued, address, xdomain: headers.origin !== undefined, secure, url, query, auth };
}

/** @param trustProxy whether `X-Forwarded-For` is believed, of which the last address is what our own proxy saw */
export function clientAddress(
  { headers, address }: Pick<HandshakeRequest, 'address' | 'headers'>,
  trustProxy: boolean,
): string {
  const forwarded = trustProxy ? headers['x-forwarded-for'] : undefined;
  const last = [forwarded].flat().at(-1)?.split(',').at(-1)?.trim();
  return last === undefined || last === '' ? address : last;
}
