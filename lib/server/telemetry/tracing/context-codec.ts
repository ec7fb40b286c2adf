/**
 * The context of a span for other processes: 26 bytes for the servers of a cluster, and the text `traceparent` for
 * clients. Neither is trusted when it is read.
 * Source: https://www.w3.org/TR/trace-context/
 */
import type { SpanContext } from '@opentelemetry/api';

/** Version, id of the trace, id of the span, flags. */
const OFFSET = { version: 0, trace: 1, span: 17, flags: 25 } as const;
const LENGTH = 26;
const VERSION = 0;

/** A version, the id of a trace, the id of a span, flags; a later version may have more fields. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

const NO_ID = /^0+$/;

/** A context without the state that vendors add to it. */
export type SpanIds = Pick<SpanContext, 'traceId' | 'spanId' | 'traceFlags'>;

export function encodeTraceContext({ traceId, spanId, traceFlags }: SpanIds): Uint8Array {
  const bytes = Buffer.alloc(LENGTH);
  bytes[OFFSET.version] = VERSION;
  bytes.write(traceId, OFFSET.trace, 'hex');
  bytes.write(spanId, OFFSET.span, 'hex');
  bytes[OFFSET.flags] = traceFlags;
  return bytes;
}

/** @returns `null` for bytes that are no context */
export function decodeTraceContext(bytes: Uint8Array): SpanIds | null {
  if (bytes.length !== LENGTH || bytes[OFFSET.version] !== VERSION) return null;
  const { buffer, byteOffset } = bytes;
  const hex = Buffer.from(buffer, byteOffset, LENGTH).toString('hex', OFFSET.trace, OFFSET.flags);
  return idsOf(hex.slice(0, 32), hex.slice(32), bytes[OFFSET.flags] as number);
}

/** Returns a context as the header `traceparent` has it. */
export function formatTraceparent({ traceId, spanId, traceFlags }: SpanIds): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** @returns `null` for a value that is no `traceparent` */
export function parseTraceparent(value: unknown): SpanIds | null {
  const match = typeof value === 'string' ? TRACEPARENT.exec(value) : null;
  if (match === null) return null;
  const [, version, traceId = '', spanId = '', flags = '', more] = match;
  return version === '00' && more !== undefined ? null : idsOf(traceId, spanId, Number.parseInt(flags, 16));
}

function idsOf(traceId: string, spanId: string, traceFlags: number): SpanIds | null {
  return NO_ID.test(traceId) || NO_ID.test(spanId) ? null : { traceId, spanId, traceFlags };
}
