import { describe, expect, it } from 'vitest';
import { SocketIoError } from '../../lib/errors.js';
import { encode } from '../../lib/protocol/encoder.js';
import { type Packet, PacketType } from '../../lib/protocol/packet.js';
import { bytes } from '../support/wire.js';

const { CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR } = PacketType;

const TEXTS: readonly (readonly [text: string, packet: Packet])[] = [
  ['0', { type: CONNECT, nsp: '/' }],
  ['0{"sid":"oSO0OpakMV_3jnilAAAA"}', { type: CONNECT, nsp: '/', data: { sid: 'oSO0OpakMV_3jnilAAAA' } }],
  ['0/admin,', { type: CONNECT, nsp: '/admin' }],
  ['0/admin,{"sid":"x","pid":"y"}', { type: CONNECT, nsp: '/admin', data: { sid: 'x', pid: 'y' } }],

  ['1', { type: DISCONNECT, nsp: '/' }],
  ['1/admin,', { type: DISCONNECT, nsp: '/admin' }],

  ['2["hello"]', { type: EVENT, nsp: '/', data: ['hello'] }],
  ['2["hello",1,null,{"a":[true]}]', { type: EVENT, nsp: '/', data: ['hello', 1, null, { a: [true] }] }],
  ['2/admin,456["project:delete",123]', { type: EVENT, nsp: '/admin', id: 456, data: ['project:delete', 123] }],
  ['20["e"]', { type: EVENT, nsp: '/', id: 0, data: ['e'] }],
  ['2["e"]', { type: EVENT, nsp: '/', id: undefined, data: ['e'] }],
  ['29007199254740991["e"]', { type: EVENT, nsp: '/', id: 9007199254740991, data: ['e'] }],
  ['2[5,1]', { type: EVENT, nsp: '/', data: [5, 1] }],
  ['2["é😀","\\ud800","\\n\\"\\\\"]', { type: EVENT, nsp: '/', data: ['é😀', '\ud800', '\n"\\'] }],
  [
    '2["e",null,null,null,{}]',
    { type: EVENT, nsp: '/', data: ['e', undefined, Number.NaN, () => 1, { a: undefined }] },
  ],
  ['2["e","1970-01-01T00:00:00.000Z"]', { type: EVENT, nsp: '/', data: ['e', new Date(0)] }],
  ['2/日本,["e"]', { type: EVENT, nsp: '/日本', data: ['e'] }],

  ['3[]', { type: ACK, nsp: '/', data: [] }],
  ['31["x"]', { type: ACK, nsp: '/', id: 1, data: ['x'] }],
  ['30[]', { type: ACK, nsp: '/', id: 0, data: [] }],
  ['3/admin,456[[1,2]]', { type: ACK, nsp: '/admin', id: 456, data: [[1, 2]] }],

  ['4{"message":"Invalid namespace"}', { type: CONNECT_ERROR, nsp: '/', data: { message: 'Invalid namespace' } }],
  ['4/x,{"message":"no","data":{"a":1}}', { type: CONNECT_ERROR, nsp: '/x', data: { message: 'no', data: { a: 1 } } }],
  ['4{"message":"no"}', { type: CONNECT_ERROR, nsp: '/', data: { message: 'no', data: undefined } }],
  ['4"no"', { type: CONNECT_ERROR, nsp: '/', data: 'no' }],
];

const WITH_PARTS: readonly (readonly [text: string, parts: readonly Buffer[], packet: Packet])[] = [
  [
    '51-["hello",{"_placeholder":true,"num":0}]',
    [bytes('010203')],
    { type: EVENT, nsp: '/', data: ['hello', bytes('010203')] },
  ],
  [
    '51-/admin,456["project:delete",{"_placeholder":true,"num":0}]',
    [bytes('ff')],
    { type: EVENT, nsp: '/admin', id: 456, data: ['project:delete', bytes('ff')] },
  ],
  ['51-0["e",{"_placeholder":true,"num":0}]', [bytes('')], { type: EVENT, nsp: '/', id: 0, data: ['e', bytes('')] }],
  [
    '61-/admin,456[{"_placeholder":true,"num":0}]',
    [bytes('03')],
    { type: ACK, nsp: '/admin', id: 456, data: [bytes('03')] },
  ],
  [
    '53-["e",{"a":[{"b":{"_placeholder":true,"num":0}},1],"c":{"_placeholder":true,"num":1}},{"_placeholder":true,"num":2}]',
    [bytes('aa'), bytes('bb'), bytes('cc')],
    { type: EVENT, nsp: '/', data: ['e', { a: [{ b: bytes('aa') }, 1], c: bytes('bb') }, bytes('cc')] },
  ],
];

