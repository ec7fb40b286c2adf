// @ts-expect-error -- ws has it, its types do not
import { Receiver } from 'ws';
import { describe, expect, it } from 'vitest';
import { eachFrame, maskedFrame } from './frames.mjs';

/** The frames found in these bytes, as text, and where the first begins that is not whole. */
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

  it.each([125, 126, 65_535])('is read by ws, with %d bytes', async (length) => {
    const receiver = new Receiver({ isServer: true });
    const message = new Promise((resolve) => {
      receiver.on('message', (data: Buffer) => resolve(data.toString()));
    });
    receiver.write(maskedFrame('x'.repeat(length)));
    expect(await message).toBe('x'.repeat(length));
  });

  it('has a bound', () => {
    expect(() => maskedFrame('x'.repeat(65_536))).toThrow('at most 65,535 bytes');
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
  ])('finds whole frames in %s', (hex, expected) => {
    expect(found(hex)).toEqual(expected);
  });
});
