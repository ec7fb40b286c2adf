/** The route that a Prometheus server scrapes. */
import { type CanActivate, Controller, Get, Inject, Res, type Type, UseGuards, VERSION_NEUTRAL } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Registry } from 'prom-client';

/** @returns a class of its own for each call: two modules may have different paths */
export function metricsController(
  path: string,
  guards: readonly (Type<CanActivate> | CanActivate)[],
  registry: Registry,
): Type {
  @Controller({ path, version: VERSION_NEUTRAL })
  @UseGuards(...guards)
  class SocketIoMetricsController {
    constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

    /** Answers without Nest: an interceptor that wraps all responses must not wrap this one. */
    @Get()
    async metrics(@Res() response: unknown): Promise<void> {
      const text = await registry.metrics();
      const { httpAdapter } = this.host;
      httpAdapter.setHeader(response, 'Content-Type', registry.contentType);
      httpAdapter.reply(response, text, 200);
    }
  }
  return SocketIoMetricsController;
}
