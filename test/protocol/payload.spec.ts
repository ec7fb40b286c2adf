import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../lib/errors.js';
import { DEFAULT_PACKET_LIMITS } from '../../lib/protocol/packet-limits.js';
import { PacketType } from '../../lib/protocol/packet.js';
import { toPacket } from '../../lib/protocol/payload.js';

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
