import { expect, it } from 'vitest';
import { weigh } from '../../../lib/server/broker/weigh.js';

it.each<[unknown, number]>([
  ['text', 4],
  [7, 8],
  [null, 8],
  [Buffer.alloc(100), 100],
  [new ArrayBuffer(5), 5],
  [['ab', 'c'], 19],
  [{ key: 'value' }, 24],
])('estimates %o at %d bytes', (value, bytes) => {
  expect(weigh(value)).toBe(bytes);
});

it('ends for a value that refers to itself', () => {
  const value: { self?: object } = {};
  value.self = value;
  expect(weigh(value)).toBeGreaterThan(1_000);
});
