/**
 * The event `exception`, by which Nest tells a client of an error: its payload is that of Nest's own
 * `BaseWsExceptionFilter`. Of an error that was not thrown for the client, it has nothing but its cause.
 */
import { HttpException } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import { type Log } from '../../engine/index.js';
import type { Call } from '../call.js';

/** What the client is not told of, the log is; an HttpException is no failure of the application, as in Nest. */
export function logFailure(error: unknown, where: string, log: Log): void {
  if (!(error instanceof WsException) && !(error instanceof HttpException)) log.error(`${where} failed`, error);
}

/** Tells the client of the call. */
export function emitException(error: unknown, call: Call, where: string, log: Log): void {
  try {
    call.client.emit('exception', exceptionOf(error, call));
  } catch (unsendable) {
    log.error(`${where} threw what cannot be sent`, unsendable);
    call.client.emit('exception', exceptionOf(unsendable, call));
  }
}

/** The payload. */
export function exceptionOf(error: unknown, { pattern, body }: Call): unknown {
  const told = error instanceof WsException ? error.getError() : 'Internal server error';
  return typeof told === 'object' ? told : { status: 'error', message: told, cause: { pattern, data: body } };
}
