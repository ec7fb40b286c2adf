/** The context of a client's span, in an event: an object that is the last argument and has no other purpose. */
import type { EventPacket } from '../../../protocol/internal.js';
import type { TraceContext } from './trace-context.js';

/** An event whose context has been removed from its arguments. */
interface EventWithContext extends EventPacket {
  readonly context?: TraceContext;
}

const KEYS: ReadonlySet<string> = new Set(['traceparent', 'tracestate', 'baggage']);

/** Moves the context of an event, if it has one, from its arguments to where {@link contextOf} finds it. */
export function withoutContext(packet: EventPacket): EventPacket {
  const { data } = packet;
  const last: unknown = data.length > 1 ? data.at(-1) : null;
  if (!isContext(last)) return packet;
  const event: EventWithContext = {
    ...packet,
    data: data.slice(0, -1) as unknown as EventPacket['data'],
    context: last,
  };
  return event;
}

/** Returns what {@link withoutContext} has removed. */
export function contextOf(packet: EventPacket): TraceContext | undefined {
  return (packet as EventWithContext).context;
}

function isContext(value: unknown): value is TraceContext {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'traceparent')) return false;
  return Object.keys(value).every((key) => KEYS.has(key));
}
