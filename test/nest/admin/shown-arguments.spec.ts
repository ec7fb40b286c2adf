import { describe, expect, it } from 'vitest';
import { PacketType } from '../../../lib/protocol/internal.js';
import { readEvent, shownArguments } from '../../../lib/nest/admin/shown-arguments.js';

const circular: Record<string, unknown> = {};
circular['self'] = circular;

describe('an event that a visitor sees', () => {
  it('has a name and arguments, unless it cannot be decoded', () => {
    const packet = { type: PacketType.EVENT, nsp: '/', data: ['say', 1, 2] } as const;
    expect(readEvent({ ...packet, data: ['say', 1, 2] })).toEqual(['say', [1, 2]]);
    expect(readEvent({ ...packet, data: ['x'.repeat(300)] })[0]).toHaveLength(200);
    const broken = {
      ...packet,
      get data(): never {
        throw new TypeError('the frames of a broadcast must be an event');
      },
    };
    expect(readEvent(broken)).toEqual(['(not readable)', []]);
  });
});

describe('the arguments that a visitor sees', () => {
  it.each<[args: unknown[], shown: unknown[]]>([
    [
      [1, 'a', { b: [true, null] }],
      [1, 'a', { b: [true, null] }],
    ],
    [
      [Buffer.from('abc'), { file: new Uint8Array(4), raw: new ArrayBuffer(2) }],
      ['(3 bytes)', { file: '(4 bytes)', raw: '(2 bytes)' }],
    ],
    [
      [12n, undefined],
      ['12', null],
    ],
    [['x'.repeat(3_000)], [`["${'x'.repeat(1_998)}…`]],
    [[circular], ['(not readable)']],
  ])('are plain data of a bounded size', (args, shown) => {
    expect(shownArguments(args, 10)).toEqual(shown);
  });

  it('are not read if the event is large', () => {
    expect(shownArguments([circular], 100_000)).toEqual(['(100000 bytes)']);
  });
});
