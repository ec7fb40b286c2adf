/** Loads `@opentelemetry/api` if the application has installed it. The package is an optional peer. */
import { createRequire } from 'node:module';

export type OpenTelemetry = typeof import('@opentelemetry/api');

/** `undefined` until the first call of {@link openTelemetry}. */
let loaded: OpenTelemetry | null | undefined;

/** Returns the API of OpenTelemetry, or `null` without its package. Looks for the package once per process. */
export function openTelemetry(): OpenTelemetry | null {
  if (loaded === undefined) loaded = loadOpenTelemetry(import.meta.url);
  return loaded;
}

/** @param from the URL of the module whose dependencies are searched */
export function loadOpenTelemetry(from: string): OpenTelemetry | null {
  try {
    return createRequire(from)('@opentelemetry/api') as OpenTelemetry;
  } catch {
    return null;
  }
}
