/**
 * What a client learns of a failure. Errors that were thrown for it, HttpException, WsException and those
 * of other transports, keep their status and message; of everything else it learns an id, which the log
 * has too, and nothing more.
 */
import { HttpException, HttpStatus } from '@nestjs/common';
import { createId, type Log } from '../../engine/index.js';
import { messages } from '../messages.js';

/** The acknowledgement `{ error }`, the payload of the event `exception`, and `data` of a refusal. */
export interface ErrorAnswer {
  /** `forbidden`, `bad_request` and so on for HTTP statuses, `error` for a WsException, `internal` for our faults. */
  readonly code: string;
  readonly message: string;
  /** The status of an HttpException. */
  readonly status?: number;
  /** Validation issues, and whatever else the exception's response holds. */
  readonly details?: unknown;
  /** Of an internal error: look for it in the log. */
  readonly id?: string;
}

/** @param where the handler that failed, for the log: it gets what was not meant for the client */
export function describeError(error: unknown, where: string, log: Log): ErrorAnswer {
  if (isHttpException(error)) return fromHttp(error);
  if (isForeignException(error)) return fromWs(error);
  const id = createId();
  log.error(messages.failed(where, id), error);
  return { code: 'internal', message: 'Internal server error', id };
}

/** By what it can do: an application may have two copies of Nest. */
export function isHttpException(error: unknown): error is HttpException {
  if (error instanceof HttpException) return true;
  const { getStatus, getResponse } = (error instanceof Error ? error : {}) as Partial<HttpException>;
  return typeof getStatus === 'function' && typeof getResponse === 'function';
}

function fromHttp(exception: HttpException): ErrorAnswer {
  const status = exception.getStatus();
  const code = (HttpStatus[status] ?? `http_${status}`).toLowerCase();
  const response = exception.getResponse();
  if (typeof response === 'string') return { code, message: response, status };
  const { message, error, statusCode: _, ...rest } = response as Record<string, unknown>;
  // A validation pipe puts its issues where the message usually is.
  const issues = Array.isArray(message) ? message : undefined;
  const text = typeof message === 'string' ? message : typeof error === 'string' ? error : exception.message;
  const details = issues ?? (Object.keys(rest).length > 0 ? rest : undefined);
  return { code, message: text, status, ...(details === undefined ? {} : { details }) };
}

/** A WsException, or one of another transport, such as RpcException: it has `getError()`. */
export function isForeignException(error: unknown): error is ForeignException {
  return error instanceof Error && typeof (error as Partial<ForeignException>).getError === 'function';
}

interface ForeignException extends Error {
  getError(): string | object;
}

function fromWs(exception: ForeignException): ErrorAnswer {
  const error = exception.getError();
  if (typeof error === 'string') return { code: 'error', message: error };
  const { code, message: _, ...details } = error as Record<string, unknown>;
  return {
    code: typeof code === 'string' ? code : 'error',
    message: exception.message,
    ...(Object.keys(details).length > 0 ? { details } : {}),
  };
}
