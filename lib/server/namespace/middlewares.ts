/**
 * Whether a client may come into a namespace: its middlewares, one after the other, and what the client
 * learns when one of them, or a connect handler, says no.
 */
import { isThenable, type Log } from '../../engine/index.js';
import { label } from '../../errors.js';
import type { Refusal } from '../../protocol/index.js';
import { ConnectionRefused } from './connection-refused.js';
import type { Socket } from '../socket/socket.js';

/** What a middleware refuses with: `data` reaches the client beside the message. Source: Socket.IO. */
export interface ExtendedError extends Error {
  // oxlint-disable-next-line typescript/no-explicit-any -- as Socket.IO: what is told to the client is the application's affair
  data?: any;
}

/** Decides on a CONNECT: `next()` goes on, `next(error)` refuses with the error's `message` and `data`, `next(text)` with that message. */
export type Middleware<S = Socket> = (socket: S, next: (error?: string | ExtendedError) => void) => unknown;

/**
 * Runs when middlewares are through, before CONNECT is answered; a throw or rejection refuses. Middlewares and
 * connect handlers have `connectTimeout` together: then the client is refused, and what they still do has no effect.
 */
export type ConnectHandler<S = Socket> = (socket: S) => void | Promise<void>;

/** What waits for the application to decide, for `connectTimeout` at most. */
export interface Undecided {
  /** Decides against the client. */
  overdue(): void;
}

/** @throws ConnectionRefused when a middleware refuses, or the client has gone; whatever a middleware throws */
export async function passMiddlewares(middlewares: readonly Middleware[], socket: Socket): Promise<void> {
  for (const middleware of middlewares) {
    await run(middleware, socket);
    // It left, a middleware disconnected it, or it waited too long: before anybody was told of it, nobody need be
    // told of its end.
    if (socket.isLost) throw new ConnectionRefused('Disconnected by the server');
  }
}

/** What the client learns: what it was refused with on purpose, and of our own failures nothing. */
export function refusalOf(error: unknown, namespace: string, log: Log): Refusal {
  if (error instanceof ConnectionRefused) {
    return error.data === undefined ? { message: error.message } : { message: error.message, data: error.data };
  }
  log.error(`a middleware or connect handler of ${label(namespace)} failed: the client is refused`, error);
  return { message: 'Internal server error' };
}

/** Resolves with the first of `next()`, `next(error)`, a throw and a rejection. */
function run(middleware: Middleware, socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (error?: string | ExtendedError): void => {
      if (error === undefined || error === null) resolve();
      else if (typeof error === 'string') reject(new ConnectionRefused(error));
      else reject(new ConnectionRefused(error.message, error.data, { cause: error }));
    };
    const result = middleware(socket, next);
    if (isThenable(result)) result.then(undefined, reject);
  });
}
