import {
  applyDecorators,
  type CallHandler,
  type NestInterceptor,
  ServiceUnavailableException,
  UseInterceptors,
} from '@nestjs/common';
import type { HealthCheckResult } from '@nestjs/terminus';
import { catchError, type Observable, of } from 'rxjs';
import { terminus } from './terminus-package.js';

/**
 * Marks a route as a liveness check: Terminus' `@HealthCheck()`, except that the route goes on to answer 200 while the
 * application shuts down. Terminus answers 503 to every check by then, at which a supervisor may kill the process
 * before its clients are disconnected.
 * @param options those of `@HealthCheck()`
 * @publicApi
 */
export function LivenessCheck(options?: Parameters<typeof terminus.HealthCheck>[0]): MethodDecorator {
  return applyDecorators(terminus.HealthCheck(options), UseInterceptors(new AliveWhileShuttingDown()));
}

class AliveWhileShuttingDown implements NestInterceptor {
  intercept(_context: unknown, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError((error: unknown) => of(withoutShutdown(error))));
  }
}

/** @returns the result of a check that failed only because of the shutdown. @throws the error, if it is another one */
function withoutShutdown(error: unknown): HealthCheckResult {
  if (!(error instanceof ServiceUnavailableException)) throw error;
  const result = error.getResponse() as HealthCheckResult;
  if (result.status !== 'shutting_down' || Object.keys(result.error ?? {}).length > 0) throw error;
  return { ...result, status: 'ok' };
}
