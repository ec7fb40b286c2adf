/**
 * What is kept of the HTTP request that opened a connection: plain data, so that the request itself, its
 * parser and its response can be collected.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ParsedUrlQuery } from 'node:querystring';
import type { TLSSocket } from 'node:tls';

export interface HandshakeRequest {
  readonly headers: IncomingHttpHeaders;
  readonly url: string;
  readonly query: ParsedUrlQuery;
  /** The address of the other end of the TCP connection. */
  readonly address: string;
  /** Whether that connection is encrypted. */
  readonly secure: boolean;
}

export function handshakeRequest(request: IncomingMessage, query: ParsedUrlQuery): HandshakeRequest {
  const { headers, url = '', socket } = request;
  return {
    headers,
    url,
    query,
    address: socket.remoteAddress ?? '',
    secure: (socket as Partial<TLSSocket>).encrypted === true,
  };
}
