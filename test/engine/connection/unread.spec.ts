import { describe, expect, it } from 'vitest';
import { HOLDS, Unread } from '../../../lib/engine/connection/unread.js';

describe('Unread', () => {
  it('returns the messages in order, and their cost', () => {
    const unread = new Unread();
    expect(unread.add(Buffer.from('one'), false)).toBe(67);
    expect(unread.add(Buffer.from('two'), true)).toBe(134);
    expect(unread.next()).toEqual({ data: Buffer.from('one'), binary: false });
    expect(unread.add(Buffer.from('three'), false)).toBe(136);
    expect([unread.next(), unread.next()].map((message) => message?.data.toString())).toEqual(['two', 'three']);
    expect(unread.next()).toBeNull();
    expect(unread.add(Buffer.alloc(0), false)).toBe(64);
  });
});

describe('HOLDS', () => {
  it('has one bit for each reason', () => {
    const bits = Object.values(HOLDS);
    expect(bits.reduce<number>((all, bit) => all | bit, 0)).toBe(bits.reduce<number>((sum, bit) => sum + bit, 0));
    expect(bits.every((bit) => Number.isInteger(Math.log2(bit)))).toBe(true);
  });
});
