import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../lib/errors.js';
import { Decoder } from '../../lib/protocol/decoder.js';
import type { PacketLimits } from '../../lib/protocol/packet-limits.js';
import { type Packet, PacketType } from '../../lib/protocol/packet.js';
import { bytes, dataOf, feed, type Message, nested, placeholder, pooled } from '../support/wire.js';

const { CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR } = PacketType;

/** Each text has the Engine.IO prefix `4`, as on the wire. */
const TEXTS: readonly (readonly [text: string, packet: Packet])[] = [
  ['40', { type: CONNECT, nsp: '/' }],
  ['40{"token":"123"}', { type: CONNECT, nsp: '/', data: { token: '123' } }],
  ['40{}', { type: CONNECT, nsp: '/', data: {} }],
  ['40/admin,', { type: CONNECT, nsp: '/admin' }],
  ['40/admin,{"a":[1]}', { type: CONNECT, nsp: '/admin', data: { a: [1] } }],
  ['40/custom', { type: CONNECT, nsp: '/custom' }],
  ['40/custom?x=1,', { type: CONNECT, nsp: '/custom?x=1' }],
  ['40/,', { type: CONNECT, nsp: '/' }],
  ['40/日本/"[{,', { type: CONNECT, nsp: '/日本/"[{' }],
  ['405', { type: CONNECT, nsp: '/' }],
  ['405{"a":1}', { type: CONNECT, nsp: '/', data: { a: 1 } }],

  ['41', { type: DISCONNECT, nsp: '/' }],
  ['41/admin,', { type: DISCONNECT, nsp: '/admin' }],
  ['41/admin', { type: DISCONNECT, nsp: '/admin' }],
  ['417', { type: DISCONNECT, nsp: '/' }],

  ['42["hello"]', { type: EVENT, nsp: '/', data: ['hello'] }],
  ['42["hello",1,null,{"a":[true]}]', { type: EVENT, nsp: '/', data: ['hello', 1, null, { a: [true] }] }],
  ['42["e"] \n', { type: EVENT, nsp: '/', data: ['e'] }],
  ['42[ "e" , 1 ]', { type: EVENT, nsp: '/', data: ['e', 1] }],
  ['42/other,["x"]', { type: EVENT, nsp: '/other', data: ['x'] }],
  ['42/other,["x","a,b"]', { type: EVENT, nsp: '/other', data: ['x', 'a,b'] }],
  ['4212["hello","world"]', { type: EVENT, nsp: '/', id: 12, data: ['hello', 'world'] }],
  ['42/admin,456["project:delete",123]', { type: EVENT, nsp: '/admin', id: 456, data: ['project:delete', 123] }],
  ['420["e"]', { type: EVENT, nsp: '/', id: 0, data: ['e'] }],
  ['42007["e"]', { type: EVENT, nsp: '/', id: 7, data: ['e'] }],
  ['429007199254740991["e"]', { type: EVENT, nsp: '/', id: 9007199254740991, data: ['e'] }],
  ['42[5,1]', { type: EVENT, nsp: '/', data: [5, 1] }],
  ['42[-1.5]', { type: EVENT, nsp: '/', data: [-1.5] }],
  ['42[""]', { type: EVENT, nsp: '/', data: [''] }],
  ['42["error","x"]', { type: EVENT, nsp: '/', data: ['error', 'x'] }],
  ['42["connection"]', { type: EVENT, nsp: '/', data: ['connection'] }],
  ['42["constructor"]', { type: EVENT, nsp: '/', data: ['constructor'] }],
  ['42["__proto__"]', { type: EVENT, nsp: '/', data: ['__proto__'] }],
  ['42["Connect"]', { type: EVENT, nsp: '/', data: ['Connect'] }],
  ['42["é😀\\u2028","\\ud800"]', { type: EVENT, nsp: '/', data: ['é😀\u2028', '\ud800'] }],
  ['42["\udc00"]', { type: EVENT, nsp: '/', data: ['\udc00'] }],
  [`42["e",${placeholder(0)}]`, { type: EVENT, nsp: '/', data: ['e', { _placeholder: true, num: 0 }] }],

  ['43["x"]', { type: ACK, nsp: '/', data: ['x'] }],
  ['43', { type: ACK, nsp: '/', data: [] }],
  ['431["x"]', { type: ACK, nsp: '/', id: 1, data: ['x'] }],
  ['430[]', { type: ACK, nsp: '/', id: 0, data: [] }],
  ['43/admin,456[]', { type: ACK, nsp: '/admin', id: 456, data: [] }],
  ['43[{"connect":1}]', { type: ACK, nsp: '/', data: [{ connect: 1 }] }],
  ['431', { type: ACK, nsp: '/', id: 1, data: [] }],

  ['44{"message":"no"}', { type: CONNECT_ERROR, nsp: '/', data: { message: 'no' } }],
  ['44/x,{"message":"no","data":[1]}', { type: CONNECT_ERROR, nsp: '/x', data: { message: 'no', data: [1] } }],
  ['44"no"', { type: CONNECT_ERROR, nsp: '/', data: 'no' }],
];

