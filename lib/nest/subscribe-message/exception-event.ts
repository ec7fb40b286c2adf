/**
 * The event `exception`, with which Nest notifies a client of an error. The payload is that of Nest's own
 * `BaseWsExceptionFilter`. The message of any error but a WsException is withheld.
 */
import { HttpException } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import { type Log } from '../../engine/internal.js';
import type { Call } from '../call.js';

/** Logs an error that the client does not get. As in Nest, an HttpException is not a failure of the application. */
export function logFailure(error: unknown, call: Call, where: string, log: Log): void {
  if (error instanceof WsException || error instanceof HttpException) return;
  log.error(`${where} failed`, error, { ...call.logFields, handler: where });
}

/** Sends the event to the client of the call. */
export function emitException(error: unknown, call: Call, where: string, log: Log): void {
  try {
    call.client.emit('exception', exceptionOf(error, call));
  } catch (encodingError) {
    const fields = { ...call.logFields, handler: where };
    log.error(`${where} threw an error that cannot be sent`, encodingError, fields);
    call.client.emit('exception', exceptionOf(encodingError, call));
  }
}

/** The payload of the event. */
export function exceptionOf(error: unknown, { pattern, body }: Call): unknown {
  const response = error instanceof WsException ? error.getError() : 'Internal server error';
  return typeof response === 'object'
    ? response
    : { status: 'error', message: response, cause: { pattern, data: body } };
}
