/**
 * The HTTP servers that a server is attached to: those of the application, and those that are created for a port. The
 * latter answer 404 to all other requests, and are closed with the server.
 */
import type { Server as HttpServer } from 'node:http';
import { type AnyHttpServer, createHttpServer, type ResolvedEngineOptions } from '../engine/internal.js';
import { SocketIoError } from '../errors.js';

export class ServedHttp {
  /** The HTTP server attached last. */
  latest: AnyHttpServer | undefined;
  readonly #options: ResolvedEngineOptions;
  readonly #own: HttpServer[] = [];

  /** @param options may change until the server serves */
  constructor(options: ResolvedEngineOptions) {
    this.#options = options;
  }

  /** Creates an HTTP server with the limits on requests, which answers 404 to all requests that are not the engine's. */
  create(): HttpServer {
    return createHttpServer(this.#options);
  }

  /** Adds an HTTP server, or one that listens on a port. */
  add(target: AnyHttpServer | number): AnyHttpServer {
    return (this.latest = typeof target === 'number' ? this.#listen(target) : target);
  }

  /** Stops listening on all ports. Resolves when their connections have ended. */
  async close(): Promise<void> {
    await Promise.all(this.#own.splice(0).map((own) => new Promise((resolve) => own.close(resolve))));
  }

  #listen(port: number): HttpServer {
    const own = this.create().listen(port);
    this.#own.push(own);
    return own;
  }
}

/**
 * Checks an argument of {@link Server.attach}. A port may be a text, as in environment variables.
 * @throws SocketIoError `INVALID_ARGUMENT`
 */
export function httpTarget(target: unknown): AnyHttpServer | number {
  if (isHttpServer(target)) return target;
  const port = typeof target === 'number' || (typeof target === 'string' && target !== '') ? Number(target) : -1;
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new SocketIoError('INVALID_ARGUMENT', `attach() needs an HTTP server or a port number, got ${String(target)}`);
}

/** Unlike options, for which the same argument may be used, an HTTP server can listen. */
export function isHttpServer(value: unknown): value is AnyHttpServer {
  return typeof value === 'object' && value !== null && 'listen' in value;
}
