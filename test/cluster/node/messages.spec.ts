import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage, receivedTarget, sentTarget } from '../../../lib/cluster/node/messages.js';
import { BroadcastTarget } from '../../../lib/server/internal.js';

describe('messages between nodes', () => {
  it('arrive as they were sent, with binary values', () => {
    expect(decodeMessage(encodeMessage('beat', []))).toEqual(['beat']);
    const args = ['/', [null, ['a']], { deep: Buffer.from([1]) }, Buffer.from([2])];
    expect(decodeMessage(encodeMessage('servers', args))).toEqual(['servers', ...args]);
  });

  it('may have more attachments than clients may send', () => {
    const parts = Array.from({ length: 500 }, (_, index) => Buffer.from([index % 256]));
    expect(decodeMessage(encodeMessage('answer', [parts]))).toEqual(['answer', parts]);
  });

  it('cannot be encoded if a value refers to itself', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(() => encodeMessage('answer', loop)).toThrow(expect.objectContaining({ code: 'VALUE_TOO_DEEP' }));
  });

  it.each<[string, string | string[]]>([
    ['an acknowledgement', '31["a"]'],
    ['an event whose attachments are missing', '51-["a",{"_placeholder":true,"num":0}]'],
    ['an empty list', []],
    ['no packet', 'hello'],
  ])('must be whole events, not %s', (_what, encoded) => {
    expect(() => decodeMessage(encoded)).toThrow();
  });

  it('carry targets without their flags', () => {
    const target = BroadcastTarget.everybody.to('a').except('b').with({ volatile: true });
    expect(sentTarget(target)).toEqual([['a'], ['b']]);
    expect(receivedTarget([['a'], ['b']])).toEqual(BroadcastTarget.everybody.to('a').except('b'));
    expect(receivedTarget([null, []])).toEqual(BroadcastTarget.everybody);
  });

  it.each([[undefined], [null], [5], [['a']], [[[1], []]], [['a', []]], [[null, [1]]], [[null]]])(
    'refuse the target %j',
    (value) => {
      expect(() => receivedTarget(value)).toThrow(TypeError);
    },
  );
});
