/** Finds the server of an application under test, and the HTTP server that accepts its connections. */
import type { INestApplication, INestApplicationContext } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Server as HttpServer } from 'node:http';
import { SocketIoError } from '../errors.js';
import { Server } from '../server/internal.js';
import { type AnyServer, ServerMonitor } from './server-monitor.js';

/**
 * A Nest application, a compiled testing module, or a server without Nest.
 * @publicApi
 */
export type TestTarget = INestApplicationContext | AnyServer;

export interface ResolvedTarget {
  readonly monitor: ServerMonitor;
  /** Accepts the connections. */
  readonly http: HttpServer;
}

/** Ensures that each application is initialised once, even if several clients connect at the same time. */
const initialised = new WeakMap<INestApplicationContext, Promise<unknown>>();

/**
 * Initialises an application that is not initialised yet.
 * @throws SocketIoError `INVALID_ARGUMENT` if the target has no server; any exception of `app.init()`
 */
export async function resolveTarget(target: TestTarget): Promise<ResolvedTarget> {
  if (target instanceof Server) return withOwnHttp(ServerMonitor.of(target));
  if (!isApplication(target)) {
    throw new SocketIoError('INVALID_ARGUMENT', `target must be a Nest application or a Server, got ${String(target)}`);
  }
  const monitor = ServerMonitor.of(serverOf(target));
  const http = httpServerOf(target);
  if (!initialised.has(target)) initialised.set(target, target.init());
  await initialised.get(target);
  return http === null ? withOwnHttp(monitor) : { monitor, http };
}

function withOwnHttp(monitor: ServerMonitor): ResolvedTarget {
  return { monitor, http: monitor.http };
}

function isApplication(target: unknown): target is INestApplicationContext {
  const { get, init } = (target ?? {}) as Record<string, unknown>;
  return typeof get === 'function' && typeof init === 'function';
}

function serverOf(app: INestApplicationContext): AnyServer {
  try {
    return app.get(Server, { strict: false });
  } catch (error) {
    const message = 'the application has no SocketIoModule: import SocketIoModule.forRoot() into one of its modules';
    throw new SocketIoError('INVALID_ARGUMENT', message, { cause: error });
  }
}

/** @returns `null` for a module without HTTP */
function httpServerOf(app: INestApplicationContext): HttpServer | null {
  if (typeof (app as Partial<INestApplication>).getHttpServer === 'function') {
    return (app as INestApplication<HttpServer>).getHttpServer();
  }
  const { httpAdapter } = app.get(HttpAdapterHost, { strict: false }) as Partial<HttpAdapterHost>;
  if (httpAdapter === undefined || httpAdapter === null) return null;
  // The application runs the module's lifecycle hooks. Initialising the module would run them a second time.
  const message = 'an application was created from this testing module: connect to the application instead';
  throw new SocketIoError('INVALID_ARGUMENT', message);
}