const WITH_PARTS: readonly (readonly [text: string, parts: readonly Buffer[], packet: Packet])[] = [
  [
    '451-["hello",{"_placeholder":true,"num":0}]',
    [bytes('010203')],
    { type: EVENT, nsp: '/', data: ['hello', bytes('010203')] },
  ],
  [
    '451-/admin,456["project:delete",{"_placeholder":true,"num":0}]',
    [bytes('ff')],
    { type: EVENT, nsp: '/admin', id: 456, data: ['project:delete', bytes('ff')] },
  ],
  [
    '461-/admin,456[{"_placeholder":true,"num":0}]',
    [bytes('03')],
    { type: ACK, nsp: '/admin', id: 456, data: [bytes('03')] },
  ],
  ['461-[{"_placeholder":true,"num":0}]', [bytes('03')], { type: ACK, nsp: '/', data: [bytes('03')] }],
  [
    '452-["e",{"_placeholder":true,"num":1},{"num":0,"_placeholder":true}]',
    [bytes('aa'), bytes('bb')],
    { type: EVENT, nsp: '/', data: ['e', bytes('bb'), bytes('aa')] },
  ],
  [
    '453-["e",{"a":[{"b":{"_placeholder":true,"num":0}},1],"c":{"_placeholder":true,"num":2}},{"_placeholder":true,"num":1}]',
    [bytes('aa'), bytes(''), bytes('cccc')],
    { type: EVENT, nsp: '/', data: ['e', { a: [{ b: bytes('aa') }, 1], c: bytes('cccc') }, bytes('')] },
  ],
  [
    '45001-[5,{"_placeholder":true,"num":0,"more":1},{"_placeholder":false,"num":9},{"_placeholder":1}]',
    [bytes('aa')],
    { type: EVENT, nsp: '/', data: [5, bytes('aa'), { _placeholder: false, num: 9 }, { _placeholder: 1 }] },
  ],
  [
    `4510-["e",${[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(placeholder).join()}]`,
    ['00', '01', '02', '03', '04', '05', '06', '07', '08', '09'].map(bytes),
    { type: EVENT, nsp: '/', data: ['e', ...['00', '01', '02', '03', '04', '05', '06', '07', '08', '09'].map(bytes)] },
  ],
];

