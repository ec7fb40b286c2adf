import { describe, expect, it } from 'vitest';
import { weightOf } from '../../../lib/server/recovery/data-weight.js';

describe('the weight of data', () => {
  it.each<[string, unknown, number]>([
    ['nothing', undefined, 0],
    ['a number', 7, 0],
    ['an empty object', {}, 40],
    ['text', { text: 'x'.repeat(10_000) }, 10_000],
    ['bytes', { bytes: Buffer.alloc(10_000) }, 10_000],
    ['a list', Array.from({ length: 500 }, () => 'x'.repeat(20)), 500 * 20],
    ['a Map', new Map([['key', 'x'.repeat(1_000)]]), 1_000],
    ['a Set', new Set(['x'.repeat(1_000)]), 1_000],
    ['nested objects', { a: { b: { c: 'x'.repeat(1_000) } } }, 1_000],
  ])('of %s is at least what it holds, and little more', (_what, data, bytes) => {
    expect(weightOf(data)).toBeGreaterThanOrEqual(bytes);
    expect(weightOf(data)).toBeLessThan(bytes * 3 + 500);
  });

  it('counts an instance of a class as one value, since it may belong to the application', () => {
    class World {
      readonly map = 'x'.repeat(100_000);
    }
    expect(weightOf({ world: new World() })).toBeLessThan(500);
  });

  it('ends soon, whatever the size of the data and even if it refers to itself', () => {
    const circular: Record<string, unknown> = { text: 'x' };
    circular['self'] = circular;
    circular['list'] = Array.from({ length: 100_000 }, () => circular);
    let read = 0;
    const counted = Array.from({ length: 10_000 }, () => ({
      get value() {
        return read++;
      },
    }));
    expect(weightOf([circular, counted])).toBeGreaterThan(100_000);
    expect(read).toBeLessThan(1_000);
  });

  it('never throws', () => {
    const throwing = {
      get value() {
        throw new Error('no');
      },
    };
    expect(weightOf(throwing)).toBeGreaterThan(0);
  });
});
