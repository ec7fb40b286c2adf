import { openTelemetry } from '../../../engine/internal.js';
import { formatTraceparent } from './context-codec.js';

/**
 * The context of a span for another program. Source: https://www.w3.org/TR/trace-context/
 * @publicApi
 */
export interface TraceContext {
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/**
 * Returns the context of the active span of OpenTelemetry, for a client that is to continue the trace. Send it as a part
 * of an event. A client that returns it as the last argument of its own event continues the trace, if the option
 * `telemetry.clientContext` is on.
 * @returns an object without keys if there is no active span, or no `@opentelemetry/api`
 * @publicApi
 */
export function traceContext(): TraceContext {
  const api = openTelemetry();
  const present = api?.trace.getSpanContext(api.context.active());
  if (api === null || present === undefined || !api.isSpanContextValid(present)) return {};
  const traceparent = formatTraceparent(present);
  const tracestate = present.traceState?.serialize() ?? '';
  return tracestate === '' ? { traceparent } : { traceparent, tracestate };
}
