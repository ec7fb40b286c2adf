import { describe, expect, it } from 'vitest';
import { shownPacket, shownPackets } from '../../../lib/engine/connection/shown-packets.js';
import { Message } from '../../../lib/engine/connection/message.js';

describe('shownPacket', () => {
  it.each([
    ['42["a"]', { type: 'message', data: '2["a"]' }],
    ['4', { type: 'message' }],
    ['3', { type: 'pong' }],
    ['2probe', { type: 'ping', data: 'probe' }],
    ['1', { type: 'close' }],
    ['bAQI=', { type: 'message', data: Buffer.of(1, 2) }],
    ['x', { type: 'error', data: 'parser error' }],
    ['', { type: 'error', data: 'parser error' }],
  ])('shows %j', (text, packet) => {
    expect(shownPacket(text)).toEqual(packet);
  });

  it('shows bytes as a message', () => {
    expect(shownPacket(Buffer.of(1))).toEqual({ type: 'message', data: Buffer.of(1) });
  });
});

describe('shownPackets', () => {
  it('shows a packet without its prefix, and each of its attachments', () => {
    const options = { compress: false };
    expect(shownPackets(Message.of(['51-["a"]', Uint8Array.of(7)], false))).toEqual([
      { type: 'message', data: '51-["a"]', options },
      { type: 'message', data: Buffer.of(7), options },
    ]);
  });

  it('shows a ping', () => {
    expect(shownPackets(Message.engine('2'))).toEqual([{ type: 'ping', options: { compress: false } }]);
  });
});
