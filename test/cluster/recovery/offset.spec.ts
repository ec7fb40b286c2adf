import { describe, expect, it } from 'vitest';
import { Offset } from '../../../lib/cluster/recovery/offset.js';

describe('Offset', () => {
  it('is written as text and read back', () => {
    const offset = new Offset('node-00001', 71, '1700000000000-3', 36);
    expect(String(offset)).toBe('node-00001.1z.10.1700000000000-3');
    expect(Offset.parse(String(offset))).toEqual(offset);
  });

  it('writes its text once', () => {
    const offset = new Offset('node-00001', 1, '5', 0);
    expect(offset.toString()).toBe(offset.toString());
  });

  it.each([
    undefined,
    null,
    '',
    'news',
    'node-1.1.0.5',
    'node-00001.1.0',
    'node-00001.-1.0.5',
    'node-00001.1.0.5 6',
    'node-00001.zzzzzzzzzzzzzzzzzz.0.5',
    'node-00001.1.zzzzzzzzzzzzzzzzzz.5',
  ])('does not read %j', (text) => {
    expect(Offset.parse(text)).toBeNull();
  });
});
