/**
 * The checks of a request that need neither the application nor any state. A refused request is never answered with
 * 101.
 * Source: Engine.IO protocol, revision 4, "Handshake".
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { ParsedUrlQuery } from 'node:querystring';
import { isLegalOrigin } from './origin-policy.js';
import { type HandshakeRefusal, refusal } from './refusal.js';

export const WEBSOCKET_ONLY_HINT =
  "this server accepts WebSocket only: set transports: ['websocket'] in the options of the client";

const NO_UPGRADE_HINT =
  'this is a plain HTTP request: a proxy between client and server may have removed its headers Upgrade and Connection';

const VERSION_HINT = 'this server speaks Engine.IO 4: use a client of Socket.IO 3 or later';

/** The parts of a request that are checked. */
export interface UpgradeRequest {
  readonly method?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/**
 * @param upgrade whether the request asks for an upgrade
 * @returns the refusal, or `null` if the request is valid (`cors.origin` and `allowRequest` are evaluated next)
 */
export function checkHandshake(
  request: UpgradeRequest,
  query: ParsedUrlQuery,
  upgrade: boolean,
): HandshakeRefusal | null {
  const { origin } = request.headers;
  if (query['transport'] !== 'websocket') {
    const hint = query['EIO'] === '3' ? `${WEBSOCKET_ONLY_HINT}; ${VERSION_HINT}` : WEBSOCKET_ONLY_HINT;
    return refusal(0, { transport: query['transport'] }, hint);
  }
  if (origin !== undefined && !isLegalOrigin(origin)) return refusal(3, { name: 'INVALID_ORIGIN' });
  // A sid in the query continues a session over another transport, which does not exist here.
  if (query['sid'] !== undefined) return refusal(1, { sid: query['sid'] });
  if (request.method !== 'GET') return refusal(2, { method: request.method });
  if (!upgrade) return refusal(3, { name: 'TRANSPORT_HANDSHAKE_ERROR' }, NO_UPGRADE_HINT);
  if (query['EIO'] !== '4') return refusal(5, { protocol: query['EIO'] }, VERSION_HINT);
  return null;
}
