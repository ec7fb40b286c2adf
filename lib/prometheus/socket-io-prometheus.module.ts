import { type CanActivate, type DynamicModule, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Registry } from 'prom-client';
import { invalidOption, refuseUnknownOptions } from '../options.js';
import { checkPrefix } from './collect-socket-io-metrics.js';
import { metricsController } from './metrics-controller.js';
import { promClient } from './prom-client-package.js';
import { RegistryFeed } from './registry-feed.js';

/**
 * Options of {@link SocketIoPrometheusModule.forRoot}.
 * @publicApi
 */
export interface SocketIoPrometheusOptions {
  /** The path at which the module answers with all metrics of the registry, as `/metrics`. @default no such route */
  readonly path?: string;
  /** Guards of that route. @default none */
  readonly guard?: Type<CanActivate> | CanActivate | readonly (Type<CanActivate> | CanActivate)[];
  /** Modules whose providers these guards inject. @default none */
  readonly imports?: ModuleMetadata['imports'];
  /** @default the global registry of prom-client */
  readonly registry?: Registry;
  /** Put before each name of a Socket.IO metric, as `chat_`. @default none */
  readonly prefix?: string;
  /** Whether to add the metrics of prom-client about the process. @default false */
  readonly defaultMetrics?: boolean;
}

const OPTIONS: readonly (keyof SocketIoPrometheusOptions)[] = [
  'path',
  'guard',
  'imports',
  'registry',
  'prefix',
  'defaultMetrics',
];

/** A metric by which the default metrics of prom-client are recognised: collecting them twice is an error. */
const DEFAULT_METRIC = 'process_cpu_user_seconds_total';

/**
 * Adds the metrics of all Socket.IO servers of the application to a registry of `prom-client`. Import it next to
 * `SocketIoModule`.
 * @publicApi
 */
@Module({})
export class SocketIoPrometheusModule {
  /** @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION` */
  static forRoot(options: SocketIoPrometheusOptions = {}): DynamicModule {
    refuseUnknownOptions(options, OPTIONS, 'SocketIoPrometheusModule.forRoot()');
    const { path, guard = [], imports = [], registry = promClient.register, prefix = '', defaultMetrics } = options;
    checkPrefix(prefix);
    if (path !== undefined && typeof path !== 'string') invalidOption('path', path, "be a path such as '/metrics'");
    if (defaultMetrics === true && registry.getSingleMetric(DEFAULT_METRIC) === undefined) {
      promClient.collectDefaultMetrics({ register: registry });
    }
    return {
      module: SocketIoPrometheusModule,
      imports,
      controllers: path === undefined ? [] : [metricsController(path, [guard].flat(), registry)],
      providers: [
        {
          provide: RegistryFeed,
          useFactory: (moduleRef: ModuleRef) => new RegistryFeed(moduleRef, registry, prefix),
          inject: [ModuleRef],
        },
      ],
    };
  }
}
