import * as msgpackParser from 'socket.io-msgpack-parser';
import * as jsonParser from 'socket.io-parser';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../lib/errors.js';
import { DEFAULT_PACKET_LIMITS } from '../../lib/protocol/packet-limits.js';
import { type Packet, PacketType } from '../../lib/protocol/packet.js';
import { codecOf, type Parser } from '../../lib/protocol/codec.js';
import { bytes, dataOf, feed, nested, placeholder } from '../support/wire.js';

const { CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR } = PacketType;

/** The MessagePack form of `{"type":2,"nsp":"/a","id":4,"data":["x",<01>]}`. */
const EVENT_BYTES = bytes('84 a474797065 02 a36e7370 a22f61 a26964 04 a464617461 92a178c40101'.replaceAll(' ', ''));

/** Creates a parser whose decoder emits these values, one for each message. */
function emitting(...values: readonly unknown[]): Parser {
  const left = [...values];
  return {
    Encoder: jsonParser.Encoder,
    Decoder: class {
      #listener: (packet: unknown) => void = () => {};
      add(): void {
        if (left.length > 0) this.#listener(left.shift());
      }
      on(_: 'decoded', listener: (packet: unknown) => void): void {
        this.#listener = listener;
      }
    },
  };
}

/** Creates a parser whose decoder throws this value. */
function throwing(error: unknown): Parser {
  return {
    Encoder: jsonParser.Encoder,
    Decoder: class {
      add(): void {
        throw error;
      }
      on(): void {}
    },
  };
}

const REJECTED = new ProtocolError('the parser rejected a packet');
const INVALID = new ProtocolError('the packet has an invalid namespace or id');
const TOO_DEEP = new ProtocolError('the payload is nested too deeply');

const event = { type: EVENT, nsp: '/', data: ['e'] };

/** Decodes a value that a foreign decoder emits. */
function decode(value: unknown): (Packet | null)[] {
  return feed(codecOf(DEFAULT_PACKET_LIMITS, emitting(value)).decoder(), '4x');
}

