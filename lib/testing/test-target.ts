/** What can be tested, and where its connections come in. */
import type { INestApplication, INestApplicationContext } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Server as HttpServer } from 'node:http';
import { SocketIoError } from '../errors.js';
import { Server } from '../server/index.js';
import { type AnyServer, Stage } from './server-monitor.js';

/** A Nest application, a compiled testing module, or a server without Nest. */
export type TestTarget = INestApplicationContext | AnyServer;

/** Where connections come in. */
export interface Door {
  readonly stage: Stage;
  readonly http: HttpServer;
}

/** Applications are initialised once, be it by several clients at once. */
const initialised = new WeakMap<INestApplicationContext, Promise<unknown>>();

/** @throws SocketIoError `INVALID_ARGUMENT` when there is nothing to connect to; whatever `app.init()` throws */
export async function doorOf(target: TestTarget): Promise<Door> {
  if (target instanceof Server) return ownDoor(Stage.of(target));
  if (!isApplication(target)) {
    throw new SocketIoError('INVALID_ARGUMENT', `${String(target)} is neither a Nest application nor a Server`);
  }
  const stage = Stage.of(serverOf(target));
  const http = httpServerOf(target);
  if (!initialised.has(target)) initialised.set(target, target.init());
  await initialised.get(target);
  return http === null ? ownDoor(stage) : { stage, http };
}

function ownDoor(stage: Stage): Door {
  return { stage, http: stage.http };
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
  // Its hooks belong to the application now: to run them for the module too would be once too often.
  const message = 'an application was made from this testing module: connect to the application';
  throw new SocketIoError('INVALID_ARGUMENT', message);
}
