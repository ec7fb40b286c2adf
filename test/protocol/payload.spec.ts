import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../lib/errors.js';
import { DEFAULT_PACKET_LIMITS } from '../../lib/protocol/packet-limits.js';
import { PacketType } from '../../lib/protocol/packet.js';
import { depthExceeds, toPacket, valueDepthExceeds } from '../../lib/protocol/payload.js';

const { CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR, BINARY_EVENT, BINARY_ACK } = PacketType;
const LIMITS = { ...DEFAULT_PACKET_LIMITS, arguments: 2 };

describe('toPacket', () => {
  it.each<[string, number, unknown, object]>([
    ['CONNECT without a payload', CONNECT, undefined, { type: 0, nsp: '/a', data: undefined }],
    ['CONNECT with an object', CONNECT, { a: 1 }, { type: 0, nsp: '/a', data: { a: 1 } }],
    ['DISCONNECT', DISCONNECT, undefined, { type: 1, nsp: '/a' }],
    ['EVENT with a name', EVENT, ['e'], { type: 2, nsp: '/a', id: 7, data: ['e'] }],
    ['EVENT with a number', EVENT, [0], { type: 2, nsp: '/a', id: 7, data: [0] }],
    ['EVENT with all arguments allowed', EVENT, ['e', 1, 2], { type: 2, nsp: '/a', id: 7, data: ['e', 1, 2] }],
    ['ACK', ACK, [], { type: 3, nsp: '/a', id: 7, data: [] }],
    ['ACK with all arguments allowed', ACK, [1, 2], { type: 3, nsp: '/a', id: 7, data: [1, 2] }],
    ['ACK without a payload', ACK, undefined, { type: 3, nsp: '/a', id: 7, data: [] }],
    ['CONNECT_ERROR with an object', CONNECT_ERROR, { message: 'no' }, { type: 4, nsp: '/a', data: { message: 'no' } }],
    ['CONNECT_ERROR with a string', CONNECT_ERROR, 'no', { type: 4, nsp: '/a', data: 'no' }],
  ])('accepts %s', (_, type, payload, packet) => {
    expect(toPacket(type, '/a', 7, payload, LIMITS)).toStrictEqual(packet);
  });

  it.each<[string, number, readonly unknown[]]>([
    ['CONNECT', CONNECT, [null, [], 'x', 1, true]],
    ['DISCONNECT', DISCONNECT, [null, {}, [], 'x', 0, false]],
    ['EVENT', EVENT, [undefined, null, {}, 'x', 1, [], [null], [undefined], [true], [{}], [[]], ['e', 1, 2, 3]]],
    ['EVENT', EVENT, [['connect'], ['connect_error'], ['disconnect'], ['disconnecting']]],
    ['EVENT', EVENT, [['newListener'], ['removeListener', 1]]],
    ['ACK', ACK, [null, {}, 'x', 1, [1, 2, 3]]],
    ['CONNECT_ERROR', CONNECT_ERROR, [undefined, null, [], 1, false]],
  ])('refuses payloads that are not valid for %s', (_, type, payloads) => {
    for (const payload of payloads) {
      expect(() => toPacket(type, '/', undefined, payload, LIMITS)).toThrow(new ProtocolError('invalid payload'));
    }
  });

  it.each([BINARY_EVENT, BINARY_ACK, 7, -1, 2.5, Number.NaN, '2', null, undefined, {}])(
    'refuses the type %j',
    (type) => {
      expect(() => toPacket(type, '/', undefined, ['e'], LIMITS)).toThrow(new ProtocolError('unknown packet type'));
    },
  );
});

describe('depthExceeds', () => {
  it.each<[json: string, max: number]>([
    ['[[]]', 2],
    ['[[],[],[],[[]]]', 3],
    ['{"a":{"b":{}},"c":{"d":[]}}', 3],
    ['["[[[[[[[[","{{{{{{{{"]', 1],
    ['["\\"[[[[[[[["]', 1],
    ['["\\\\\\"[[[[[[["]', 1],
    ['["]]]]",["}}}}"]]', 2],
    ['"[[[[[[[["', 0],
    ['[[[', 3],
    ['12345678', 1],
  ])('accepts %s within %i levels', (json, max) => {
    expect(depthExceeds(max, json, 0)).toBe(false);
  });

  it.each<[json: string, max: number]>([
    ['[[[]]]', 2],
    ['[{"a":[]}]', 2],
    ['[[],[],[],[[]]]', 2],
    ['{"a":{"b":{}},"c":{"d":[]}}', 2],
    ['["\\\\",[[["x"]]]]', 3],
    ['["\\"",[[["x"]]]]', 3],
    ['["]]]]",[["}}}}"]]]', 2],
    ['[[[[[[[[', 3],
    ['[]', 0],
  ])('rejects %s, with more than %i levels', (json, max) => {
    expect(depthExceeds(max, json, 0)).toBe(true);
  });

  it('starts at the given index', () => {
    expect(depthExceeds(2, '[[[[[[[2["e",[]]', 8)).toBe(false);
    expect(depthExceeds(2, '2/[,["e",[[]]]', 4)).toBe(true);
  });
});

describe('valueDepthExceeds', () => {
  const circular: unknown[] = [];
  circular.push({ circular });

  it.each<[string, unknown, number]>([
    ['nothing', undefined, 0],
    ['null', null, 0],
    ['a string', '[[[[', 0],
    ['bytes', Buffer.alloc(9), 0],
    ['an ArrayBuffer', new ArrayBuffer(9), 0],
    ['two levels', [[], {}], 2],
    ['two levels with bytes inside', [[Buffer.alloc(1), new ArrayBuffer(1)], 1], 2],
    ['three levels', { a: { b: [null, 1, 'x'] }, c: 1 }, 3],
  ])('accepts %s with as many levels as it has', (_, value, max) => {
    expect(valueDepthExceeds(max, value)).toBe(false);
  });

  it.each<[string, unknown, number]>([
    ['one level', [], 0],
    ['two levels', [1, [], {}], 1],
    ['two levels with bytes inside', [[Buffer.alloc(1)]], 1],
    ['three levels', { a: { b: [null, 1, 'x'] }, c: 1 }, 2],
    ['a value that contains itself', circular, 64],
  ])('rejects %s with more levels than allowed', (_, value, max) => {
    expect(valueDepthExceeds(max, value)).toBe(true);
  });

  it('agrees with depthExceeds', () => {
    for (const json of ['[]', '[[]]', '{"a":[1,{}]}', '[1,[2,[3,[4]]]]']) {
      for (const max of [0, 1, 2, 3, 4]) {
        expect(valueDepthExceeds(max, JSON.parse(json))).toBe(depthExceeds(max, json, 0));
      }
    }
  });

  it('walks a value of 100,000 levels', () => {
    let value: unknown[] = [];
    for (let i = 1; i < 100_000; i++) value = [value];
    expect(valueDepthExceeds(100_000, value)).toBe(false);
    expect(valueDepthExceeds(99_999, value)).toBe(true);
  });
});
