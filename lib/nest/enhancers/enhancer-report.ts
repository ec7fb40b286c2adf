/**
 * Logs enhancers that fail, such as an enhancer written for HTTP that is called for a socket. Each is logged once, with
 * its name and what to change. An exception that an enhancer throws for the client is not a failure.
 */
import {
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { isThenable, type Log } from '../../engine/internal.js';
import { quote, SocketIoError } from '../../errors.js';
import { type Call, CALL_INDEX } from '../call.js';
import { isTransportException, isHttpException } from '../events/answer.js';
import type { EnhancerKind } from './enhancer-kind.js';
import { withResponse } from './http-view.js';
import { messages } from '../messages.js';
import { SOCKETIO_LOG } from '../module-options.js';

@Injectable()
export class EnhancerReport {
  readonly #log: Log;
  readonly #reported = new Set<unknown>();

  constructor(@Inject(SOCKETIO_LOG) log: Log) {
    this.#log = log;
  }

  /** A guard that fails denies the event: the error is rethrown. */
  guard(guard: CanActivate): CanActivate {
    return {
      canActivate: (context) =>
        attempt(
          () => guard.canActivate(context),
          (error) => {
            this.#failed('guards', guard, context, error);
            throw error;
          },
        ) as ReturnType<CanActivate['canActivate']>,
    };
  }

  /** Reports only exceptions that the interceptor itself throws synchronously, not errors of the handler behind it. */
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
   * A filter that fails is skipped, as if it had returned nothing.
   * @param failedResult returned instead
   */
  filter(filter: ExceptionFilter, failedResult?: unknown): ExceptionFilter {
    // It inherits from the filter, because the class of the filter says which exceptions it catches.
    return Object.create(filter, {
      catch: {
        value: (exception: unknown, given: ArgumentsHost): unknown => {
          const host = filter instanceof BaseExceptionFilter ? withResponse(given) : given;
          return attempt(
            () => filter.catch(exception, host) as unknown,
            (error) => {
              if (error === exception) throw error;
              this.#failed('filters', filter, given, error);
              if (isMeantForClient(error)) throw error;
              return failedResult;
            },
          );
        },
      },
    }) as ExceptionFilter;
  }

  /** A global filter in the scope of a request cannot be made for a client. */
  filterNotMade(error: unknown): void {
    this.#log.error(messages.filterNotMade(), error);
  }

  #failed(kind: EnhancerKind, enhancer: object, host: ArgumentsHost, error: unknown): void {
    const { constructor } = enhancer;
    // Object literals share a constructor, so each of them is its own key.
    const key = constructor === Object ? enhancer : constructor;
    if (isMeantForClient(error) || this.#reported.has(key)) return;
    this.#reported.add(key);
    const call = host.getArgByIndex<Call>(CALL_INDEX);
    const line = messages.enhancerFailed(kind, constructor.name, quote(call.event));
    this.#log.warn(`${line}: ${String(error)}`, call.logFields);
  }
}

/** Returns the result of `call`, or if `call` throws or rejects, the result of `failed`. */
function attempt(call: () => unknown, failed: (error: unknown) => unknown): unknown {
  try {
    const result = call();
    return isThenable(result) ? result.then(undefined, failed) : result;
  } catch (error) {
    return failed(error);
  }
}

/** Whether the error was thrown for the client. */
function isMeantForClient(error: unknown): boolean {
  return isHttpException(error) || isTransportException(error) || error instanceof SocketIoError;
}
