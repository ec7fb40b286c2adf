/**
 * The answers that a client gets: the return value of a handler, the answer of an exception filter, or the
 * description of an error. Errors that were thrown for the client (HttpException, WsException and the exceptions of
 * other transports) keep their status and message. Of any other error the client gets an id, which the log has too.
 */
import { HttpException, HttpStatus } from '@nestjs/common';
import { createId, type FailureLog, type Loggable } from '../../engine/internal.js';
import { RateLimitExceeded } from './rate-limits.js';
import { messages } from '../messages.js';
import { issuesOf } from './validation-issues.js';

/**
 * The arguments of an acknowledgement that has several; a plain array is one argument.
 * @publicApi
 */
export class AckArgs<Args extends readonly unknown[] = readonly unknown[]> {
  constructor(readonly args: Args) {}
}

/**
 * Acknowledges with several arguments when returned from an `@Event` handler. The client's callback gets them one by
 * one; `emitWithAck` resolves to the first.
 * @publicApi
 */
export function ackArgs<Args extends unknown[]>(...args: Args): AckArgs<Args> {
  return new AckArgs(args);
}

/** The arguments with which a handler's return value is acknowledged. */
export function toAckArgs(result: unknown): readonly unknown[] {
  if (result === undefined) return [];
  return result instanceof AckArgs ? (result.args as readonly unknown[]) : [result];
}

/** The value that an exception filter returned, as opposed to the return value of a handler. */
export class FilterAnswer {
  constructor(readonly value: unknown) {}
}

/**
 * An error as the client gets it: in the acknowledgement `{ error }`, the event `exception` or `data` of a refusal.
 * @publicApi
 */
export interface ErrorAnswer {
  /** `forbidden`, `bad_request` and so on for an HTTP status, `error` for a WsException, otherwise `internal`. */
  readonly code: string;
  readonly message: string;
  /** The status of an HttpException. */
  readonly status?: number;
  /** The issues of a validation pipe, each a `ValidationIssue`, or anything else in the exception's response. */
  readonly details?: unknown;
  /** Set for an internal error: the log entry has the same id. An error that repeats is logged once a minute. */
  readonly id?: string;
}

/**
 * Describes an error for the client, and logs it if it was not meant for the client.
 * @param where class and method of the handler that failed, for the log
 */
export function describeError(error: unknown, where: string, log: FailureLog, call?: Loggable): ErrorAnswer {
  if (isHttpException(error)) return fromHttp(error);
  if (error instanceof RateLimitExceeded) return error.getError() as ErrorAnswer;
  if (isTransportException(error)) return fromTransport(error);
  const id = createId();
  log.error(messages.failed(where, id), error, { ...call?.logFields, handler: where, errorId: id }, where);
  return { code: 'internal', message: 'Internal server error', id };
}

/** Whether an error was thrown for the client: it is no fault of the server. An error that cannot be read was not. */
export function isRefusal(error: unknown): boolean {
  try {
    return isHttpException(error) ? error.getStatus() < 500 : isTransportException(error);
  } catch {
    return false;
  }
}

/** Recognised by its methods as well as its class, because an application may have two copies of Nest. */
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
  // A validation pipe puts the messages of its issues where the message usually is.
  const issues = issuesOf(exception) ?? (Array.isArray(message) ? message : undefined);
  const text = typeof message === 'string' ? message : typeof error === 'string' ? error : exception.message;
  const details = issues ?? (Object.keys(rest).length > 0 ? rest : undefined);
  return { code, message: text, status, ...(details === undefined ? {} : { details }) };
}

interface TransportException extends Error {
  getError(): string | object;
}

/** Whether the error is a WsException or that of another transport, such as RpcException: these have `getError()`. */
export function isTransportException(error: unknown): error is TransportException {
  return error instanceof Error && typeof (error as Partial<TransportException>).getError === 'function';
}

function fromTransport(exception: TransportException): ErrorAnswer {
  const error = exception.getError();
  if (typeof error === 'string') return { code: 'error', message: error };
  const { code, message: _, ...details } = error as Record<string, unknown>;
  return {
    code: typeof code === 'string' ? code : 'error',
    message: exception.message,
    ...(Object.keys(details).length > 0 ? { details } : {}),
  };
}