const REFUSED: readonly (readonly [text: string, message: string])[] = [
  ['4', 'unknown packet type'],
  ['47["x"]', 'unknown packet type'],
  ['49', 'unknown packet type'],
  ['4/', 'unknown packet type'],
  ['4:', 'unknown packet type'],
  ['4 ', 'unknown packet type'],
  ['4e', 'unknown packet type'],
  ['4-1', 'unknown packet type'],
  ['4٢["x"]', 'unknown packet type'],

  ['40[]', 'invalid payload'],
  ['40"s"', 'invalid payload'],
  ['40null', 'invalid payload'],
  ['40false', 'invalid payload'],
  ['40{"a":1', 'the payload is not JSON'],
  ['40custom', 'the payload is not JSON'],
  ['40,', 'the payload is not JSON'],
  ['401.5', 'the payload is not JSON'],
  ['409007199254740992', 'the acknowledgement id is too large'],

  ['41{}', 'invalid payload'],
  ['41null', 'invalid payload'],
  ['41/admin,[]', 'invalid payload'],

  ['42', 'invalid payload'],
  ['427', 'invalid payload'],
  ['42/other', 'invalid payload'],
  ['42/other["x"]', 'invalid payload'],
  ['42[]', 'invalid payload'],
  ['42{}', 'invalid payload'],
  ['42"x"', 'invalid payload'],
  ['42null', 'invalid payload'],
  ['42[null]', 'invalid payload'],
  ['42[true]', 'invalid payload'],
  ['42[["e"]]', 'invalid payload'],
  ['42[{"toString":"x"}]', 'invalid payload'],
  ['42["connect"]', 'invalid payload'],
  ['42["connect_error"]', 'invalid payload'],
  ['42["disconnect"]', 'invalid payload'],
  ['42["disconnecting"]', 'invalid payload'],
  ['42["newListener"]', 'invalid payload'],
  ['42["removeListener"]', 'invalid payload'],
  ['421["connect"]', 'invalid payload'],
  ['42["\\u0063onnect"]', 'invalid payload'],
  ['42["e"', 'the payload is not JSON'],
  ['42["e"]x', 'the payload is not JSON'],
  ['42["e"]["e"]', 'the payload is not JSON'],
  ["42['e']", 'the payload is not JSON'],
  ['42["e",NaN]', 'the payload is not JSON'],
  ['42["e\n"]', 'the payload is not JSON'],
  ['42/a,b,["x"]', 'the payload is not JSON'],
  ['42,["x"]', 'the payload is not JSON'],
  ['42 ["e"]', 'there is white space before the payload'],
  ['42 1["e"]', 'there is white space before the payload'],
  ['421 ["e"]', 'there is white space before the payload'],
  ['42\t["e"]', 'there is white space before the payload'],
  ['42\u00a0["e"]', 'the payload is not JSON'],
  ['42\ufeff["e"]', 'the payload is not JSON'],
  ['421.5["e"]', 'the payload is not JSON'],
  ['42-1["e"]', 'the payload is not JSON'],
  ['42+1["e"]', 'the payload is not JSON'],
  ['421e3["e"]', 'the payload is not JSON'],
  ['420x1["e"]', 'the payload is not JSON'],
  ['42abc["e"]', 'the payload is not JSON'],
  ['42:["e"]', 'the payload is not JSON'],
  ['42!["e"]', 'the payload is not JSON'],
  ['42１["e"]', 'the payload is not JSON'],
  ['429007199254740992["e"]', 'the acknowledgement id is too large'],
  ['429007199254740993["e"]', 'the acknowledgement id is too large'],
  ['429999999999999999["e"]', 'the acknowledgement id is too large'],
  ['4200000000000000001["e"]', 'the acknowledgement id is too large'],
  ['42999999999999999999999999999999["e"]', 'the acknowledgement id is too large'],

  ['43{}', 'invalid payload'],
  ['431"x"', 'invalid payload'],
  ['431null', 'invalid payload'],
  ['431[', 'the payload is not JSON'],
  ['43 ', 'there is white space before the payload'],

  ['44', 'invalid payload'],
  ['441', 'invalid payload'],
  ['44[]', 'invalid payload'],
  ['44null', 'invalid payload'],

  ['45', 'illegal attachments'],
  ['451', 'illegal attachments'],
  ['45-', 'illegal attachments'],
  ['45-["x"]', 'illegal attachments'],
  ['450-', 'illegal attachments'],
  ['450-["x"]', 'illegal attachments'],
  ['451["x"]', 'illegal attachments'],
  [`45+1-["x",${placeholder(0)}]`, 'illegal attachments'],
  [`451e0-["x",${placeholder(0)}]`, 'illegal attachments'],
  [`450x1-["x",${placeholder(0)}]`, 'illegal attachments'],
  [`45 1-["x",${placeholder(0)}]`, 'illegal attachments'],
  [`451 -["x",${placeholder(0)}]`, 'illegal attachments'],
  [`451.0-["x",${placeholder(0)}]`, 'illegal attachments'],
  [`45-1-["x",${placeholder(0)}]`, 'illegal attachments'],
  [`451/admin,-["x",${placeholder(0)}]`, 'illegal attachments'],
  [`4500000000000000001-["x",${placeholder(0)}]`, 'illegal attachments'],
  [`4511-["x",${placeholder(0)}]`, 'too many attachments'],
  [`4599999-["x",${placeholder(0)}]`, 'too many attachments'],
  [`459999999999999999-["x",${placeholder(0)}]`, 'too many attachments'],
  ['451-', 'invalid payload'],
  [`451-["connect",${placeholder(0)}]`, 'invalid payload'],
  [`451-${placeholder(0)}`, 'invalid payload'],
  [`461-${placeholder(0)}`, 'invalid payload'],
  ['451-["x"]', 'illegal attachments: fewer placeholders than announced'],
  ['461-', 'illegal attachments: fewer placeholders than announced'],
  ['4611-[]', 'too many attachments'],
  [`452-["x",${placeholder(0)}]`, 'illegal attachments: fewer placeholders than announced'],
];

