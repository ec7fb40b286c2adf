/**
 * Listens on HTTP servers that belong to somebody else: what is the engine's goes to the engine, everything
 * else to the listeners that were there before.
 */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Http2SecureServer, Http2Server } from 'node:http2';
import type { Server as HttpsServer } from 'node:https';
import type { Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ResolvedEngineOptions } from '../engine-options.js';

/** What Socket.IO attaches to. An HTTP/2 server has to be made with `allowHTTP1`: a WebSocket begins with a request of HTTP/1.1. */
export type AnyHttpServer = HttpServer | HttpsServer | Http2SecureServer | Http2Server;

/** Who takes the requests. */
export interface RequestTaker {
  /** @returns whether it is the taker's to answer */
  takeRequest(request: IncomingMessage, response: ServerResponse): boolean;
  takeUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
}

export function attachTo(
  server: AnyHttpServer,
  taker: RequestTaker,
  options: Pick<ResolvedEngineOptions, 'clock' | 'destroyUpgrade' | 'destroyUpgradeTimeout'>,
): void {
  const http = server as HttpServer; // all of them agree in what is used here
  intercept(server, (request, response) => taker.takeRequest(request, response));
  http.on('upgrade', (request, socket, head) => {
    if (!taker.takeUpgrade(request, socket, head) && options.destroyUpgrade) endUntaken(socket as NetSocket, options);
  });
}

/**
 * Looks at all requests before anybody else does.
 * @param take tells whether it has taken a request; whatever it has not goes on to the listeners that were there
 */
export function intercept(server: AnyHttpServer, take: RequestTaker['takeRequest']): void {
  const http = server as HttpServer;
  const others = http.listeners('request');
  http.removeAllListeners('request');
  http.on('request', (request, response) => {
    if (take(request, response)) return;
    for (const other of others) other.call(server, request, response);
  });
}

/** Ends an upgrade for another path unless somebody else takes it in time. */
function endUntaken(
  socket: NetSocket,
  { clock, destroyUpgradeTimeout }: Pick<ResolvedEngineOptions, 'clock' | 'destroyUpgradeTimeout'>,
): void {
  socket.on('error', () => {}); // the peer may be gone at any moment
  const { bytesWritten } = socket; // some already, where the connection was used for requests before
  clock.after(destroyUpgradeTimeout, () => {
    const taken = socket.bytesWritten > bytesWritten || socket.listenerCount('data') > 0;
    if (socket.writable && !taken) socket.destroy();
  });
}
