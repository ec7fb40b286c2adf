/** Keeps the metrics of an application's servers in a registry, from its start to its end. */
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { Registry } from 'prom-client';
import { gatewayServersOf } from '../nest/internal.js';
import { collectSocketIoMetrics } from './collect-socket-io-metrics.js';

export class RegistryFeed implements OnModuleInit, OnApplicationShutdown {
  readonly #moduleRef: ModuleRef;
  readonly #registry: Registry;
  readonly #prefix: string;
  #stop: readonly (() => void)[] = [];

  constructor(moduleRef: ModuleRef, registry: Registry, prefix: string) {
    this.#moduleRef = moduleRef;
    this.#registry = registry;
    this.#prefix = prefix;
  }

  /** Called by Nest. @throws SocketIoError `INVALID_SETUP` without `SocketIoModule` */
  onModuleInit(): void {
    const servers = gatewayServersOf(this.#moduleRef, 'SocketIoPrometheusModule');
    const options = { registry: this.#registry, prefix: this.#prefix };
    this.#stop = servers.all.map(({ server }) => collectSocketIoMetrics(server, options));
  }

  /** Called by Nest. The next application of the process, as in tests, may use the same registry. */
  onApplicationShutdown(): void {
    for (const stop of this.#stop) stop();
  }
}
