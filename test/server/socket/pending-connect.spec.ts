import { describe, expect, it } from 'vitest';
import { Message } from '../../../lib/engine/internal.js';
import { ProtocolError } from '../../../lib/errors.js';
import { type EventPacket, PacketType } from '../../../lib/protocol/internal.js';
import { PendingConnect, type PendingConnectOwner } from '../../../lib/server/socket/pending-connect.js';

const event = (name: string): EventPacket => ({ type: PacketType.EVENT, nsp: '/', data: [name] });

/** A client that records what its namespaces buffer. */
class Owner implements PendingConnectOwner {
  readonly options;
  weight = 0;

  constructor(bufferedBytes: number) {
    this.options = { engine: { limits: { bufferedBytes } } };
  }

  held(weight: number): void {
    this.weight += weight;
  }
}

const value = (text: string, key: string): Message => Message.of(text, true, key);
const owner = (bufferedBytes: number): Owner => new Owner(bufferedBytes);

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

  it('replaces a latest value in its place, and counts the newest alone', () => {
    const pending = new PendingConnect(owner(19));
    const [old, other, newest, last] = [value('1', 'a'), Message.of('2'), value('333', 'a'), value('4', 'b')];
    expect([old, other, newest, last].map((message) => pending.outgoing(message))).toEqual([true, true, true, true]);
    expect(pending.messages).toEqual([newest, other, last]); // 6, 4 and 4 bytes
    expect(pending.outgoing(value('666666666', 'a'))).toBe(false);
  });

  it('tells its owner the weight of the packets: their size, 256 for each, and 64 for each array or object', () => {
    const client = owner(10);
    const pending = new PendingConnect(client);
    pending.incoming(event('a'), 4);
    pending.incoming(event('b'), 6);
    expect(client.weight).toBe(650);
  });

  it('takes its weight back once, when it ends', () => {
    const client = owner(10);
    const [one, other] = [new PendingConnect(client), new PendingConnect(client)];
    one.incoming(event('a'), 6);
    other.incoming(event('b'), 5);
    one.end();
    one.end();
    expect(client.weight).toBe(325);
    other.end();
    expect(client.weight).toBe(0);
  });

  it('refuses packets that clients never send', () => {
    const pending = new PendingConnect(owner(10));
    expect(() => pending.incoming({ type: PacketType.CONNECT, nsp: '/' }, 1)).toThrow(ProtocolError);
  });

  it('buffers messages up to its limit of bytes', () => {
    const message = Message.of('2["a"]'); // a header of 2 bytes, the prefix, 6 characters
    const pending = new PendingConnect(owner(18));
    expect([1, 2, 3].map(() => pending.outgoing(message))).toEqual([true, true, false]);
    expect(pending.messages).toHaveLength(2);
  });

  it('bounds each direction separately', () => {
    const pending = new PendingConnect(owner(10));
    pending.incoming(event('a'), 10);
    expect(pending.outgoing(Message.of('2["a"]'))).toBe(true);
  });
});
