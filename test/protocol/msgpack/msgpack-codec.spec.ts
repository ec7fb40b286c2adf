import * as library from '@msgpack/msgpack';
import { assert, pre, property, uint8Array } from 'fast-check';
import * as stock from 'socket.io-msgpack-parser';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../lib/errors.js';
import { messagePackCodec } from '../../../lib/protocol/msgpack/msgpack-codec.js';
import { DEFAULT_PACKET_LIMITS } from '../../../lib/protocol/packet-limits.js';
import { type Packet, PacketType } from '../../../lib/protocol/packet.js';
import type { Encoded } from '../../../lib/protocol/encoder.js';
import { packets, received } from '../../support/packets.js';
import { bytes, dataOf, feed, pooled } from '../../support/wire.js';

const { CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR } = PacketType;

const codec = messagePackCodec(DEFAULT_PACKET_LIMITS, library);

const INVALID = new ProtocolError('invalid payload');
const NO_MESSAGE_PACK = new ProtocolError('the message is not MessagePack');

/** Encodes as a client with the stock parser does. */
function stockEncoded(packet: object): Buffer {
  const [message] = new stock.Encoder().encode(packet) as unknown as [Buffer];
  return message;
}

/** Decodes as a client with the stock parser does. */
function stockDecoded(messages: Encoded): unknown {
  let packet: unknown;
  const decoder = new stock.Decoder();
  decoder.on('decoded', (value: unknown) => (packet = value));
  decoder.add(Buffer.from(messages[0] as Uint8Array));
  return packet;
}

const decode = (message: Uint8Array): Packet | null => codec.decoder().binary(message);

const event = (...args: unknown[]): Packet => ({ type: EVENT, nsp: '/', data: ['e', ...args] });

const PACKETS: readonly (readonly [string, Packet])[] = [
  ['CONNECT', { type: CONNECT, nsp: '/' }],
  ['CONNECT with data', { type: CONNECT, nsp: '/a', data: { token: 'x', nested: { a: [1] } } }],
  ['DISCONNECT', { type: DISCONNECT, nsp: '/a' }],
  ['EVENT', event(0, 1, -1, 1.5, 2 ** 40, -(2 ** 40), 1e-300, null, true, false, 'é😀', { a: [{}] })],
  ['EVENT with an id', { type: EVENT, nsp: '/', id: 0, data: ['e'] }],
  ['EVENT with the largest id', { type: EVENT, nsp: '/', id: 9007199254740991, data: ['e'] }],
  ['EVENT with a number', { type: EVENT, nsp: '/', data: [5, 'x'] }],
  ['EVENT with binary parts', event(bytes('01'), { a: [bytes('0203')] }, Buffer.alloc(70_000, 1))],
  ['EVENT with dates', event(new Date(1e12), { at: [new Date(0), new Date(-1), new Date(8.64e15)] })],
  ['EVENT with undefined', event(undefined, [undefined, 1, undefined], 'x')],
  ['EVENT with long texts', event('x'.repeat(31), 'x'.repeat(32), 'x'.repeat(256), 'é'.repeat(70_000))],
  ['EVENT with long lists', event(Array(15).fill(0), Array(16).fill(1), Array(70_000).fill(2))],
  ['EVENT with many keys', event(Object.fromEntries([...Array(300).keys()].map((i) => [`k${i}`, i])))],
  ['ACK', { type: ACK, nsp: '/', id: 12, data: [] }],
  ['ACK with binary parts', { type: ACK, nsp: '/', id: 12, data: [[bytes('ff')]] }],
  ['CONNECT_ERROR', { type: CONNECT_ERROR, nsp: '/a', data: { message: 'no', data: [1] } }],
  ['CONNECT_ERROR with a string', { type: CONNECT_ERROR, nsp: '/a', data: 'no' }],
];

