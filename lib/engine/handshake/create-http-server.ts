/** The HTTP server for a port that has no other: it answers 404 to every request that the engine does not take. */
import { createServer, type Server as HttpServer, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { quote } from '../../errors.js';
import type { ResolvedEngineOptions } from '../engine-options.js';
import { pendingResponse } from './pending-response.js';

/** ms between two checks for overdue requests; less if the limit is small. */
const MAX_CHECK_INTERVAL = 1_000;

/** How Node answers requests that it cannot parse. Source: Node, `clientError` without a listener. */
const STATUSES: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};

/**
 * Creates an HTTP server that closes connections whose request does not arrive within `limits.requestHeadTime`. Node's
 * own defaults bound the rest: 16 kB for a head, 2,000 headers, and 5 s for an idle connection.
 */
export function createHttpServer(options: Pick<ResolvedEngineOptions, 'limits' | 'limitReport'>): HttpServer {
  const { requestHeadTime } = options.limits;
  const time = requestHeadTime === Infinity ? 0 : requestHeadTime; // for Node, 0 is no limit
  const server = createServer(
    {
      headersTimeout: time,
      requestTimeout: time, // head and body; no request that this server answers has a body
      connectionsCheckingInterval: time === 0 ? MAX_CHECK_INTERVAL : Math.min(MAX_CHECK_INTERVAL, Math.ceil(time / 4)),
    },
    (_request, response) => response.writeHead(404).end(),
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status = STATUSES[error.code ?? ''] ?? 400;
    if (status === 408) {
      const { remoteAddress = '' } = socket as { remoteAddress?: string };
      options.limitReport.reached('requestHeadTime', `closed a connection of ${quote(remoteAddress)}`, {
        logFields: { address: remoteAddress },
      });
    }
    refuseUnparsed(socket, status, pendingResponse(socket));
  });
  return server;
}

/** @param earlier the response to an earlier request on the same connection */
function refuseUnparsed(socket: Duplex, status: number, earlier: ServerResponse | null): void {
  if (socket.writable && earlier?.headersSent !== true) {
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
  }
  socket.destroy();
}
