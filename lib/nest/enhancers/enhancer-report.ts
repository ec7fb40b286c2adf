/**
 * An enhancer of the application that fails by itself, as one written for HTTP does on a socket, is
 * reported once, by name and with what to change. What it throws for the client is no failure.
 */
import { type ArgumentsHost, type CanActivate, type ExceptionFilter, type NestInterceptor } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { isThenable, type Log } from '../../engine/index.js';
import { quote, SocketIoError } from '../../errors.js';
import { type Call, CALL_INDEX } from '../call.js';
import { isTransportException, isHttpException } from '../events/answer.js';
import type { EnhancerKind } from './globals.js';
import { withResponse } from './http-view.js';
import { messages } from '../messages.js';

export class EnhancerReport {
  readonly #log: Log;
  readonly #reported = new Set<unknown>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** A guard that fails denies: it throws on, and nobody passes. */
  guard(guard: CanActivate): CanActivate {
    return {
      canActivate: (context) =>
        trying(
          () => guard.canActivate(context),
          (error) => {
            this.#failed('guards', guard, context, error);
            throw error;
          },
        ) as ReturnType<CanActivate['canActivate']>,
    };
  }

  /** What fails behind it passes through it and is not its failure: only a throw of its own is seen here. */
  interceptor(interceptor: NestInterceptor): NestInterceptor {
    return {
      intercept: (context, next) => {
        try {
          return interceptor.intercept(context, next);
        } catch (error) {
          this.#failed('interceptors', interceptor, context, error);
          throw error;
        }
      },
    };
  }

  /**
   * A filter that fails is passed over, as if it had answered nothing.
   * @param passedOver what it then returns
   */
  filter(filter: ExceptionFilter, passedOver?: unknown): ExceptionFilter {
    // An object that inherits from it: which exceptions it catches stands on its class.
    return Object.create(filter, {
      catch: {
        value: (exception: unknown, given: ArgumentsHost): unknown => {
          const host = filter instanceof BaseExceptionFilter ? withResponse(given) : given;
          return trying(
            () => filter.catch(exception, host) as unknown,
            (error) => {
              if (error === exception) throw error;
              this.#failed('filters', filter, given, error);
              if (isMeantForClient(error)) throw error;
              return passedOver;
            },
          );
        },
      },
    }) as ExceptionFilter;
  }

  #failed(kind: EnhancerKind, enhancer: object, host: ArgumentsHost, error: unknown): void {
    const { constructor } = enhancer;
    // Of literals each is a class of its own.
    const key = constructor === Object ? enhancer : constructor;
    if (isMeantForClient(error) || this.#reported.has(key)) return;
    this.#reported.add(key);
    const event = quote(host.getArgByIndex<Call>(CALL_INDEX).event);
    this.#log.warn(`${messages.enhancerFailed(kind, constructor.name, event)}: ${String(error)}`);
  }
}

/** Calls it; what comes of a failure, now or later, `failed` says. */
function trying(call: () => unknown, failed: (error: unknown) => unknown): unknown {
  try {
    const result = call();
    return isThenable(result) ? result.then(undefined, failed) : result;
  } catch (error) {
    return failed(error);
  }
}

/** Whether it was thrown to be told to the client. */
function isMeantForClient(error: unknown): boolean {
  return isHttpException(error) || isTransportException(error) || error instanceof SocketIoError;
}
