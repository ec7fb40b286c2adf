import { context, createTraceState, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { afterEach, expect, it } from 'vitest';
import { traceContext } from '../../../../lib/server/telemetry/tracing/trace-context.js';
import { cleanUp } from '../../../support/engine-clean-up.js';
import { recordSpans } from '../../../support/spans.js';

afterEach(cleanUp);

const IDS = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 1 };
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

function within(span: object) {
  return context.with(trace.setSpanContext(ROOT_CONTEXT, { ...IDS, ...span }), () => traceContext());
}

it('traceContext() returns the context of the active span', () => {
  recordSpans();
  expect(traceContext()).toEqual({});
  expect(within({})).toEqual({ traceparent: TRACEPARENT });
  expect(within({ traceState: createTraceState('a=1') })).toEqual({ traceparent: TRACEPARENT, tracestate: 'a=1' });
  expect(within({ spanId: '0'.repeat(16) })).toEqual({});
});