describe('codecOf', () => {
  describe('without a parser', () => {
    it('uses our own encoder and decoder', () => {
      const codec = codecOf(DEFAULT_PACKET_LIMITS);
      const packet: Packet = { type: EVENT, nsp: '/a', id: 4, data: ['x'] };
      expect(codec.encode(packet)).toBe('2/a,4["x"]');
      expect(feed(codec.decoder(), '42/a,4["x"]')).toEqual([packet]);
    });

    it('applies the limits', () => {
      const codec = codecOf({ ...DEFAULT_PACKET_LIMITS, arguments: 1 });
      expect(() => feed(codec.decoder(), '42["e",1,2]')).toThrow(new ProtocolError('invalid payload'));
    });

    it('creates a decoder for each connection', () => {
      const codec = codecOf(DEFAULT_PACKET_LIMITS);
      const [one, other] = [codec.decoder(), codec.decoder()];
      feed(one, `451-["e",${placeholder(0)}]`);
      expect(feed(other, '42["e"]')).toHaveLength(1);
      expect([one.awaiting, other.awaiting]).toEqual(['/', null]);
    });
  });

  describe('with another JSON', () => {
    it('encodes and decodes with it', () => {
      const codec = codecOf(DEFAULT_PACKET_LIMITS, undefined, { stringify: () => '["!"]', parse: () => ['?'] });
      const packet: Packet = { type: EVENT, nsp: '/a', id: 4, data: ['x'] };
      expect(codec.encode(packet)).toBe('2/a,4["!"]');
      expect(feed(codec.decoder(), '42/a,4["x"]')).toEqual([{ ...packet, data: ['?'] }]);
    });
  });

  describe('with a parser of text and binary parts', () => {
    const codec = codecOf(DEFAULT_PACKET_LIMITS, jsonParser);

    it('encodes with it', () => {
      expect(codec.encode({ type: EVENT, nsp: '/a', id: 4, data: ['x'] })).toEqual(['2/a,4["x"]']);
      expect(codec.encode({ type: ACK, nsp: '/', id: 4, data: [bytes('01')] })).toEqual([
        '61-4[{"_placeholder":true,"num":0}]',
        bytes('01'),
      ]);
    });

    it('decodes with it', () => {
      const messages = ['40', `451-/a,4["x",${placeholder(0)}]`, bytes('01'), '42["tail"]'];
      expect(feed(codec.decoder(), ...messages)).toEqual([
        { type: CONNECT, nsp: '/' },
        null,
        { type: EVENT, nsp: '/a', id: 4, data: ['x', bytes('01')] },
        { type: EVENT, nsp: '/', data: ['tail'] },
      ]);
    });

    it('does not know what its decoder is waiting for', () => {
      const decoder = codec.decoder();
      feed(decoder, `451-/a,["x",${placeholder(0)}]`);
      expect(decoder.awaiting).toBeNull();
    });

    it('creates a decoder for each connection', () => {
      const [one, other] = [codec.decoder(), codec.decoder()];
      feed(one, `451-["e",${placeholder(0)}]`);
      expect(feed(other, '42["e"]')).toEqual([{ type: EVENT, nsp: '/', data: ['e'] }]);
    });

    it.each(['4x', '47', '42[]', '42["e"', '45-', '40[]'])('refuses %s, which the parser rejects', (text) => {
      expect(() => feed(codec.decoder(), text)).toThrow(REJECTED);
    });

    it.each([
      ['429007199254740992["e"]', INVALID],
      ['42999999999999999999999999999999["e"]', INVALID],
      [`40/${'n'.repeat(255)},`, INVALID],
      [`43${nested(65)}`, TOO_DEEP],
      ['42', new ProtocolError('invalid payload')],
      [`42["e"${',0'.repeat(65)}]`, new ProtocolError('invalid payload')],
      [`431[0${',0'.repeat(64)}]`, new ProtocolError('invalid payload')],
    ])('refuses %s, which the parser accepts', (text, error) => {
      expect(() => feed(codec.decoder(), text)).toThrow(error);
    });

    it.each([
      '429007199254740991["e"]',
      `40/${'n'.repeat(254)},`,
      `43${nested(64)}`,
      `42["e"${',0'.repeat(64)}]`,
      `431[0${',0'.repeat(63)}]`,
    ])('decodes %s, which is within the limits', (text) => {
      expect(feed(codec.decoder(), text)[0]).toMatchObject({ nsp: expect.stringMatching(/^\//) });
    });

    it('refuses text where a part was expected', () => {
      expect(() => feed(codec.decoder(), `451-["x",${placeholder(0)}]`, '42["e"]')).toThrow(REJECTED);
    });
  });

  describe('with a parser of bytes', () => {
    const codec = codecOf(DEFAULT_PACKET_LIMITS, msgpackParser);
    /** Encodes as a client with this parser does. */
    const sent = (packet: unknown) => codec.encode(packet as Packet)[0] as Buffer;

    it('encodes with it', () => {
      expect(codec.encode({ type: EVENT, nsp: '/a', id: 4, data: ['x', bytes('01')] })).toEqual([EVENT_BYTES]);
    });

    it('decodes with it', () => {
      const packet = { type: EVENT, nsp: '/a', id: 4, data: ['x', bytes('01')] };
      expect(feed(codec.decoder(), EVENT_BYTES, EVENT_BYTES)).toEqual([packet, packet]);
    });

    it.each<[string, Packet]>([
      ['CONNECT', { type: CONNECT, nsp: '/' }],
      ['CONNECT with data', { type: CONNECT, nsp: '/a', data: { token: 'x', nested: { a: [1] } } }],
      ['DISCONNECT', { type: DISCONNECT, nsp: '/a' }],
      ['EVENT', { type: EVENT, nsp: '/', data: ['e', 1, -1, 1.5, null, true, 'é😀', { a: [{}] }] }],
      ['EVENT with an id', { type: EVENT, nsp: '/', id: 0, data: ['e'] }],
      ['EVENT with the largest id', { type: EVENT, nsp: '/', id: 9007199254740991, data: ['e'] }],
      ['EVENT with a number', { type: EVENT, nsp: '/', data: [5, 'x'] }],
      ['EVENT with binary parts', { type: EVENT, nsp: '/', data: ['e', bytes('01'), { a: [bytes('0203')] }] }],
      ['EVENT with a date', { type: EVENT, nsp: '/', data: ['e', new Date(1e12)] }],
      ['ACK', { type: ACK, nsp: '/', id: 12, data: [] }],
      ['ACK with binary parts', { type: ACK, nsp: '/', id: 12, data: [[bytes('ff')]] }],
      ['CONNECT_ERROR', { type: CONNECT_ERROR, nsp: '/a', data: { message: 'no', data: [1] } }],
      ['CONNECT_ERROR with a string', { type: CONNECT_ERROR, nsp: '/a', data: 'no' }],
    ])('encodes and decodes %s', (_, packet) => {
      expect(feed(codec.decoder(), sent(packet))).toEqual([packet]);
    });

    it.each(['', 'c0', 'c1', '02', 'a0', '90', '80', '81a47479706502', 'ddffffffff', 'dfffffffff', 'dbffffffff'])(
      'refuses the bytes %s',
      (hex) => {
        expect(() => feed(codec.decoder(), bytes(hex))).toThrow(REJECTED);
      },
    );

    it('refuses a packet that is truncated anywhere', () => {
      // Except before its last byte: the parser treats the rest as an empty part.
      for (let length = 0; length < EVENT_BYTES.length - 1; length++) {
        expect(() => feed(codec.decoder(), EVENT_BYTES.subarray(0, length))).toThrow(ProtocolError);
      }
    });

    it.each(['42["e"]', '4', '4abc'])('refuses the text %s', (text) => {
      expect(() => feed(codec.decoder(), text)).toThrow(REJECTED);
    });

    it.each<[string, object, Error]>([
      ['an unknown type', { type: 5, nsp: '/', data: ['e'] }, REJECTED],
      ['no namespace', { type: EVENT, data: ['e'] }, REJECTED],
      ['an id that is a string', { type: EVENT, nsp: '/', id: '1', data: ['e'] }, REJECTED],
      ['an id with a fraction', { type: EVENT, nsp: '/', id: 1.5, data: ['e'] }, REJECTED],
      ['a negative id', { type: EVENT, nsp: '/', id: -1, data: ['e'] }, INVALID],
      ['too large an id', { type: EVENT, nsp: '/', id: 2 ** 53, data: ['e'] }, INVALID],
      ['a huge id', { type: ACK, nsp: '/', id: 1e30, data: [] }, INVALID],
      ['an empty namespace', { type: CONNECT, nsp: '' }, INVALID],
      ['a namespace without a slash', { type: CONNECT, nsp: 'a' }, INVALID],
      ['a reserved name', { type: EVENT, nsp: '/', data: ['connect'] }, new ProtocolError('invalid payload')],
      [
        'another reserved name',
        { type: EVENT, nsp: '/', data: ['disconnecting', 1] },
        new ProtocolError('invalid payload'),
      ],
      ['no name', { type: EVENT, nsp: '/', data: [] }, new ProtocolError('invalid payload')],
      [
        'an object for a name',
        { type: EVENT, nsp: '/', data: [{ toString: 'x' }] },
        new ProtocolError('invalid payload'),
      ],
      ['bytes for a name', { type: EVENT, nsp: '/', data: [bytes('01')] }, new ProtocolError('invalid payload')],
    ])('refuses a packet with %s', (_, packet, error) => {
      expect(() => feed(codec.decoder(), sent(packet))).toThrow(error);
    });

    it('keeps decoding after a refusal', () => {
      const decoder = codec.decoder();
      expect(() => feed(decoder, bytes('c0'))).toThrow(REJECTED);
      expect(() => feed(decoder, sent({ type: EVENT, nsp: '/', data: ['connect'] }))).toThrow(ProtocolError);
      expect(feed(decoder, EVENT_BYTES)[0]).toMatchObject({ nsp: '/a', id: 4 });
    });
  });

  describe('with any parser', () => {
    it('decodes nothing while it emits nothing', () => {
      const decoder = codecOf(DEFAULT_PACKET_LIMITS, emitting(event)).decoder();
      expect(feed(decoder, '4x', bytes('01'), '4x')).toEqual([event, null, null]);
    });

    it.each([null, undefined, 5, 'x', [], {}])('refuses %j as a packet', (value) => {
      expect(() => decode(value)).toThrow(INVALID);
    });

    it.each<[string, object]>([
      ['no namespace', { nsp: undefined }],
      ['a number for a namespace', { nsp: 5 }],
      ['a list for a namespace', { nsp: ['/'] }],
      ['null for an id', { id: null }],
      ['a string for an id', { id: '1' }],
      ['a BigInt for an id', { id: 1n }],
      ['NaN for an id', { id: Number.NaN }],
      ['a fraction for an id', { id: 0.5 }],
    ])('refuses %s', (_, fields) => {
      expect(() => decode({ ...event, ...fields })).toThrow(INVALID);
    });

    it('refuses data that contains itself', () => {
      const data: unknown[] = ['e'];
      data.push(data);
      expect(() => decode({ ...event, data })).toThrow(TOO_DEEP);
    });

    it('refuses data with more arrays and objects than allowed', () => {
      const limits = { ...DEFAULT_PACKET_LIMITS, containers: 3 };
      const decoder = (...data: unknown[]) => codecOf(limits, emitting({ ...event, data: ['e', ...data] })).decoder();
      expect(feed(decoder({}, []), '4x')).toHaveLength(1);
      expect(() => feed(decoder({}, [], {}), '4x')).toThrow(
        new ProtocolError('the payload has too many arrays and objects'),
      );
    });

    it.each([
      ['its messages', '4'.padEnd(16_400, 'x'), { a: 1 }],
      ['its arrays and objects', '4x', { a: Array.from({ length: 256 }, () => ({})) }],
    ])('drops the data of a CONNECT that weighs too much because of %s', (_, text, data) => {
      const decoder = codecOf(DEFAULT_PACKET_LIMITS, emitting({ type: CONNECT, nsp: '/', data })).decoder();
      expect(feed(decoder, text)).toStrictEqual([{ type: CONNECT, nsp: '/', tooLarge: true }]);
    });

    it.each([new Date(), Buffer.alloc(1), [1]])('refuses %j as the data of a CONNECT', (data) => {
      expect(() => decode({ type: CONNECT, nsp: '/', data })).toThrow(new ProtocolError('invalid payload'));
    });

    it('refuses an unknown type', () => {
      expect(() => decode({ ...event, type: '2' })).toThrow(new ProtocolError('unknown packet type'));
    });

    it('passes on only the members of a packet', () => {
      expect(decode({ ...event, attachments: 0, secret: 1 })).toStrictEqual([{ ...event, id: undefined }]);
      expect(dataOf(decode({ type: CONNECT, nsp: '/', id: 5, data: { a: 1 } })[0])).toEqual({ a: 1 });
    });

    it.each([new RangeError('offset'), 'a string', undefined])('treats a thrown %s as a rejection', (error) => {
      const decoder = codecOf(DEFAULT_PACKET_LIMITS, throwing(error)).decoder();
      expect(() => feed(decoder, '4x')).toThrow(REJECTED);
    });

    it('passes on a ProtocolError that it throws', () => {
      const error = new ProtocolError('a word of its own');
      const decoder = codecOf(DEFAULT_PACKET_LIMITS, throwing(error)).decoder();
      expect(() => feed(decoder, bytes('01'))).toThrow(error);
    });
  });
});
