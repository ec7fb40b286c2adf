/** Decides whether a server records spans. */
import { openTelemetry, type OpenTelemetry } from '../../../engine/internal.js';
import { SocketIoError } from '../../../errors.js';
import type { Tracer } from '../instrument.js';
import type { ResolvedTelemetryOptions } from '../telemetry-options.js';
import { SpanTracer } from './span-tracer.js';

/**
 * @returns `null` if spans are not wanted, or would go nowhere
 * @throws SocketIoError `INVALID_OPTION` if they are wanted and `@opentelemetry/api` is not installed
 */
export function createTracer(
  { traces, clientContext }: Pick<ResolvedTelemetryOptions, 'traces' | 'clientContext'>,
  load: () => OpenTelemetry | null = openTelemetry,
): Tracer | null {
  const api = traces === 0 ? null : load();
  if (api !== null) return traces !== null || hasProvider(api) ? new SpanTracer(api, clientContext, traces ?? 1) : null;
  if (traces === null || traces === 0) return null;
  throw new SocketIoError(
    'INVALID_OPTION',
    'option "telemetry.traces" needs the package @opentelemetry/api, which is not installed: ' +
      'run npm install @opentelemetry/api, or remove the option',
  );
}

/** Whether a tracer provider is registered. Without one, the API returns a proxy that delegates to none. */
function hasProvider({ trace, ProxyTracerProvider }: OpenTelemetry): boolean {
  const provider: Partial<InstanceType<typeof ProxyTracerProvider>> = trace.getTracerProvider();
  return provider.getDelegateTracer === undefined || provider.getDelegateTracer('nest-socketio') !== undefined;
}
