/**
 * Everything that is asked of a request before it is answered with 101. Pure: a request goes in, an
 * answer comes out, and it is final before the first byte of a WebSocket is written.
 * Source: Engine.IO protocol, revision 4, "Handshake"; error codes as Engine.IO's server has them.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { parse, type ParsedUrlQuery } from 'node:querystring';
import { isLegalOrigin } from './origin-policy.js';

/** Why a request was refused. `code` and `message` are Engine.IO's. */
export interface HandshakeRefusal {
  readonly code: 0 | 1 | 2 | 3 | 4 | 5;
  readonly message: string;
  /** What to change, for the developer at the other end. */
  readonly hint?: string;
  /** What the server knows about it; goes to `connection_error` listeners, never to the client. */
  readonly context: Readonly<Record<string, unknown>>;
}

export const REFUSALS = {
  0: 'Transport unknown',
  1: 'Session ID unknown',
  2: 'Bad handshake method',
  3: 'Bad request',
  4: 'Forbidden',
  5: 'Unsupported protocol version',
} as const;

export const WEBSOCKET_ONLY_HINT =
  "this server accepts WebSocket only: set transports: ['websocket'] in the options of the client";

const NO_UPGRADE_HINT =
  'this is a plain HTTP request: a proxy between client and server may have removed its Upgrade header';

const VERSION_HINT = 'this server speaks Engine.IO 4: use a client of Socket.IO 3 or later';

/** The parts of a request that the checks look at. */
export interface UpgradeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** The path of a request target; never throws, whatever the target is. Asked of every request of the HTTP server. */
export function pathOf(url = ''): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

/** The query of a request target; never throws either. */
export function queryOf(url = ''): ParsedUrlQuery {
  const end = url.indexOf('?');
  return parse(end === -1 ? '' : url.slice(end + 1));
}

/** Whether a request target is the server's, with or without a slash at its end. */
export function isOwnPath(own: string, path: string): boolean {
  return path === own || (path.length === own.length + 1 && path.startsWith(own) && path.endsWith('/'));
}

/**
 * @param upgrade whether the request asks for an upgrade
 * @returns the refusal, or `null` when the request is in order so far (origin and `allowRequest` come next)
 */
export function checkHandshake(
  request: UpgradeRequest,
  query: ParsedUrlQuery,
  upgrade: boolean,
): HandshakeRefusal | null {
  const { origin } = request.headers;
  if (query['transport'] !== 'websocket') {
    return refusal(0, { transport: query['transport'] }, WEBSOCKET_ONLY_HINT);
  }
  if (origin !== undefined && !isLegalOrigin(origin)) return refusal(3, { name: 'INVALID_ORIGIN' });
  // A session never changes its transport here, so no sid can be one that may be named.
  if (query['sid'] !== undefined) return refusal(1, { sid: query['sid'] });
  if (request.method !== 'GET') return refusal(2, { method: request.method });
  if (!upgrade) return refusal(3, { name: 'TRANSPORT_HANDSHAKE_ERROR' }, NO_UPGRADE_HINT);
  if (query['EIO'] !== '4') return refusal(5, { protocol: query['EIO'] }, VERSION_HINT);
  return null;
}

export function refusal(
  code: HandshakeRefusal['code'],
  context: HandshakeRefusal['context'],
  hint?: string,
  message: string = REFUSALS[code],
): HandshakeRefusal {
  return { code, message, context, ...(hint === undefined ? {} : { hint }) };
}
