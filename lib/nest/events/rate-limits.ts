/**
 * Carries out `@RateLimit`: a bucket per connection and limit, made at the first call and gone with the connection,
 * or a store that several servers share. If a store fails or is slow, the bucket of the connection applies.
 */
import { Inject, Injectable, type Type } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import { type FailureLog, systemClock, ThrottledLog, TokenBucket } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';
import type { Socket } from '../../server/internal.js';
import type { Call } from '../call.js';
import type { Run } from '../connection-scope.js';
import { getRateLimit, methodOf } from '../decorators/metadata.js';
import type { RateLimitMetadata, RateLimitStore } from '../decorators/rate-limit.decorator.js';
import { messages } from '../messages.js';
import { SOCKETIO_LOG, SOCKETIO_OPTIONS, type SocketIoModuleOptions, splitOptions } from '../module-options.js';

/** ms that a store has to answer. */
const STORE_TIME = 1_000;

/** Thrown instead of calling a handler. */
export class RateLimitExceeded extends WsException {
  /** @param retryAfter ms */
  constructor(retryAfter: number) {
    super({ code: 'rate_limited', message: 'Too many calls', details: { retryAfter } });
  }
}

/** @returns ms until a call is allowed again; 0 if the call is allowed */
interface Limiter {
  readonly where: string;
  readonly limit: RateLimitMetadata;
  wait(client: Socket): number | Promise<number>;
}

/** @publicApi */
@Injectable()
export class RateLimits {
  readonly #limiters = new Map<object, Limiter>();
  readonly #counts: Record<string, number> = {};
  readonly #throttled: ThrottledLog;

  constructor(
    @Inject(SOCKETIO_OPTIONS) private readonly options: SocketIoModuleOptions,
    @Inject(SOCKETIO_LOG) private readonly log: FailureLog,
  ) {
    const { clock = systemClock } = options;
    this.#throttled = new ThrottledLog(() => clock.now());
  }

  /** How many calls each limit has refused, by class, or by class and method. A copy. */
  get counts(): Readonly<Record<string, number>> {
    return { ...this.#counts };
  }

  /** @internal Returns a function that puts the limits of the gateway and of the method before a handler. */
  of(type: Type, method: string): (run: Run) => Run {
    const limiters = [
      this.#limiterOf(type, type.name),
      this.#limiterOf(methodOf(type, method), `${type.name}.${method}`),
    ].filter((limiter) => limiter !== null);
    if (limiters.length === 0) return (run) => run;
    return (run) => limiters.reduceRight<Run>((inner, limiter) => (call) => this.#run(limiter, inner, call), run);
  }

  #run(limiter: Limiter, run: Run, call: Call): unknown {
    const wait = limiter.wait(call.client);
    if (wait === 0) return run(call);
    if (typeof wait === 'number') throw this.#exceeded(limiter, call, wait);
    return wait.then((ms) => {
      if (ms > 0) throw this.#exceeded(limiter, call, ms);
      return run(call);
    });
  }

  #exceeded({ where, limit }: Limiter, call: Call, wait: number): RateLimitExceeded {
    const { client, event } = call;
    const { nsp } = client;
    this.#counts[where] = (this.#counts[where] ?? 0) + 1;
    nsp.instruments?.rateLimited(client, nsp.labelOf(event));
    const line = this.#throttled.pass(where, messages.rateLimited(where, client.ip, limit.points, limit.per));
    if (line !== null) this.log.warn(line, { ...call.logFields, handler: where });
    return new RateLimitExceeded(wait);
  }

  #limiterOf(target: object, where: string): Limiter | null {
    const known = this.#limiters.get(target);
    if (known !== undefined) return known;
    const limit = getRateLimit(target) as RateLimitMetadata | undefined;
    if (limit === undefined) return null;
    const { rateLimiter } = splitOptions(this.options);
    if (limit.store === undefined && rateLimiter !== undefined && limit.per % 1_000 !== 0) {
      throw new SocketIoError('INVALID_OPTION', messages.wholeSeconds(where, limit.per));
    }
    const store = limit.store ?? rateLimiter?.(limit.points, limit.per / 1_000);
    const limiter =
      store === undefined ? new MemoryLimiter(where, limit) : new StoreLimiter(where, limit, store, this.log);
    this.#limiters.set(target, limiter);
    return limiter;
  }
}

class MemoryLimiter implements Limiter {
  /** By connection, so that a client gets no new bucket when it joins again or joins another namespace. */
  readonly #buckets = new WeakMap<object, TokenBucket>();

  constructor(
    readonly where: string,
    readonly limit: RateLimitMetadata,
  ) {}

  wait(client: Socket): number {
    const now = client.client.options.engine.clock.now();
    let bucket = this.#buckets.get(client.conn);
    if (bucket === undefined) {
      bucket = new TokenBucket(this.limit.points, this.limit.per, now);
      this.#buckets.set(client.conn, bucket);
    }
    return bucket.takeOne(now) ? 0 : bucket.untilOne;
  }
}

class StoreLimiter implements Limiter {
  /** Applies while the store fails. */
  readonly #ofConnection: MemoryLimiter;
  readonly #store: RateLimitStore;
  readonly #log: FailureLog;

  constructor(
    readonly where: string,
    readonly limit: RateLimitMetadata,
    store: RateLimitStore,
    log: FailureLog,
  ) {
    this.#ofConnection = new MemoryLimiter(where, limit);
    this.#store = store;
    this.#log = log;
  }

  async wait(client: Socket): Promise<number> {
    const { clock } = client.client.options.engine;
    const key = `${this.where}:${client.userId ?? client.ip}`;
    try {
      await new Promise<unknown>((resolve, reject) => {
        const timer = clock.after(STORE_TIME, () => reject(new Error(`no answer within ${STORE_TIME} ms`)));
        Promise.resolve(this.#store.consume(key))
          .finally(() => timer.cancel())
          .then(resolve, reject);
      });
      return 0;
    } catch (error) {
      const { msBeforeNext } = (error ?? {}) as { readonly msBeforeNext?: unknown };
      if (typeof msBeforeNext === 'number') return Math.max(1, msBeforeNext);
      this.#log.error(messages.rateLimitStoreFailed(this.where), error, { ...client.logFields, handler: this.where });
      return this.#ofConnection.wait(client);
    }
  }
}
