/**
 * Loads `@opentelemetry/api` if the application has installed it. The package is an optional peer, so the published
 * declarations must not name it: everything that has its types is `@internal`.
 */
import { createRequire } from 'node:module';

/** @internal */
export type OpenTelemetry = typeof import('@opentelemetry/api');

/** `undefined` until the first call of {@link openTelemetry}. */
let loaded: OpenTelemetry | null | undefined;

/**
 * Returns the API of OpenTelemetry, or `null` without its package. Looks for the package once per process.
 * @internal
 */
export function openTelemetry(): OpenTelemetry | null {
  if (loaded === undefined) loaded = loadOpenTelemetry(import.meta.url);
  return loaded;
}

/**
 * @internal
 * @param from the URL of the module whose dependencies are searched
 */
export function loadOpenTelemetry(from: string): OpenTelemetry | null {
  try {
    return createRequire(from)('@opentelemetry/api') as OpenTelemetry;
  } catch {
    return null;
  }
}
