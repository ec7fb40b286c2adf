import { Encoder } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../lib/errors.js';
import { scanMessagePack } from '../../../lib/protocol/msgpack/msgpack-scan.js';
import { bytes } from '../../support/wire.js';

const LIFTED = { depth: Infinity, containers: Infinity };
const TRUNCATED = new ProtocolError('the MessagePack value announces more than the message holds');

const scan = (hex: string, limits = LIFTED) => scanMessagePack(bytes(hex.replaceAll(' ', '')), limits);

/** A value of each format, in hexadecimal, with the number of its arrays and maps. */
const VALUES: readonly (readonly [what: string, hex: string, containers: number])[] = [
  ['a positive fixint', '7f', 0],
  ['a negative fixint', 'e0', 0],
  ['nil', 'c0', 0],
  ['false', 'c2', 0],
  ['true', 'c3', 0],
  ['an empty fixstr', 'a0', 0],
  ['a fixstr', 'a2 6162', 0],
  ['str 8', 'd9 02 6162', 0],
  ['str 16', 'da 0002 6162', 0],
  ['str 32', 'db 00000002 6162', 0],
  ['bin 8', 'c4 02 6162', 0],
  ['bin 16', 'c5 0002 6162', 0],
  ['bin 32', 'c6 00000002 6162', 0],
  ['ext 8', 'c7 02 00 6162', 0],
  ['ext 16', 'c8 0002 00 6162', 0],
  ['ext 32', 'c9 00000002 00 6162', 0],
  ['float 32', 'ca 00000000', 0],
  ['float 64', 'cb 0000000000000000', 0],
  ['uint 8', 'cc 00', 0],
  ['uint 16', 'cd 0000', 0],
  ['uint 32', 'ce 00000000', 0],
  ['uint 64', 'cf 0000000000000000', 0],
  ['int 8', 'd0 00', 0],
  ['int 16', 'd1 0000', 0],
  ['int 32', 'd2 00000000', 0],
  ['int 64', 'd3 0000000000000000', 0],
  ['fixext 1', 'd4 00 00', 0],
  ['fixext 2', 'd5 00 0000', 0],
  ['fixext 4', 'd6 00 00000000', 0],
  ['fixext 8', 'd7 00 0000000000000000', 0],
  ['fixext 16', `d8 00 ${'00'.repeat(16)}`, 0],
  ['an empty fixarray', '90', 1],
  ['a fixarray', '92 90 01', 2],
  ['array 16', 'dc 0002 90 80', 3],
  ['array 32', 'dd 00000002 91 90 80', 4],
  ['an empty fixmap', '80', 1],
  ['a fixmap', '82 a161 80 a162 90', 3],
  ['map 16', 'de 0001 a161 80', 2],
  ['map 32', 'df 00000001 a161 91 80', 3],
  ['arrays that end together', '92 91 91 90 01', 4],
];

describe('scanMessagePack', () => {
  it.each(VALUES)('accepts %s, and counts its arrays and maps', (_, hex, containers) => {
    expect(scan(hex)).toBe(containers);
    expect(scan(`93 01 ${hex} ${hex}`)).toBe(1 + 2 * containers);
  });

  it.each(VALUES)('refuses %s that is cut anywhere', (_, hex) => {
    const whole = bytes(hex.replaceAll(' ', ''));
    for (let length = 0; length < whole.length; length++) {
      expect(() => scanMessagePack(whole.subarray(0, length), LIFTED)).toThrow(TRUNCATED);
    }
  });

  it.each(VALUES)('refuses bytes after %s', (_, hex) => {
    expect(() => scan(`${hex} c0`)).toThrow(new ProtocolError('there are bytes after the MessagePack value'));
  });

  it.each(['c1', '91 c1', '81 a161 c1'])('refuses %s, which has a byte that no format begins with', (hex) => {
    expect(() => scan(hex)).toThrow(new ProtocolError('the message is not MessagePack'));
  });

  it.each([
    ['an array', 'dd ffffffff 00'],
    ['a map', 'df ffffffff 00'],
    ['a string', 'db ffffffff 00'],
    ['bytes', 'c6 ffffffff 00'],
    ['an extension', 'c9 ffffffff 00 00'],
    ['an array within an array', '92 dd 7fffffff dd 7fffffff 00'],
    ['arrays that together announce more than follows', `dc 0010 ${'dc 0010 '.repeat(5)}`],
    ['a map of which the last value is missing', '82 a161 01 a162'],
  ])('refuses %s that announces more than follows', (_, hex) => {
    expect(() => scan(hex)).toThrow(TRUNCATED);
  });

  it('applies the limits to the payload, which one map surrounds', () => {
    expect(scan('81 a161 91 90', { depth: 2, containers: 2 })).toBe(3);
    expect(() => scan('81 a161 91 91 90', { depth: 2, containers: 9 })).toThrow(
      new ProtocolError('the payload is nested too deeply'),
    );
    expect(() => scan('81 a161 92 90 90', { depth: 9, containers: 2 })).toThrow(
      new ProtocolError('the payload has too many arrays and objects'),
    );
  });

  it('accepts what the library encodes', () => {
    const items = [...Array(20).keys()].map((i) => ({ [`key ${i}`]: [i * 1e5, -i, i / 3, 'x'.repeat(i * 40), null] }));
    const value = [items, Buffer.alloc(300), new Date(0), true];
    expect(scanMessagePack(new Encoder().encode(value), LIFTED)).toBe(1 + 1 + 20 + 20);
  });
});