describe('messagePackCodec', () => {
  it.each(PACKETS)('encodes %s as the stock parser decodes it', (_, packet) => {
    const encoded = codec.encode(packet);
    expect(encoded).toHaveLength(1);
    expect(stockDecoded(encoded)).toEqual(packet);
  });

  it.each(PACKETS)('decodes %s as the stock parser encodes it', (_, packet) => {
    expect(decode(stockEncoded(packet))).toEqual(packet);
    expect(decode(pooled(stockEncoded({ ...packet, options: { compress: true } })))).toEqual(packet);
  });

  it.each(PACKETS.filter(([name]) => !/date|undefined/.test(name)))('writes the same bytes for %s', (_, packet) => {
    expect(Buffer.from(codec.encode(packet)[0] as Uint8Array)).toEqual(stockEncoded(packet));
  });

  it('decodes generated packets as the stock parser does, and encodes them for it', () => {
    const same = property(packets(), (packet) => {
      const data = 'data' in packet && packet.data !== undefined ? received(packet.data) : undefined;
      const sent = { ...packet, data } as Packet;
      pre(!JSON.stringify(sent).includes('\\ud')); // half a surrogate pair, which UTF-8 cannot carry
      // It writes numbers from 2^64 wrongly, so its own decoder says what a message means.
      const message = stockEncoded(sent);
      expect(decode(message)).toEqual(stockDecoded([message]));
      expect(stockDecoded(codec.encode(sent))).toEqual(sent);
    });
    assert(same, { numRuns: 2_000 });
  });

  describe('of values that are not plain data', () => {
    class Point {
      x = 1;
      toJSON(): object {
        return { point: [this.x, undefined] };
      }
    }

    it.each<[string, unknown, unknown]>([
      ['an ArrayBuffer', bytes('0102030405060708').buffer.slice(0, 0), bytes('')],
      [
        'an ArrayBuffer of eight bytes, which is no date',
        Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8).buffer,
        bytes('0102030405060708'),
      ],
      ['a typed array', Uint16Array.of(1, 2), bytes('01000200')],
      ['a DataView', new DataView(Uint8Array.of(1, 2, 3).buffer, 1), bytes('0203')],
      ['the result of toJSON', { at: new Point() }, { at: { point: [1, undefined] } }],
      ['the result of toJSON that has a toJSON', { toJSON: () => ({ a: 1, toJSON: () => 5 }) }, { a: 1 }],
      ['the list that toJSON returns', { toJSON: () => [1, undefined] }, [1, undefined]],
      ['an invalid date', new Date(Number.NaN), null],
      ['a function', { f: () => {}, list: [() => {}, Symbol('s')] }, { list: [undefined, undefined] }],
      ['a member that is undefined', { a: undefined, b: 1 }, { b: 1 }],
      [
        'an instance of a class',
        new (class Named {
          name = 'x';
        })(),
        { name: 'x' },
      ],
      ['a Map', new Map([[1, 2]]), {}],
      ['NaN', Number.NaN, Number.NaN],
    ])('sends %s', (_, value, expected) => {
      expect(stockDecoded(codec.encode(event(value, 'last')))).toEqual(event(expected, 'last'));
    });

    it('does not change the value', () => {
      const value = { at: [undefined, Uint16Array.of(1)], f: () => {} };
      const before = { at: [...value.at], f: value.f };
      codec.encode(event(value));
      expect(value).toEqual(before);
    });

    it('does not copy more than the way to a change', () => {
      const kept = { a: { b: [1] } };
      const read: string[] = [];
      const watched = new Proxy(kept, { get: (target, key) => (read.push(String(key)), Reflect.get(target, key)) });
      codec.encode(event([undefined, watched]));
      expect(read.filter((key) => key === 'a').length).toBeLessThan(4); // to prepare and to encode, not to copy
    });

    it('throws for a value that contains itself', () => {
      const list: unknown[] = [];
      list.push([list]);
      expect(() => codec.encode(event(list))).toThrow(expect.objectContaining({ code: 'VALUE_TOO_DEEP' }));
    });

    it('encodes a value of 900 levels', () => {
      let value: unknown = 1;
      for (let i = 0; i < 900; i++) value = [value];
      expect(codec.encode(event(value))[0]).toHaveProperty('length', 900 + 22);
    });

    it('throws for a BigInt, and what toJSON throws, and encodes the next packet', () => {
      expect(() => codec.encode(event(1n))).toThrow('Unrecognized object: [object BigInt]');
      const failing = {
        toJSON: () => {
          throw new RangeError('mine');
        },
      };
      expect(() => codec.encode(event(failing))).toThrow(new RangeError('mine'));
      expect(stockDecoded(codec.encode(event(1)))).toEqual(event(1));
    });
  });

  describe('of messages that are not a packet', () => {
    it.each(['', 'c1', 'ddffffffff', 'dfffffffff', 'dbffffffff', '81a474797065'])('refuses the bytes %s', (hex) => {
      expect(() => decode(bytes(hex))).toThrow(ProtocolError);
    });

    it.each(['c0', '02', 'a0', '90', '80', '81a47479706502'])('refuses the value %s', (hex) => {
      expect(() => decode(bytes(hex))).toThrow(new ProtocolError('the packet has an invalid namespace or id'));
    });

    it('refuses a packet that is cut anywhere, or followed by a byte', () => {
      const whole = stockEncoded(event('x', bytes('01')));
      for (let length = 0; length < whole.length; length++) {
        expect(() => decode(whole.subarray(0, length))).toThrow(ProtocolError);
      }
      expect(() => decode(Buffer.concat([whole, bytes('00')]))).toThrow(ProtocolError);
    });

    it.each([
      ['a list for a key', '8190c0'],
      ['a map for a key', '8180c0'],
      ['nil for a key', '81c0c0'],
      ['a date for a key', '81d7000000000000000000c0'],
      ['the key __proto__', `81a9${Buffer.from('__proto__').toString('hex')}80`],
      ['an unknown extension type', 'd40100'],
      ['the timestamp of MessagePack, which the stock parser does not know', 'd6ff00000000'],
    ])('refuses %s', (_, hex) => {
      const message = Buffer.concat([
        bytes('83a474797065 02 a36e7370 a12f a464617461 92a165'.replaceAll(' ', '')),
        bytes(hex),
      ]);
      expect(() => decode(message)).toThrow(NO_MESSAGE_PACK);
      expect({}).not.toHaveProperty('admin');
    });

    it.each(['42["e"]', '4', '4abc'])('refuses the text %s', (text) => {
      expect(() => feed(codec.decoder(), text)).toThrow(new ProtocolError('got text where MessagePack was expected'));
    });

    it.each<[string, object, Error]>([
      ['an unknown type', { type: 5, nsp: '/', data: ['e'] }, new ProtocolError('unknown packet type')],
      ['a reserved name', { type: EVENT, nsp: '/', data: ['connect'] }, INVALID],
      ['no name', { type: EVENT, nsp: '/', data: [] }, INVALID],
      ['a date for a name', { type: EVENT, nsp: '/', data: [new Date()] }, INVALID],
      ['undefined for a name', { type: EVENT, nsp: '/', data: [undefined] }, INVALID],
      ['bytes for the data of CONNECT', { type: CONNECT, nsp: '/', data: bytes('01') }, INVALID],
      ['more arguments', { type: EVENT, nsp: '/', data: ['e', ...Array(65).fill(0)] }, INVALID],
      ['too deep data', { type: ACK, nsp: '/', data: deep(65) }, new ProtocolError('the payload is nested too deeply')],
      [
        'too many arrays',
        { type: ACK, nsp: '/', data: [Array.from({ length: 100_001 }, () => [])] },
        new ProtocolError('the payload has too many arrays and objects'),
      ],
    ])('refuses a packet with %s', (_, packet, error) => {
      expect(() => decode(stockEncoded(packet))).toThrow(error);
    });

    it('accepts data as deep as allowed', () => {
      expect(dataOf(decode(stockEncoded({ type: ACK, nsp: '/', data: deep(64) })))).toEqual(deep(64));
    });

    it('drops the data of a CONNECT that weighs too much', () => {
      const data = { list: Array.from({ length: 260 }, () => ({})) };
      expect(decode(stockEncoded({ type: CONNECT, nsp: '/a', data }))).toStrictEqual({
        type: CONNECT,
        nsp: '/a',
        tooLarge: true,
      });
    });

    it('throws nothing but a ProtocolError for any bytes', () => {
      const start = bytes('84a47479706502a36e7370a12fa26964cc07a464617461');
      const contained = property(uint8Array({ maxLength: 40, size: 'max' }), (tail) => {
        try {
          decode(Buffer.concat([start, tail]));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      });
      assert(contained, { numRuns: 5_000 });
    });
  });

  it('allocates nothing for announcements without bytes', () => {
    const lie = bytes(`92 a165 ${'dd00ffffff'.repeat(12)}`.replaceAll(' ', ''));
    const message = Buffer.concat([bytes('83a47479706502a36e7370a12fa464617461'), lie]);
    expect(() => decode(message)).toThrow(ProtocolError);
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 1_000; i++) expect(() => decode(message)).toThrow(ProtocolError);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000); // one array of it would take 134 MB
  });
});

function deep(levels: number): unknown {
  let value: unknown = [];
  for (let i = 1; i < levels; i++) value = [value];
  return value;
}
