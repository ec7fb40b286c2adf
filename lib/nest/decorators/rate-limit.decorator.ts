import { describeValue, refuseUnknownOptions } from '../../options.js';
import { SocketIoError } from '../../errors.js';
import { setRateLimit } from './metadata.js';

/**
 * A store of buckets that several servers share, such as a limiter of `rate-limiter-flexible`: `consume` rejects with
 * an object that has `msBeforeNext` if the limit is reached, and with an Error if the store has failed.
 * @publicApi
 */
export interface RateLimitStore {
  consume(key: string): Promise<unknown>;
}

/**
 * Makes the store of one limit.
 * @param duration seconds, as in `rate-limiter-flexible`
 * @publicApi
 */
export type RateLimiterFactory = (points: number, duration: number) => RateLimitStore;

/**
 * Options of {@link RateLimit}.
 * @publicApi
 */
export interface HandlerRateLimit {
  /** ms in which a client may make that many calls. */
  readonly per: number;
  /** A store that several servers share, instead of the module's option `rateLimiter` and of memory. */
  readonly store?: RateLimitStore;
}

/**
 * The metadata of a class or method.
 * @publicApi
 */
export interface RateLimitMetadata extends HandlerRateLimit {
  readonly points: number;
}

/**
 * Limits how often a client may call a handler or, on a gateway, all of its event handlers together. A call beyond is
 * answered with `{ error: { code: 'rate_limited', message, details: { retryAfter } } }`, `retryAfter` in ms, or with
 * the event `exception` if no acknowledgement was requested. Neither the handler nor its guards, pipes and filters run.
 * @param points calls in each period, as many of them at once as the client likes
 * @throws SocketIoError `INVALID_ARGUMENT`, `UNKNOWN_OPTION`
 * @publicApi
 */
export function RateLimit(points: number, options: HandlerRateLimit): ClassDecorator & MethodDecorator {
  if (!Number.isSafeInteger(points) || points < 1) {
    throw invalid(`the first argument of @RateLimit() must be a positive integer, got ${describeValue(points)}`);
  }
  if (typeof options !== 'object' || options === null) {
    throw invalid(
      `@RateLimit() must have a period, got ${describeValue(options)}: write @RateLimit(${points}, { per: 1_000 })`,
    );
  }
  refuseUnknownOptions(options, ['per', 'store'], '@RateLimit()');
  const { per, store } = options;
  if (!(Number.isFinite(per) && per > 0)) {
    throw invalid(`option "per" of @RateLimit() must be a positive number of ms, got ${describeValue(per)}`);
  }
  if (store !== undefined && typeof (store as Partial<RateLimitStore> | null)?.consume !== 'function') {
    throw invalid(`option "store" of @RateLimit() must have the method consume(), got ${describeValue(store)}`);
  }
  const limit: RateLimitMetadata = { ...options, points };
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    setRateLimit((descriptor?.value as object | undefined) ?? target, limit);
  };
}

function invalid(message: string): SocketIoError {
  return new SocketIoError('INVALID_ARGUMENT', message);
}
