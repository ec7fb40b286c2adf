import * as api from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { findSpanKey, UnsampledContext } from '../../../../lib/server/telemetry/tracing/unsampled-context.js';

const services = { api, spanKey: findSpanKey(api) };
const KEY = api.createContextKey('of an application');

it('has a span that is not sampled, always the same', () => {
  const context = new UnsampledContext(services);
  const span = api.trace.getSpan(context);
  expect(span?.isRecording()).toBe(false);
  expect(span?.spanContext().traceFlags).toBe(api.TraceFlags.NONE);
  expect(api.isSpanContextValid(span?.spanContext() as api.SpanContext)).toBe(true);
  expect(api.trace.getSpan(context)).toBe(span);
  expect(api.trace.getSpan(new UnsampledContext(services))?.spanContext().traceId).not.toBe(
    span?.spanContext().traceId,
  );
});

it('keeps its span next to the values that are set', () => {
  const context = new UnsampledContext(services);
  expect(context.getValue(KEY)).toBeUndefined();
  const more = context.setValue(KEY, 7);
  expect([more.getValue(KEY), api.trace.getSpan(more)]).toEqual([7, api.trace.getSpan(context)]);
  const without = api.trace.deleteSpan(context);
  expect(api.trace.getSpan(without)).toBeUndefined();
  expect(context.deleteValue(KEY).getValue(services.spanKey)).toBe(api.trace.getSpan(context));
});
