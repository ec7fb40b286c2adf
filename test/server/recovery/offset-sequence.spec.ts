import { describe, expect, it } from 'vitest';
import { OffsetSequence } from '../../../lib/server/recovery/offset-sequence.js';

describe('an offset sequence', () => {
  it('numbers events consecutively, and finds the position of an offset', () => {
    const sequence = new OffsetSequence();
    expect(sequence.last).toBe(0);
    const offsets = ['a', 'b', 'c'].map(() => {
      const { next } = sequence;
      sequence.advance();
      return next;
    });
    expect(sequence.last).toBe(3);
    expect(offsets.map((offset) => sequence.positionOf(offset))).toEqual([1, 2, 3]);
  });

  it('accepts only its own offsets', () => {
    const sequence = new OffsetSequence();
    const offset = sequence.next;
    expect(offset).toMatch(/^[\w-]{8}\.1$/);
    expect(sequence.advance()).toBe(1);
    expect(sequence.positionOf(offset)).toBe(1);
    expect(sequence.positionOf(sequence.next)).toBeNull();
    const other = new OffsetSequence();
    expect(sequence.positionOf(other.next)).toBeNull();
    for (const broken of ['', 'x', `${offset}0`, offset.replace('.', ','), `${offset.slice(0, 9)}01`, `${offset} `]) {
      expect(sequence.positionOf(broken)).toBeNull();
    }
  });
});
