import { describe, expect, it } from 'vitest';
import { LatestValues } from '../../../lib/engine/connection/latest-values.js';
import { Message } from '../../../lib/engine/connection/message.js';

const LIMITS = { latestValues: 3, backlogBytes: 100 };

/** Creates a value with a wire text of this length. */
function value(bytes: number): Message {
  return new Message(Buffer.alloc(bytes), true, 'key');
}

describe('LatestValues', () => {
  it('keeps the newest value of each key, in the order in which the keys began to wait', () => {
    const values = new LatestValues(LIMITS);
    const [old, b, newest] = [value(10), value(20), value(5)];
    expect(values.put('a', old)).toBe('added');
    expect(values.put('b', b)).toBe('added');
    expect([values.size, values.bytes]).toEqual([2, 30]);
    expect(values.put('a', newest)).toBe('replaced');
    expect([values.size, values.bytes]).toEqual([2, 25]);
    expect(values.take(Infinity)).toEqual([newest, b]);
    expect([values.size, values.bytes]).toEqual([0, 0]);
  });

  it('gives up as many as have the bytes asked for, and at least one', () => {
    const values = new LatestValues(LIMITS);
    const [a, b, c] = [value(30), value(29), value(28)];
    for (const [key, message] of Object.entries({ a, b, c })) values.put(key, message);
    expect(values.take(31)).toEqual([a, b]);
    expect(values.take(1)).toEqual([c]);
    expect(values.take(1)).toEqual([]);
  });

  it('puts a key that was taken at the end', () => {
    const values = new LatestValues(LIMITS);
    const [first, b, second] = [value(30), value(31), value(32)];
    values.put('a', first);
    values.put('b', b);
    values.take(30);
    values.put('a', second);
    expect(values.take(Infinity)).toEqual([b, second]);
  });

  it('refuses more keys than the limit, and still replaces values', () => {
    const values = new LatestValues(LIMITS);
    for (const key of ['a', 'b', 'c']) values.put(key, value(10));
    expect(values.put('d', value(10))).toBe('refused');
    expect(values.put('c', value(11))).toBe('replaced');
    expect([values.size, values.bytes]).toEqual([3, 31]);
  });

  it('refuses more bytes than the limit, and drops the older value of the key: the newer one is sent before others', () => {
    const values = new LatestValues(LIMITS);
    values.put('a', value(60));
    values.put('b', value(40));
    expect(values.put('b', value(41))).toBe('refused');
    expect([values.size, values.bytes]).toEqual([1, 60]);
    expect(values.put('b', value(40))).toBe('added');
  });

  it('drops the values of a prefix', () => {
    const values = new LatestValues(LIMITS);
    for (const key of ['1:/a', '1:/b', '2:/xa']) values.put(key, value(10));
    values.drop('1:/');
    expect([values.size, values.bytes]).toEqual([1, 10]);
  });
});