const BAD_NUMBER = 'illegal attachments: a placeholder has a number out of range or used before';

const LIMITS: PacketLimits = {
  attachments: 2,
  attachmentBytes: 8,
  arguments: 3,
  depth: 4,
  containers: 1_000,
  namespaceLength: 6,
  connectWeight: 400,
};

/** An input size at which a test never finishes, unless each character is read a bounded number of times. */
const MEGABYTE = 1_000_000;

describe('Decoder', () => {
  describe('of a text', () => {
    it.each(TEXTS)('decodes %s', (text, packet) => {
      expect(feed(new Decoder(), text)).toEqual([packet]);
    });

    it.each(TEXTS)('decodes %s before and after other packets', (text, packet) => {
      const tail: Packet = { type: EVENT, nsp: '/', id: 1, data: ['tail'] };
      expect(feed(new Decoder(), '421["tail"]', text, '421["tail"]', text)).toEqual([tail, packet, tail, packet]);
    });

    it('decodes from the start of the text by default', () => {
      expect(new Decoder().text('2["e"]')).toEqual({ type: EVENT, nsp: '/', data: ['e'] });
    });

    it('leaves the id out of packets that have none', () => {
      expect(feed(new Decoder(), '405{"a":1}', '417', '445{"message":"no"}')).toStrictEqual([
        { type: CONNECT, nsp: '/', data: { a: 1 } },
        { type: DISCONNECT, nsp: '/' },
        { type: CONNECT_ERROR, nsp: '/', data: { message: 'no' } },
      ]);
    });

    it('waits for nothing', () => {
      const decoder = new Decoder();
      feed(decoder, '42/admin,["e"]');
      expect(decoder.awaiting).toBeNull();
    });
  });

  describe('of a text with binary parts', () => {
    it.each(WITH_PARTS)('decodes %s', (text, parts, packet) => {
      const results = feed(new Decoder(), text, ...parts);
      expect(results.pop()).toEqual(packet);
      expect(results).toEqual(parts.map(() => null));
    });

    it.each(WITH_PARTS)('decodes %s from parts inside larger buffers', (text, parts, packet) => {
      const results = feed(new Decoder(), text, ...parts.map(pooled));
      expect(results.at(-1)).toEqual(packet);
    });

    it.each(WITH_PARTS)('decodes %s before another packet', (text, parts, packet) => {
      const tail = { type: EVENT, nsp: '/', id: 1, data: ['tail'] };
      const results = feed(new Decoder(), text, ...parts, '421["tail"]', text, ...parts);
      expect(results.filter((result) => result !== null)).toEqual([packet, tail, packet]);
    });

    it('passes on the parts without a copy', () => {
      const part = bytes('01');
      const [, packet] = feed(new Decoder(), '461-1[{"_placeholder":true,"num":0}]', part);
      expect((dataOf(packet) as unknown[])[0]).toBe(part);
    });

    it('exposes the namespace of the packet whose parts are missing', () => {
      const decoder = new Decoder();
      const text = `452-/admin,["e",${placeholder(0)},${placeholder(1)}]`;
      const seen = [decoder.awaiting];
      for (const message of [text, bytes('01'), bytes('02')]) {
        feed(decoder, message);
        seen.push(decoder.awaiting);
      }
      expect(seen).toEqual([null, '/admin', '/admin', null]);
    });

    it('refuses text where a part was expected', () => {
      const decoder = new Decoder();
      feed(decoder, `452-["e",${placeholder(0)},${placeholder(1)}]`, bytes('01'));
      expect(() => feed(decoder, '42["e"]')).toThrow(
        new ProtocolError('got text where a binary attachment was expected'),
      );
    });

    it.each([
      ['some bytes', bytes('01')],
      ['no bytes', bytes('')],
    ] as const)('refuses a binary message with %s where none was expected', (_, data) => {
      expect(() => feed(new Decoder(), data)).toThrow(
        new ProtocolError('got binary data when not reconstructing a packet'),
      );
    });

    it('refuses an extra part', () => {
      const decoder = new Decoder();
      feed(decoder, `451-["e",${placeholder(0)}]`, bytes('01'));
      expect(() => feed(decoder, bytes('02'))).toThrow(
        new ProtocolError('got binary data when not reconstructing a packet'),
      );
    });
  });

  describe('of a text outside the grammar', () => {
    it.each(REFUSED)('refuses %s', (text, message) => {
      expect(() => feed(new Decoder(), text)).toThrow(new ProtocolError(message));
    });

    it.each(REFUSED)('waits for nothing after %s', (text) => {
      const decoder = new Decoder();
      expect(() => feed(decoder, text)).toThrow(ProtocolError);
      expect(decoder.awaiting).toBeNull();
      expect(feed(decoder, '42["e"]')).toEqual([{ type: EVENT, nsp: '/', data: ['e'] }]);
    });

    it.each(['5', '-1', '0.5', '1e9', '"splice"', '"0"', 'null', 'true', '{}', '[0]'])(
      'refuses a placeholder with the number %s',
      (num) => {
        const text = `451-["x",{"_placeholder":true,"num":${num}}]`;
        expect(() => feed(new Decoder(), text)).toThrow(new ProtocolError(BAD_NUMBER));
      },
    );

    it.each([
      '451-["x",{"_placeholder":true}]',
      `451-["x",${placeholder(0)},${placeholder(0)}]`,
      `452-["x",${placeholder(0)},${placeholder(0)}]`,
      `451-["x",${placeholder(0)},${placeholder(1)}]`,
      `451-["x",{"a":${placeholder(0)},"b":[${placeholder(0)}]}]`,
      `451-["x",${placeholder(0)},{"_placeholder":true,"num":-0}]`,
    ])('refuses %s', (text) => {
      expect(() => feed(new Decoder(), text)).toThrow(new ProtocolError(BAD_NUMBER));
    });
  });

  describe('with other limits', () => {
    it.each<[string, readonly Message[]]>([
      ['as many attachments as allowed', [`462-[${placeholder(0)},${placeholder(1)}]`, bytes('01'), bytes('02')]],
      ['as many attachment bytes as allowed', [`461-[${placeholder(0)}]`, bytes('0102030405060708')]],
      ['as many arguments as allowed', ['42["e",1,2,3]']],
      ['as many answers as allowed', ['431[1,2,3]']],
      ['arrays as deep as allowed', ['42["e",[[[0],{}]]]']],
      ['a namespace as long as allowed', ['40/12345,']],
      ['a namespace as long as allowed and no comma', ['40/12345']],
    ])('decodes %s', (_, messages) => {
      expect(feed(new Decoder(LIMITS), ...messages).at(-1)).not.toBeNull();
    });

    it.each<[string, readonly Message[], string]>([
      ['more attachments', ['463-[]'], 'too many attachments'],
      [
        'one heavy attachment',
        [`461-[${placeholder(0)}]`, bytes('010203040506070809')],
        'the attachments of a packet exceed 8 bytes together',
      ],
      [
        'attachments that are heavy together',
        [`462-[${placeholder(0)},${placeholder(1)}]`, bytes('0102030405'), bytes('06070809')],
        'the attachments of a packet exceed 8 bytes together',
      ],
      ['more arguments', ['42["e",1,2,3,4]'], 'invalid payload'],
      ['more answers', ['431[1,2,3,4]'], 'invalid payload'],
      ['deeper arrays', ['42["e",[[[[]]]]]'], 'the payload is nested too deeply'],
      ['deeper objects', ['42["e",{"a":{"b":[{}]}}]'], 'the payload is nested too deeply'],
      ['deeper payloads of CONNECT', ['40{"a":{"b":{"c":{"d":[]}}}}'], 'the payload is nested too deeply'],
      ['a longer namespace', ['40/123456,'], 'the namespace is too long'],
      ['a longer namespace without a comma', ['40/123456'], 'the namespace is too long'],
    ])('refuses %s', (_, messages, message) => {
      expect(() => feed(new Decoder(LIMITS), ...messages)).toThrow(new ProtocolError(message));
    });
  });

  describe('of hostile input', () => {
    it('keeps the key __proto__ as data', () => {
      const [packet] = feed(new Decoder(), '40{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}');
      const data = dataOf(packet) as object;
      expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
      expect(Object.entries(data)).toEqual([
        ['__proto__', { admin: true }],
        ['constructor', { prototype: { admin: true } }],
      ]);
      expect({}).not.toHaveProperty('admin');
    });

    it('keeps a binary part under the key __proto__ as data', () => {
      const [, packet] = feed(new Decoder(), `451-["e",{"__proto__":${placeholder(0)}}]`, bytes('01'));
      const [, argument] = dataOf(packet) as [string, object];
      expect(Object.getPrototypeOf(argument)).toBe(Object.prototype);
      expect(Object.entries(argument)).toEqual([['__proto__', bytes('01')]]);
    });

    it('ignores an inherited _placeholder', () => {
      const [, packet] = feed(
        new Decoder(),
        `451-["e",{"__proto__":{"_placeholder":true,"num":0}},{"__proto__":{"_placeholder":1,"num":0}}]`,
        bytes('01'),
      );
      const [, first, second] = dataOf(packet) as [string, object, object];
      expect(Object.entries(first)).toEqual([['__proto__', bytes('01')]]);
      expect(Object.entries(second)).toEqual([['__proto__', { _placeholder: 1, num: 0 }]]);
    });

    it.each([
      ['digits of an id', `42${'1'.repeat(MEGABYTE)}["e"]`, 'the acknowledgement id is too large'],
      ['zeros of an id', `42${'0'.repeat(MEGABYTE)}["e"]`, 'the acknowledgement id is too large'],
      ['digits of an attachment count', `45${'1'.repeat(MEGABYTE)}-["e"]`, 'illegal attachments'],
      ['zeros of an attachment count', `45${'0'.repeat(MEGABYTE)}1-["e"]`, 'illegal attachments'],
      ['characters of a namespace', `42/${'a'.repeat(MEGABYTE)},["e"]`, 'the namespace is too long'],
      ['characters of a namespace without end', `42/${'a'.repeat(MEGABYTE)}`, 'the namespace is too long'],
      ['opening brackets', `42${'['.repeat(MEGABYTE)}`, 'the payload is nested too deeply'],
      ['opening braces', `42["e",${'{"a":'.repeat(MEGABYTE / 5)}`, 'the payload is nested too deeply'],
      ['brackets', `42${nested(MEGABYTE / 2)}`, 'the payload is nested too deeply'],
      ['closing brackets', `42${']'.repeat(MEGABYTE)}`, 'the payload is not JSON'],
      ['quotation marks', `42["e",${'"'.repeat(MEGABYTE)}`, 'the payload is not JSON'],
      ['backslashes', `42["${'\\'.repeat(MEGABYTE)}`, 'the payload is not JSON'],
      ['blanks', `42${' '.repeat(MEGABYTE)}["e"]`, 'there is white space before the payload'],
      ['arguments', `42["e"${',0'.repeat(MEGABYTE / 2)}]`, 'invalid payload'],
      ['answers', `431[0${',0'.repeat(MEGABYTE / 2)}]`, 'invalid payload'],
      ['placeholders as arguments', `451-["e"${`,${placeholder(0)}`.repeat(MEGABYTE / 32)}]`, 'invalid payload'],
      [
        'placeholders in one argument',
        `451-["e",[${placeholder(0)}${`,${placeholder(0)}`.repeat(30_000)}]]`,
        BAD_NUMBER,
      ],
    ])('refuses a megabyte of %s', (_, text, message) => {
      expect(() => feed(new Decoder(), text)).toThrow(new ProtocolError(message));
    });

    it('decodes a string of a megabyte of brackets', () => {
      const long = '[{'.repeat(MEGABYTE / 2);
      expect(feed(new Decoder(), `42["e","${long}"]`)).toEqual([{ type: EVENT, nsp: '/', data: ['e', long] }]);
    });

    it('decodes a number of a megabyte of digits', () => {
      expect(feed(new Decoder(), `42["e",${'1'.repeat(MEGABYTE)}]`)).toEqual([
        { type: EVENT, nsp: '/', data: ['e', Number.POSITIVE_INFINITY] },
      ]);
    });

    it('decodes 64 nested arrays and refuses 65', () => {
      expect(feed(new Decoder(), `43${nested(64)}`)[0]).toMatchObject({ type: ACK, data: [expect.anything()] });
      expect(() => feed(new Decoder(), `43${nested(65)}`)).toThrow(
        new ProtocolError('the payload is nested too deeply'),
      );
    });

    it('decodes 100,000 arrays and objects and refuses one more', () => {
      const arrays = `42["e"${',[]'.repeat(60)}`;
      expect(feed(new Decoder(), `${arrays},[${'{},'.repeat(99_938)}0]]`)).toHaveLength(1);
      expect(() => feed(new Decoder(), `${arrays},[${'{},'.repeat(99_939)}0]]`)).toThrow(
        new ProtocolError('the payload has too many arrays and objects'),
      );
    });

    it.each([
      ['text', JSON.stringify({ token: 'x'.repeat(17_000) })],
      ['a megabyte of text', JSON.stringify({ token: 'x'.repeat(MEGABYTE) })],
      ['arrays', JSON.stringify({ list: Array.from({ length: 250 }, () => []) })],
      ['a megabyte of objects', `{"list":[${'{},'.repeat(MEGABYTE / 3)}{}]}`],
      ['a megabyte that is not JSON', '['.repeat(MEGABYTE)],
    ])('does not parse the data of a CONNECT that weighs too much: %s', (_, data) => {
      const expected = { type: CONNECT, nsp: '/a', tooLarge: true };
      expect(feed(new Decoder(), `40/a,${data}`, '42["next"]')).toStrictEqual([
        expected,
        { type: EVENT, nsp: '/', id: undefined, data: ['next'] },
      ]);
    });

    it('drops the data of a CONNECT of which another serialiser makes more than the text suggests', () => {
      const json = { stringify: () => '', parse: () => ({ list: Array.from({ length: 5 }, () => ({})) }) };
      expect(feed(new Decoder(LIMITS, json), '40x')).toStrictEqual([{ type: CONNECT, nsp: '/', tooLarge: true }]);
      expect(feed(new Decoder({ ...LIMITS, connectWeight: 500 }, json), '40x')[0]).toHaveProperty('data');
    });

    it('parses the data of a CONNECT that weighs as much as allowed', () => {
      const limits = { ...LIMITS, connectWeight: 9 + 2 * 64 };
      expect(feed(new Decoder(limits), '40{"a":[1]}')).toEqual([{ type: CONNECT, nsp: '/', data: { a: [1] } }]);
      expect(feed(new Decoder(limits), '40{"a":[12]}')).toEqual([{ type: CONNECT, nsp: '/', tooLarge: true }]);
    });

    it.each([
      ['brackets', '['.repeat(100)],
      ['braces', '{'.repeat(100)],
      ['an escaped quotation mark before brackets', `\\"${'['.repeat(100)}`],
      ['escaped backslashes before brackets', `\\\\\\\\\\"${'['.repeat(100)}`],
      ['closing brackets', ']'.repeat(100)],
    ])('does not count %s inside a string', (_, json) => {
      expect(feed(new Decoder(), `42["e","${json}","${json}"]`)).toHaveLength(1);
    });

    it('counts brackets after a string that ends in a backslash', () => {
      const text = `42["\\\\",${nested(64)}]`;
      expect(() => feed(new Decoder(), text)).toThrow(new ProtocolError('the payload is nested too deeply'));
    });

    it('decodes 64 arguments and refuses 65', () => {
      const text = `42["e"${',0'.repeat(64)}]`;
      expect(dataOf(feed(new Decoder(), text)[0])).toHaveLength(65);
      expect(() => feed(new Decoder(), text.replace(']', ',0]'))).toThrow(new ProtocolError('invalid payload'));
    });

    it('decodes 64 arguments of an acknowledgement and refuses 65', () => {
      const text = `431[0${',0'.repeat(63)}]`;
      expect(dataOf(feed(new Decoder(), text)[0])).toHaveLength(64);
      expect(() => feed(new Decoder(), text.replace(']', ',0]'))).toThrow(new ProtocolError('invalid payload'));
    });

    it('decodes a namespace of 255 characters and refuses 256', () => {
      expect(feed(new Decoder(), `40/${'n'.repeat(254)},`)).toEqual([{ type: CONNECT, nsp: `/${'n'.repeat(254)}` }]);
      expect(() => feed(new Decoder(), `40/${'n'.repeat(255)},`)).toThrow(
        new ProtocolError('the namespace is too long'),
      );
    });

    it('decodes attachments with a total of a million bytes and refuses one more byte', () => {
      const text = `462-[${placeholder(0)},${placeholder(1)}]`;
      const half = Buffer.alloc(500_000);
      expect(feed(new Decoder(), text, half, half).at(-1)).toMatchObject({ type: ACK });
      expect(() => feed(new Decoder(), text, half, Buffer.alloc(500_001))).toThrow(
        new ProtocolError('the attachments of a packet exceed 1000000 bytes together'),
      );
    });
  });

  describe('with another JSON', () => {
    const shout = { stringify: JSON.stringify, parse: (text: string): unknown => JSON.parse(text.toUpperCase()) };

    it('decodes with it', () => {
      expect(dataOf(feed(new Decoder(undefined, shout), '42["e",{"a":"b"}]')[0])).toEqual(['E', { A: 'B' }]);
    });

    it('refuses a text that it does not understand', () => {
      expect(() => feed(new Decoder(undefined, shout), '42["e",true]')).toThrow(
        new ProtocolError('the payload is not JSON'),
      );
    });

    it('refuses a result deeper than the limit', () => {
      const deep = { ...shout, parse: (): unknown => JSON.parse(`["e",${nested(64)}]`) };
      expect(() => feed(new Decoder(undefined, deep), '42["e"]')).toThrow(
        new ProtocolError('the payload is nested too deeply'),
      );
    });
  });
});
