import { describe, expect, it } from 'vitest';
import { eachFrame, maskedFrame } from './frames.mjs';

/** The texts of the complete frames in these bytes, and the offset of the first incomplete one. */
function found(hex: string): [...texts: string[], end: number] {
  const bytes = Buffer.from(hex, 'hex');
  const texts: string[] = [];
  const end = eachFrame(bytes, 0, (_, start, end) => texts.push(bytes.toString('utf8', start, end)));
  return [...texts, end];
}

describe('maskedFrame', () => {
  it('masks a text frame', () => {
    expect(maskedFrame('40').toString('hex')).toBe('818237fa213d03ca');
  });

  it.each([
    [125, '81fd'],
    [126, '81fe007e'],
    [65_535, '81feffff'],
  ])('encodes a length of %d bytes, and masks all of them', (length, header) => {
    const frame = maskedFrame('x'.repeat(length)).toString('latin1');
    const start = Buffer.from(`${header}37fa213d`, 'hex').toString('latin1');
    expect(frame.slice(0, start.length)).toBe(start);
    const masked = Buffer.from('4f825945', 'hex').toString('latin1'); // "xxxx"
    expect(frame.slice(start.length)).toBe(masked.repeat(Math.ceil(length / 4)).slice(0, length));
  });

  it('is limited to 65,535 bytes', () => {
    expect(() => maskedFrame('x'.repeat(65_536))).toThrow('a frame must have at most 65,535 bytes, got 65536');
  });
});

describe('eachFrame', () => {
  it.each([
    ['81026869', ['hi', 4]],
    ['810268698100', ['hi', '', 6]],
    ['8102686981', ['hi', 4]],
    ['81026869810268', ['hi', 4]],
    ['817e00', [0]],
    ['817e0002', [0]],
    ['817e00026869', ['hi', 6]],
    ['817f00000000000000', [0]],
    ['817f00000000000000026869', ['hi', 12]],
  ])('finds the complete frames in %s', (hex, expected) => {
    expect(found(hex)).toEqual(expected);
  });
});
