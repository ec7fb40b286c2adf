/**
 * Nest's logger in the shape that the server expects. Fields are passed as the logger in use takes them:
 *
 * - Nest's `ConsoleLogger` prints an object after the message, and with `json: true` puts it under `params`. In a
 *   readable line, fields that the text contains are left out.
 * - `Logger` of nestjs-pino takes an object before the message. It ignores one after it.
 * - Any other logger gets them as text at the end of the message, since it may expect strings alone.
 */
import { ConsoleLogger, type ConsoleLoggerOptions, Logger, type LoggerService } from '@nestjs/common';
import { inspect } from 'node:util';
import { inlined, type Log, type LogFields, unmentioned } from '../engine/internal.js';

/** The arguments after the level. Nest's logger adds its context to them. */
type Line = [message: unknown, ...rest: unknown[]];

export function nestLog(): Log {
  const logger = new Logger('SocketIo');
  const call = logger as unknown as Record<'debug' | 'log' | 'warn' | 'error', (...line: Line) => void>;
  return {
    debug: (message, fields) => call.debug(...lineFor(logger, message, fields)),
    log: (message, fields) => call.log(...lineFor(logger, message, fields)),
    warn: (message, fields) => call.warn(...lineFor(logger, message, fields)),
    error: (message, error, fields) => call.error(...lineFor(logger, message, fields, error)),
  };
}

function lineFor(logger: Logger, message: string, fields: LogFields = {}, error?: unknown): Line {
  const stack = error === undefined ? [] : [error instanceof Error ? error.stack : inspect(error)];
  // Buffered lines are replayed to a logger that is not known yet, with the arguments that they have now.
  const isBuffered = Reflect.get(Logger, 'isBufferAttached') === true;
  const target: LoggerService | undefined = isBuffered ? undefined : logger.localInstance;
  if (target instanceof ConsoleLogger) {
    const { json, structuredParams } = Reflect.get(target, 'options') as ConsoleLoggerOptions;
    if (structuredParams === false) return [inlined(message, fields), ...stack];
    const left = json === true ? fields : (unmentioned(message, fields) ?? {});
    const params = Object.keys(left).length === 0 ? [] : [left];
    // As JSON, an error has its code and its cause next to the stack.
    return [message, ...params, ...(json === true && error instanceof Error ? [error] : stack)];
  }
  if (isPino(target)) return [error === undefined ? fields : { ...fields, err: error }, message];
  return [inlined(message, fields), ...stack];
}

/** Whether a logger is nestjs-pino's: it wraps a logger that has pino's levels and Nest's `setContext`. */
function isPino(target: LoggerService | undefined): boolean {
  const { logger } = (target ?? {}) as { readonly logger?: Partial<Record<string, unknown>> };
  const methods = ['trace', 'info', 'setContext', 'assign'];
  return typeof logger === 'object' && logger !== null && methods.every((name) => typeof logger[name] === 'function');
}
