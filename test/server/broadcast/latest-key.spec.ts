import { describe, expect, it } from 'vitest';
import {
  checkLatestKey,
  messageKey,
  namespaceKeys,
  refuseLatestWithAck,
} from '../../../lib/server/broadcast/latest-key.js';

describe('checkLatestKey', () => {
  it.each(['AAPL', 'é', 'k'.repeat(255)])('accepts %j', (key) => {
    expect(() => checkLatestKey(key)).not.toThrow();
  });

  it.each([
    [7, '7'],
    [undefined, 'undefined'],
    [['AAPL'], '["AAPL"]'],
    ['', 'one of 0'],
    ['k'.repeat(256), 'one of 256'],
  ])('refuses %j', (key, given) => {
    expect(() => checkLatestKey(key)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message:
          `the key of latest() must be a text of 1 to 255 characters, got ${given}: ` +
          'pass what the value is of, such as latest(tick.symbol) or latest(String(id))',
      }),
    );
  });
});

describe('refuseLatestWithAck', () => {
  it('refuses a latest value that is to be acknowledged, and nothing else', () => {
    expect(() => refuseLatestWithAck('price', {})).not.toThrow();
    expect(() => refuseLatestWithAck('price', { latest: 'AAPL' })).toThrow(
      'an event with latest() must not ask for an acknowledgement, got "price" with both: ' +
        'remove latest(), or the callback. A value that is replaced is never sent, so no client would acknowledge it',
    );
  });
});

describe('messageKey', () => {
  it('is null without a key', () => {
    expect(messageKey('/', 'price', { volatile: true })).toBeNull();
  });

  it('names the namespace, the event and the key', () => {
    expect(messageKey('/feed', 'price', { latest: 'AAPL' })).toBe('5:/feed5:priceAAPL');
  });

  it('differs wherever one of the three differs', () => {
    const keys = [
      messageKey('/', 'ab', { latest: 'c' }),
      messageKey('/', 'a', { latest: 'bc' }),
      messageKey('/a', 'b', { latest: 'c' }),
      messageKey('/a', 'bc', { latest: 'd' }),
      messageKey('/', 7, { latest: 'c' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('has the prefix of its namespace', () => {
    const key = messageKey('/feed', 'price', { latest: 'AAPL' });
    expect(['/feed', '/', '/f', '/feeds'].map((name) => key?.startsWith(namespaceKeys(name)))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
