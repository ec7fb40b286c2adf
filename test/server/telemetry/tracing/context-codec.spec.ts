import { describe, expect, it } from 'vitest';
import {
  decodeTraceContext,
  encodeTraceContext,
  formatTraceparent,
  parseTraceparent,
} from '../../../../lib/server/telemetry/tracing/context-codec.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const IDS = { traceId: TRACE, spanId: SPAN, traceFlags: 1 };

describe('the context of a span in bytes', () => {
  it('is a version, the id of the trace, the id of the span, and flags', () => {
    const bytes = encodeTraceContext(IDS);
    expect(Buffer.from(bytes).toString('hex')).toBe(`00${TRACE}${SPAN}01`);
    expect(decodeTraceContext(bytes)).toEqual(IDS);
  });

  it.each([
    ['no bytes', ''],
    ['a byte too few', `00${TRACE}${SPAN}`],
    ['a byte too many', `00${TRACE}${SPAN}0100`],
    ['another version', `01${TRACE}${SPAN}01`],
    ['no trace', `00${'0'.repeat(32)}${SPAN}01`],
    ['no span', `00${TRACE}${'0'.repeat(16)}01`],
  ])('is not read from %s', (_what, hex) => {
    expect(decodeTraceContext(Buffer.from(hex, 'hex'))).toBeNull();
  });
});

describe('the context of a span in text', () => {
  it('is a traceparent', () => {
    const text = `00-${TRACE}-${SPAN}-01`;
    expect(formatTraceparent(IDS)).toBe(text);
    expect(parseTraceparent(text)).toEqual(IDS);
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-03-more`)).toEqual({ ...IDS, traceFlags: 3 });
  });

  it.each([
    undefined,
    7,
    '',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
  ])('is not read from %s', (value) => {
    expect(parseTraceparent(value)).toBeNull();
  });
});
