import { describe, expect, it } from 'vitest';
import { Message } from '../../../lib/engine/index.js';
import { ProtocolError } from '../../../lib/errors.js';
import { type EventPacket, PacketType } from '../../../lib/protocol/index.js';
import { Hold, type HoldOwner } from '../../../lib/server/socket/pending-connect.js';

const event = (name: string): EventPacket => ({ type: PacketType.EVENT, nsp: '/', data: [name] });

const owner = (maxBufferedBytes: number): HoldOwner => ({ options: { engine: { maxBufferedBytes } }, held: 0 });

describe('Hold', () => {
  it('keeps packets and messages in order', () => {
    const hold = new Hold(owner(1_000));
    const [a, b] = [Message.of('2["a"]'), Message.of('2["b"]')];
    hold.incoming(event('a'), 6);
    hold.outgoing(a);
    hold.incoming(event('b'), 6);
    hold.outgoing(b);
    expect(hold.packets).toEqual([event('a'), event('b')]);
    expect(hold.messages).toEqual([a, b]);
    expect(hold.ending).toBeNull();
  });

  it('keeps 100 packets, not more', () => {
    const hold = new Hold(owner(1_000_000));
    for (let i = 0; i < 100; i++) hold.incoming(event('e'), 1);
    expect(() => hold.incoming(event('e'), 1)).toThrow(ProtocolError);
    expect(hold.packets).toHaveLength(100);
  });

  it('keeps packets up to its bytes, not more', () => {
    const hold = new Hold(owner(10));
    hold.incoming(event('a'), 4);
    hold.incoming(event('b'), 6);
    expect(() => hold.incoming(event('c'), 1)).toThrow('too much was sent before the namespace was granted');
    expect(hold.packets).toHaveLength(2);
  });

  it('shares the bytes of packets with the other holds of its owner, until it ends', () => {
    const client = owner(10);
    const [one, other] = [new Hold(client), new Hold(client)];
    one.incoming(event('a'), 6);
    expect(() => other.incoming(event('b'), 5)).toThrow(ProtocolError);
    expect(client.held).toBe(11);
    one.end();
    one.end();
    expect(client.held).toBe(5);
    other.incoming(event('c'), 5);
  });

  it('keeps messages up to its bytes, not more', () => {
    const message = Message.of('2["a"]'); // a header of 2 bytes, the prefix, 6 characters
    const hold = new Hold(owner(18));
    hold.outgoing(message);
    hold.outgoing(message);
    expect(() => hold.outgoing(message)).toThrow(expect.objectContaining({ code: 'SLOW_CLIENT' }));
    expect(hold.messages).toHaveLength(2);
  });

  it('bounds each direction on its own', () => {
    const hold = new Hold(owner(10));
    hold.incoming(event('a'), 10);
    expect(() => hold.outgoing(Message.of('2["a"]'))).not.toThrow();
  });
});
