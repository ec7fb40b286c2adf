import { describe, expect, it } from 'vitest';
import { type EventPacket, PacketType } from '../../../../lib/protocol/internal.js';
import { contextOf, withoutContext } from '../../../../lib/server/telemetry/tracing/client-context.js';

const event = (...data: EventPacket['data']): EventPacket => ({ type: PacketType.EVENT, nsp: '/', id: 3, data });

describe('the context of a client in an event', () => {
  it('is removed from the arguments', () => {
    const context = { traceparent: '00-a-b-01', tracestate: 'a=1', baggage: 'b=2' };
    const packet = withoutContext(event('say', 'hi', context));
    expect(packet).toMatchObject({ id: 3, data: ['say', 'hi'] });
    expect(contextOf(packet)).toBe(context);
    expect(contextOf({ ...packet, data: ['say'] })).toBe(context);
  });

  it.each([
    [event('say')],
    [event('say', 'hi')],
    [event('say', null)],
    [event('say', {})],
    [event('say', { tracestate: 'a=1' })],
    [event('say', { traceparent: '00-a-b-01', text: 'hi' })],
    [event('say', { traceparent: '00-a-b-01' }, 'hi')],
  ])('is not found in %j', (packet) => {
    expect(withoutContext(packet)).toBe(packet);
    expect(contextOf(packet)).toBeUndefined();
  });
});
