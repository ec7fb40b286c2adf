import { describe, expect, it } from 'vitest';
import { Message } from '../../../lib/engine/internal.js';
import { ProtocolError } from '../../../lib/errors.js';
import { type EventPacket, PacketType } from '../../../lib/protocol/internal.js';
import { PendingConnect, type PendingConnectOwner } from '../../../lib/server/socket/pending-connect.js';

const event = (name: string): EventPacket => ({ type: PacketType.EVENT, nsp: '/', data: [name] });

const owner = (bufferedBytes: number): PendingConnectOwner => ({
  options: { engine: { limits: { bufferedBytes } } },
  pendingBytes: 0,
});

describe('PendingConnect', () => {
  it('buffers packets and messages in order', () => {
    const pending = new PendingConnect(owner(1_000));
    const [a, b] = [Message.of('2["a"]'), Message.of('2["b"]')];
    pending.incoming(event('a'), 6);
    pending.outgoing(a);
    pending.incoming(event('b'), 6);
    pending.outgoing(b);
    expect(pending.packets).toEqual([event('a'), event('b')]);
    expect(pending.messages).toEqual([a, b]);
    expect(pending.ending).toBeNull();
  });

  it('buffers at most 100 packets', () => {
    const pending = new PendingConnect(owner(1_000_000));
    for (let i = 0; i < 100; i++) pending.incoming(event('e'), 1);
    expect(() => pending.incoming(event('e'), 1)).toThrow(ProtocolError);
    expect(pending.packets).toHaveLength(100);
  });

  it('buffers packets up to its limit of bytes', () => {
    const pending = new PendingConnect(owner(10));
    pending.incoming(event('a'), 4);
    pending.incoming(event('b'), 6);
    expect(() => pending.incoming(event('c'), 1)).toThrow('too much was sent before the namespace was granted');
    expect(pending.packets).toHaveLength(2);
  });

  it('shares the limit for packets with the other namespaces of its owner, until it ends', () => {
    const client = owner(10);
    const [one, other] = [new PendingConnect(client), new PendingConnect(client)];
    one.incoming(event('a'), 6);
    expect(() => other.incoming(event('b'), 5)).toThrow(ProtocolError);
    expect(client.pendingBytes).toBe(11);
    one.end();
    one.end();
    expect(client.pendingBytes).toBe(5);
    other.incoming(event('c'), 5);
  });

  it('buffers messages up to its limit of bytes', () => {
    const message = Message.of('2["a"]'); // a header of 2 bytes, the prefix, 6 characters
    const pending = new PendingConnect(owner(18));
    pending.outgoing(message);
    pending.outgoing(message);
    expect(() => pending.outgoing(message)).toThrow(expect.objectContaining({ code: 'SLOW_CLIENT' }));
    expect(pending.messages).toHaveLength(2);
  });

  it('bounds each direction separately', () => {
    const pending = new PendingConnect(owner(10));
    pending.incoming(event('a'), 10);
    expect(() => pending.outgoing(Message.of('2["a"]'))).not.toThrow();
  });
});