describe('encode', () => {
  it.each(TEXTS)('encodes %s', (text, packet) => {
    expect(encode(packet)).toBe(text);
  });

  it.each(WITH_PARTS)('encodes %s', (text, parts, packet) => {
    expect(encode(packet)).toEqual([text, ...parts]);
  });

  it('passes on the bytes without a copy', () => {
    const part = bytes('01');
    expect(encode({ type: ACK, nsp: '/', data: [part] })[1]).toBe(part);
  });

  it('does not modify the packet', () => {
    const part = bytes('01');
    const data = Object.freeze(['e', Object.freeze({ part }), new Date(0)] as const);
    const packet = Object.freeze({ type: EVENT, nsp: '/', data });
    expect(encode(packet)).toEqual([
      '51-["e",{"part":{"_placeholder":true,"num":0}},"1970-01-01T00:00:00.000Z"]',
      part,
    ]);
    expect(packet).toEqual({ type: EVENT, nsp: '/', data: ['e', { part }, new Date(0)] });
  });

  it('encodes with another JSON, which gets objects with toJSON as they are, without binary parts', () => {
    const seen: unknown[] = [];
    const json = {
      stringify: (value: unknown) => String(seen.push(value)),
      parse: JSON.parse,
    };
    const date = new Date(0);
    expect(encode({ type: EVENT, nsp: '/', id: 7, data: ['e', { date }] }, json)).toBe('271');
    expect(encode({ type: ACK, nsp: '/', id: 7, data: [[date, bytes('01')]] }, json)).toEqual(['61-72', bytes('01')]);
    expect(encode({ type: CONNECT, nsp: '/', data: { sid: 's' } }, json)).toBe('03');
    expect(seen).toEqual([['e', { date }], [[date, { _placeholder: true, num: 0 }]], { sid: 's' }]);
    expect((seen[0] as [string, { date: unknown }])[1].date).toBe(date);
  });

  it('treats bytes in a CONNECT as plain data', () => {
    const packet: Packet = { type: CONNECT, nsp: '/', data: { a: bytes('01') } };
    expect(encode(packet)).toBe('0{"a":{"type":"Buffer","data":[1]}}');
  });

  it('encodes ten binary parts and refuses eleven', () => {
    const parts = Array.from({ length: 10 }, () => bytes('01'));
    expect(encode({ type: EVENT, nsp: '/', data: ['e', ...parts] })).toHaveLength(11);
    expect(() => encode({ type: EVENT, nsp: '/', data: ['e', ...parts, bytes('01')] })).toThrow(
      new SocketIoError(
        'TOO_MANY_ATTACHMENTS',
        'a packet must have at most 10 binary parts, got 11: clients accept no more; join them, or send several packets',
      ),
    );
  });

  it('encodes as many binary parts as the receiver accepts', () => {
    const data = ['e', Buffer.alloc(1), Buffer.alloc(1)] as [string, ...unknown[]];
    expect(encode({ type: PacketType.EVENT, nsp: '/', data }, JSON, 2)).toHaveLength(3);
    expect(() => encode({ type: PacketType.EVENT, nsp: '/', data }, JSON, 1)).toThrow(
      expect.objectContaining({ code: 'TOO_MANY_ATTACHMENTS' }),
    );
  });

  it('refuses a value that refers to itself', () => {
    const value: Record<string, unknown> = {};
    value['self'] = [value];
    expect(() => encode({ type: ACK, nsp: '/', data: [value] })).toThrow(
      new SocketIoError(
        'VALUE_TOO_DEEP',
        'an emitted value must be plain data, got one that refers to itself or is nested more than 1000 levels deep',
      ),
    );
  });

  it('passes on an exception of toJSON', () => {
    const error = new Error('not to be sent');
    const value = {
      toJSON() {
        throw error;
      },
    };
    expect(() => encode({ type: ACK, nsp: '/', data: [value] })).toThrow(error);
  });

  it('passes on an exception of JSON.stringify', () => {
    expect(() => encode({ type: ACK, nsp: '/', data: [1n] })).toThrow(TypeError);
  });
});
