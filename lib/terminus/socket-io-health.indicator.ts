/**
 * The health of the servers of an application. Liveness is about this process: a restart helps. Readiness is about the
 * next client: another server may be the better choice.
 */
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit, Optional } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { EventLoopDelay, eventLoopDelay } from '../engine/internal.js';
import { type GatewayServers, gatewayServersOf, nameOfEndpoint } from '../nest/internal.js';
import { checkMilliseconds, refuseUnknownOptions, withDefaults } from '../options.js';
import { examine, type ReadinessOptions, resolveReadiness, type ServerReadiness } from './readiness.js';
import { terminus } from './terminus-package.js';

/**
 * Options of {@link SocketIoHealthIndicator.live}.
 * @publicApi
 */
export interface LivenessOptions {
  /** ms by which the event loop may be late: the 99th percentile of the last 5 to 10 seconds. @default 1000 */
  readonly eventLoopDelay?: number;
}

export const LIVENESS_DEFAULTS = {
  eventLoopDelay: 1_000, // a busy process stays far below it; at this delay, clients give up
} as const satisfies LivenessOptions;

/**
 * How late timers of the process fire, over the last 5 to 10 seconds. ms
 * @publicApi
 */
export interface DelayInMilliseconds {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** @publicApi */
export interface LivenessDetails {
  readonly eventLoopDelay: DelayInMilliseconds;
  /** Why the check fails. */
  readonly message?: string;
}

/** @publicApi */
export interface ReadinessDetails {
  /** Whether a shutdown has begun. */
  readonly draining: boolean;
  readonly eventLoopDelay: DelayInMilliseconds;
  /** By path, with the port before it if it is not the application's own: `/socket.io`, `3001/socket.io`. */
  readonly servers: Readonly<Record<string, ServerReadiness>>;
  /** Why the check fails or is degraded, one sentence each. */
  readonly problems?: readonly string[];
}

/**
 * An indicator for Terminus, provided by {@link SocketIoHealthModule}.
 * @publicApi
 */
@Injectable()
export class SocketIoHealthIndicator implements OnModuleInit, OnApplicationShutdown {
  #servers: GatewayServers | null = null;
  #stopMeasuring: (() => void) | null = null;

  /** Called by Nest. */
  constructor(
    @Inject(terminus.HealthIndicatorService) private readonly indicators: HealthIndicatorService,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Optional() @Inject(EventLoopDelay) private readonly loop: EventLoopDelay = eventLoopDelay,
  ) {}

  /**
   * Whether this process works: `down` if its event loop is late, which a restart may cure. It stays `up` while a
   * broker is away and during a shutdown.
   * @param key the name of the result
   * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION`
   * @example
   * this.health.check([() => this.socketio.live('socketio', { eventLoopDelay: 500 })]);
   */
  live<const Key extends string>(
    key: Key,
    options: LivenessOptions = {},
  ): HealthIndicatorResult<Key, 'up' | 'down', LivenessDetails> {
    refuseUnknownOptions(options, Object.keys(LIVENESS_DEFAULTS), 'live()');
    const resolved = withDefaults<LivenessOptions>(options, LIVENESS_DEFAULTS);
    checkMilliseconds(resolved, 'eventLoopDelay');
    const bound = resolved.eventLoopDelay;
    const session = this.indicators.check(key);
    const details = { eventLoopDelay: this.#delay };
    const { p99 } = details.eventLoopDelay;
    if (p99 <= bound) return session.up(details);
    return session.down({ ...details, message: `the event loop is ${p99} ms late, more than ${bound} ms` });
  }

  /**
   * Whether this process should get new clients: `down` as soon as a shutdown begins, before the first client is
   * disconnected, and for the problems in `failOn`; `degraded`, which succeeds, for other problems.
   * @param key the name of the result
   * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION`
   * @example
   * this.health.check([() => this.socketio.ready('socketio', { failOn: ['broker', 'connections'] })]);
   */
  ready<const Key extends string>(
    key: Key,
    options: ReadinessOptions = {},
  ): HealthIndicatorResult<Key, 'up' | 'degraded' | 'down', ReadinessDetails> {
    const resolved = resolveReadiness(options);
    const endpoints = this.#servers?.all ?? [];
    const findings = endpoints.map((endpoint) => ({
      name: nameOfEndpoint(endpoint),
      ...examine(endpoint.server, resolved),
    }));
    const problems = findings.flatMap(({ name, problems }) =>
      problems.map(({ kind, text }) => ({ kind, text: findings.length === 1 ? text : `${name}: ${text}` })),
    );
    const details = {
      draining: endpoints.some(({ server }) => server.draining),
      eventLoopDelay: this.#delay,
      servers: Object.fromEntries(findings.map(({ name, figures }) => [name, figures])),
      ...(problems.length > 0 && { problems: problems.map(({ text }) => text) }),
    };
    const session = this.indicators.check(key);
    if (problems.length === 0) return session.up(details);
    const fails = problems.some(({ kind }) => kind === 'closed' || resolved.failOn.includes(kind));
    return fails ? session.down(details) : session.degraded(details);
  }

  /** Called by Nest. @throws SocketIoError `INVALID_SETUP` without `SocketIoModule` */
  onModuleInit(): void {
    this.#servers = gatewayServersOf(this.moduleRef, 'SocketIoHealthIndicator');
    this.#stopMeasuring = this.loop.use();
  }

  /** Called by Nest. */
  onApplicationShutdown(): void {
    this.#stopMeasuring?.();
  }

  get #delay(): DelayInMilliseconds {
    const inMilliseconds = (quantile: number): number => Math.round(this.loop.quantile(quantile) * 10_000) / 10;
    return { p50: inMilliseconds(0.5), p99: inMilliseconds(0.99), max: inMilliseconds(1) };
  }
}
