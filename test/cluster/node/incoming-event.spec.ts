import { describe, expect, it, vi } from 'vitest';
import { IncomingEvent } from '../../../lib/cluster/node/incoming-event.js';
import { Message } from '../../../lib/engine/internal.js';
import { codecOf, DEFAULT_PACKET_LIMITS, PacketType } from '../../../lib/protocol/internal.js';

const codec = codecOf(DEFAULT_PACKET_LIMITS, undefined, undefined);

function eventOf(nsp: string, ...data: [string, ...unknown[]]): IncomingEvent {
  return new IncomingEvent(Message.of(codec.encode({ type: PacketType.EVENT, nsp, data })), nsp, codec);
}

describe('IncomingEvent', () => {
  it('decodes the frames when its data is read, once', () => {
    const decoder = vi.spyOn(codec, 'decoder');
    const event = eventOf('/chat', 'said', 'ü', Buffer.from([1, 2]));
    expect(event).toMatchObject({ type: PacketType.EVENT, nsp: '/chat' });
    expect(decoder).not.toHaveBeenCalled();
    expect(event.data).toEqual(['said', 'ü', Buffer.from([1, 2])]);
    expect(event.data).toBe(event.data);
    expect(decoder).toHaveBeenCalledOnce();
  });

  it.each([['0{"sid":"a"}'], ['51-["a",{"_placeholder":true,"num":0}]']])('throws for %s', (packet) => {
    expect(() => new IncomingEvent(Message.of([packet]), '/', codec).data).toThrow('must be an event');
  });
});
