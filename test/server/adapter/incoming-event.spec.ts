import { describe, expect, it, vi } from 'vitest';
import { IncomingEvent } from '../../../lib/server/adapter/incoming-event.js';
import { Message } from '../../../lib/engine/internal.js';
import { type Codec, codecOf, DEFAULT_PACKET_LIMITS, PacketType } from '../../../lib/protocol/internal.js';

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

  it.each<[string, string, ...unknown[]]>([
    ['/', 'said', { text: 'ü' }],
    ['/', 'a "quoted" \\ name \\', 'x'],
    ['/chat', 'ü', Buffer.from([1, 2])],
    ['/a["b"]', 'said'],
  ])('reads the name without decoding the frames: in %s, %j', (nsp, ...data) => {
    const decoder = vi.spyOn(codec, 'decoder');
    decoder.mockClear();
    expect(eventOf(nsp, ...data).event).toBe(data[0]);
    expect(decoder).not.toHaveBeenCalled();
  });

  it('decodes the frames of another codec for the name', () => {
    const other: Codec = {
      encode: () => [Buffer.from([1])],
      decoder: () => ({
        awaiting: null,
        text: () => null,
        binary: () => ({ type: PacketType.EVENT, nsp: '/', data: [7] }),
      }),
    };
    expect(new IncomingEvent(Message.of([Buffer.from([1])]), '/', other).event).toBe('7');
  });

  it.each([['0{"sid":"a"}'], ['51-["a",{"_placeholder":true,"num":0}]']])('throws for %s', (packet) => {
    expect(() => new IncomingEvent(Message.of([packet]), '/', codec).data).toThrow('must be an event');
  });
});
