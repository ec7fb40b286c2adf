import type { Registry } from 'prom-client';
import { invalidOption, refuseUnknownOptions } from '../options.js';
import type { Labels } from '../server/internal.js';
import { exportServer, type MeasuredServer } from './exported-servers.js';
import { promClient } from './prom-client-package.js';

/** @publicApi */
export interface SocketIoMetricsOptions {
  /** @default the global registry of prom-client */
  readonly registry?: Registry;
  /** Put before each name, as `chat_`. @default none */
  readonly prefix?: string;
  /** Labels of all samples of this server. Servers in one registry need different ones. @default none */
  readonly labels?: Labels;
}

/** The characters that a name may begin with. Source: the data model of Prometheus. */
const PREFIX = /^(?:[a-z_:][\w:]*)?$/i;

/**
 * Adds the metrics of a server to a registry of `prom-client`. They are read when the registry is.
 * @returns a function that removes them
 * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION`; `INVALID_ARGUMENT` if the registry has a server with the
 *   same labels
 * @publicApi
 * @example
 * collectSocketIoMetrics(new Server(3000));
 * const text = await register.metrics(); // of prom-client
 */
export function collectSocketIoMetrics(server: MeasuredServer, options: SocketIoMetricsOptions = {}): () => void {
  refuseUnknownOptions(options, ['registry', 'prefix', 'labels'], 'collectSocketIoMetrics()');
  const { registry = promClient.register, prefix = '', labels = {} } = options;
  checkPrefix(prefix);
  return exportServer(registry, prefix, { server, labels });
}

/** @throws SocketIoError `INVALID_OPTION` */
export function checkPrefix(prefix: string): void {
  if (typeof prefix === 'string' && PREFIX.test(prefix)) return;
  invalidOption('prefix', prefix, 'consist of letters, digits and underscores, and not begin with a digit');
}
