import { type Context, type ContextManager, context, ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { definedFields, inlined, unmentioned, withTrace } from '../../lib/engine/log-fields.js';

const SPAN = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: TraceFlags.NONE };

/** Makes a context the active one, for all copies of the API. */
function activate(active: Context): void {
  const manager: ContextManager = {
    active: () => active,
    with: (_context, run, self, ...args) => run.apply(self as ThisParameterType<typeof run>, args),
    bind: (_context, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  context.setGlobalContextManager(manager);
}

describe('definedFields', () => {
  it('leaves out fields without a value', () => {
    expect(definedFields({ client: 'Zx1', user: undefined, duration: 0 })).toStrictEqual({
      client: 'Zx1',
      duration: 0,
    });
  });

  it('returns undefined if no field has a value', () => {
    expect(definedFields({ user: undefined })).toBeUndefined();
  });
});

describe('unmentioned', () => {
  it('leaves out fields that the text contains, except short ones', () => {
    const fields = { client: 'Zx1', user: '7', address: '10.0.0.7', namespace: '/chat', event: 'say' };
    expect(unmentioned('Zx1 of 10.0.0.7 left /chat', fields)).toEqual({ user: '7', event: 'say' });
  });

  it('returns undefined if none is left', () => {
    expect(unmentioned('/chat failed', { namespace: '/chat' })).toBeUndefined();
  });
});

describe('inlined', () => {
  it('adds the fields to the text', () => {
    expect(inlined('it failed', { client: 'Zx-1_', handler: 'Chat.say' })).toBe(
      'it failed (client=Zx-1_ handler=Chat.say)',
    );
  });

  it('quotes and cuts text of a client', () => {
    expect(inlined('look', { user: 'a b' })).toBe('look (user="a b")');
    expect(inlined('look', { event: 'a\nb' })).toBe('look (event="a\\nb")');
    expect(inlined('look', { event: 'x'.repeat(300) })).toBe(`look (event="${'x'.repeat(200)}…")`);
  });

  it('leaves a text without fields as it is', () => {
    expect(inlined('look', undefined)).toBe('look');
    expect(inlined('look', {})).toBe('look');
  });
});

describe('withTrace', () => {
  afterEach(() => context.disable());

  it('adds the ids of the active span', () => {
    activate(trace.setSpanContext(ROOT_CONTEXT, SPAN));
    const { traceId, spanId } = SPAN;
    expect(withTrace({ client: 'Zx1' })).toEqual({ client: 'Zx1', traceId, spanId });
    expect(withTrace(undefined)).toEqual({ traceId, spanId });
  });

  it('adds nothing without an active span, or for a span that is not valid', () => {
    const fields = { client: 'Zx1' };
    expect(withTrace(fields)).toBe(fields);
    activate(trace.setSpanContext(ROOT_CONTEXT, { ...SPAN, traceId: '0'.repeat(32) }));
    expect(withTrace(fields)).toBe(fields);
  });
});
