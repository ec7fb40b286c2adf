/** How a refusal is written: as JSON to a plain request, as a bare HTTP answer to an upgrade. Then it is over. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { isLegalOrigin } from './origin-policy.js';
import type { HandshakeRefusal } from './check-handshake.js';

export function statusOf({ code }: HandshakeRefusal): 400 | 403 {
  return code === 4 ? 403 : 400;
}

/**
 * Answers a request that is no upgrade. Any page may read the answer: it holds nothing but what is
 * wrong with the request, and a browser would hide it from the developer otherwise.
 */
export function refuseRequest(request: IncomingMessage, response: ServerResponse, refusal: HandshakeRefusal): void {
  const { origin } = request.headers;
  if (origin !== undefined && isLegalOrigin(origin)) {
    response.setHeader('Access-Control-Allow-Origin', origin);
    response.setHeader('Access-Control-Allow-Credentials', 'true');
    response.setHeader('Vary', 'Origin');
  }
  if (request.method === 'OPTIONS') {
    response.setHeader('Access-Control-Allow-Methods', 'GET, POST');
    response.setHeader('Access-Control-Allow-Headers', 'Authorization, Content-Type');
    response.writeHead(204).end();
    return;
  }
  const { code, message, hint } = refusal;
  const body = JSON.stringify({ code, message, hint });
  response.writeHead(statusOf(refusal), {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    ...(request.httpVersionMajor < 2 ? { Connection: 'close' } : {}), // HTTP/2 has no such header
  });
  response.end(body);
}

/** Whether a browser asks beforehand if a page may make a request. */
export function isPreflight(request: IncomingMessage): boolean {
  return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
}

/** Answers an upgrade request and ends its socket. */
export function refuseUpgrade(
  socket: Duplex,
  refusal: Pick<HandshakeRefusal, 'message'>,
  status: 400 | 403 | 503,
): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.once('finish', () => socket.destroy());
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Connection: close',
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(refusal.message)}`,
      '',
      refusal.message,
    ].join('\r\n'),
  );
}
