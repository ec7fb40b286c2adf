/**
 * Attaches the engine to the HTTP servers of the application. Requests at the engine's path are passed to the engine,
 * all others to the listeners that were already registered.
 */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Http2SecureServer, Http2Server } from 'node:http2';
import type { Server as HttpsServer } from 'node:https';
import type { Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ResolvedEngineOptions } from '../engine-options.js';

/**
 * A server that Socket.IO can be attached to. An HTTP/2 server must be created with `allowHTTP1`, because a WebSocket
 * starts with an HTTP/1.1 request.
 * @publicApi
 */
export type AnyHttpServer = HttpServer | HttpsServer | Http2SecureServer | Http2Server;

/** Sees every request first. */
export interface RequestInterceptor {
  /** @returns whether the request is handled; otherwise it is passed on */
  interceptRequest(request: IncomingMessage, response: ServerResponse): boolean;
  interceptUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
}

export function attachTo(
  server: AnyHttpServer,
  interceptor: RequestInterceptor,
  options: Pick<ResolvedEngineOptions, 'clock' | 'destroyUpgrade' | 'destroyUpgradeTimeout'>,
): void {
  const http = server as HttpServer; // all four types share the members used here
  intercept(server, (request, response) => interceptor.interceptRequest(request, response));
  http.on('upgrade', (request, socket, head) => {
    if (interceptor.interceptUpgrade(request, socket, head) || !options.destroyUpgrade) return;
    destroyUnclaimed(socket as NetSocket, options);
  });
}

/** The paths of the engines that are attached to each HTTP server. */
const enginePaths = new WeakMap<AnyHttpServer, Set<string>>();

/**
 * Registers the path of an engine. Requests below it are the engine's, as in Socket.IO, unless another engine of the
 * same HTTP server has a longer path.
 * @param own starts with a slash and does not end with one; empty for `/`, below which nothing is the engine's
 * @returns whether a path is below the engine's
 */
export function registerPath(server: AnyHttpServer, own: string): (path: string) => boolean {
  const paths = enginePaths.get(server) ?? new Set();
  enginePaths.set(server, paths.add(own));
  const prefix = `${own}/`;
  return (path) =>
    own !== '' &&
    path.startsWith(prefix) &&
    ![...paths].some((other) => other.length > own.length && isWithin(path, other));
}

function isWithin(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}/`);
}

/**
 * Passes every request to `handle` before all other listeners.
 * @param handle returns whether it handled the request; otherwise the request is passed on to the listeners that were
 *   registered before
 */
export function intercept(server: AnyHttpServer, handle: RequestInterceptor['interceptRequest']): void {
  const http = server as HttpServer;
  const others = http.listeners('request');
  http.removeAllListeners('request');
  http.on('request', (request, response) => {
    if (handle(request, response)) return;
    for (const other of others) other.call(server, request, response);
  });
}

/** Destroys the socket of an upgrade request at another path, unless another listener claims it in time. */
function destroyUnclaimed(
  socket: NetSocket,
  { clock, destroyUpgradeTimeout }: Pick<ResolvedEngineOptions, 'clock' | 'destroyUpgradeTimeout'>,
): void {
  socket.on('error', () => {}); // the peer may disconnect at any moment
  const { bytesWritten } = socket; // not 0 if the socket served earlier requests
  clock.after(destroyUpgradeTimeout, () => {
    const claimed = socket.bytesWritten > bytesWritten || socket.listenerCount('data') > 0;
    if (socket.writable && !claimed) socket.destroy();
  });
}
