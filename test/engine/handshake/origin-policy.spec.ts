import type { IncomingMessage } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { allowsOrigin, isLegalOrigin, type OriginRule } from '../../../lib/engine/handshake/origin-policy.js';

function request(headers: Record<string, string | undefined>, remoteAddress = '10.0.0.1'): IncomingMessage {
  return { headers, socket: { remoteAddress } } as unknown as IncomingMessage;
}

/** Trusts one proxy. */
const trusted = (address: string, hop: number): boolean => hop === 0 && address === '10.0.0.1';

/** Whether a page from `origin` may connect to `shop.example`. */
function allows(rule: OriginRule, origin: string | undefined, host = 'shop.example'): boolean | Promise<boolean> {
  return allowsOrigin(rule, request({ host, origin }), null);
}

describe('allowsOrigin', () => {
  it('allows requests without an origin, without calling the rule', () => {
    const rule = vi.fn();
    expect(allows(rule, undefined)).toBe(true);
    expect(rule).not.toHaveBeenCalled();
  });

  it.each([
    ['http://shop.example', 'shop.example'],
    ['https://shop.example', 'shop.example'], // TLS ends at a proxy
    ['http://shop.example', 'shop.example:80'],
    ['http://shop.example:80', 'shop.example'],
    ['https://shop.example', 'shop.example:443'],
    ['https://shop.example:443', 'shop.example'],
    ['http://shop.example:3000', 'shop.example:3000'],
    ['http://SHOP.example', 'shop.EXAMPLE'],
    ['http://[::1]:3000', '[::1]:3000'],
    ['http://127.0.0.1', '127.0.0.1'],
  ])('allows a page from %s on %s, without calling the rule', (origin, host) => {
    const rule = vi.fn();
    expect(allows(rule, origin, host)).toBe(true);
    expect(rule).not.toHaveBeenCalled();
  });

  it.each([
    ['http://evil.example', 'shop.example'],
    ['http://shop.example.evil.example', 'shop.example'],
    ['http://notshop.example', 'shop.example'],
    ['http://shop.example:3000', 'shop.example'],
    ['http://shop.example', 'shop.example:3000'],
    ['http://shop.example', 'shop.example:443'],
    ['https://shop.example', 'shop.example:80'],
    ['http://shop.example@evil.example', 'shop.example'],
    ['http://evil.example/shop.example', 'shop.example'],
    ['capacitor://localhost', 'localhost'],
    ['null', 'shop.example'],
    ['null', 'null'],
    ['', 'shop.example'],
    ['file://', ''],
    ['file://', 'shop.example'],
    ['shop.example', 'shop.example'],
    ['data:text/html,x', ''],
    ['http://', 'shop.example'],
    ['http://shop.example', 'shop.example:x'],
    ['http://shop.example', ''],
  ])('refuses a page from %j on %j', (origin, host) => {
    expect(allows(false, origin, host)).toBe(false);
  });

  it('refuses a page if the request has no Host', () => {
    expect(allowsOrigin(false, request({ origin: 'http://shop.example' }), null)).toBe(false);
  });

  describe('behind a proxy', () => {
    const headers = { origin: 'https://shop.example', host: 'internal:3000', 'x-forwarded-host': 'shop.example' };

    it('ignores X-Forwarded-Host', () => {
      expect(allowsOrigin(false, request(headers), null)).toBe(false);
    });

    it('uses X-Forwarded-Host only if the connection is that of a trusted proxy', () => {
      expect(allowsOrigin(false, request(headers), trusted)).toBe(true);
      expect(allowsOrigin(false, request(headers, '10.0.0.2'), trusted)).toBe(false);
    });

    it('uses X-Forwarded-Host of a trusted proxy', () => {
      expect(allowsOrigin(false, request(headers), trusted)).toBe(true);
      expect(allowsOrigin(false, request({ ...headers, origin: 'https://internal:3000' }), trusted)).toBe(false);
    });

    it('uses the first of several forwarded hosts, the one named by the client', () => {
      const several = { ...headers, 'x-forwarded-host': 'shop.example , proxy.internal' };
      expect(allowsOrigin(false, request(several), trusted)).toBe(true);
      expect(allowsOrigin(false, request({ ...several, origin: 'http://proxy.internal' }), trusted)).toBe(false);
    });

    it('uses Host if no host was forwarded', () => {
      const direct = { origin: 'http://shop.example', host: 'shop.example' };
      expect(allowsOrigin(false, request(direct), trusted)).toBe(true);
      expect(allowsOrigin(false, request({ ...direct, host: 'internal' }), trusted)).toBe(false);
    });
  });

  describe('by a rule', () => {
    const friend = 'https://friend.example';

    it.each<[string, OriginRule, boolean]>([
      ['true', true, true],
      ['false', false, false],
      ["'*'", '*', true],
      ['the same origin', friend, true],
      ['another origin', 'https://other.example', false],
      ['the origin without its scheme', 'friend.example', false],
      ['the beginning of the origin', 'https://friend', false],
      ['an empty string', '', false],
      ['a matching RegExp', /^https:\/\/friend\.example$/, true],
      ['another RegExp', /other/, false],
      ['a list with the origin', ['https://other.example', friend], true],
      ['a list with a matching RegExp', ['https://other.example', /friend/], true],
      ['a list without it', ['https://other.example', /other/], false],
      ['an empty list', [], false],
      ["a list with '*'", ['*'], true],
    ])('is decided by %s', (_, rule, allowed) => {
      expect(allows(rule, friend)).toBe(allowed);
    });

    it.each(['assets://.', 'capacitor://localhost', 'tauri://localhost', 'chrome-extension://abc', 'file://'])(
      'compares an origin of another scheme as it is: %s',
      (origin) => {
        expect(allows([origin], origin)).toBe(true);
        expect(allows([origin.slice(0, -1), `${origin}/`], origin)).toBe(false);
      },
    );

    it('matches the null origin only if the rule allows it', () => {
      expect(allows('null', 'null')).toBe(true);
      expect(allows('*', 'null')).toBe(true);
      expect(allows(friend, 'null')).toBe(false);
    });

    it.each([/friend/g, /friend/y, /friend/gy])('gives the same answer every time with %s', (rule) => {
      const answers = [1, 2, 3].map(() => allows(rule, 'friend.example'));
      expect(answers).toEqual([true, true, true]);
    });
  });

  describe('by a function', () => {
    const friend = 'https://friend.example';

    it('passes it the origin', async () => {
      const rule = vi.fn((_origin: string | undefined, callback: (error: null, allow: boolean) => void) =>
        callback(null, true),
      );
      expect(await allows(rule, friend)).toBe(true);
      expect(rule.mock.calls.map(([origin]) => origin)).toEqual([friend]);
    });

    it.each<[string, OriginRule | undefined, boolean]>([
      ['true', true, true],
      ['false', false, false],
      ['nothing', undefined, false],
      ['the origin', friend, true],
      ['another origin', 'https://other.example', false],
      ["'*'", '*', true],
      ['a matching RegExp', /friend/, true],
      ['a list', ['https://other.example', friend], true],
      ['one more function', () => {}, false],
    ])('accepts %s as its answer', async (_, answer, allowed) => {
      const rule: OriginRule = (_origin, callback) => (answer === undefined ? callback(null) : callback(null, answer));
      expect(await allows(rule, friend)).toBe(allowed);
    });

    it('accepts an asynchronous answer', async () => {
      expect(await allows((_, callback) => setImmediate(callback, null, true), friend)).toBe(true);
    });

    it('treats undefined as no error', async () => {
      const rule = ((_: string, callback: (error: undefined, allow: boolean) => void) =>
        callback(undefined, true)) as unknown as OriginRule;
      expect(await allows(rule, friend)).toBe(true);
    });

    it('rejects with the error passed to the callback', async () => {
      const error = new Error('x');
      await expect(allows((_, callback) => callback(error, true), friend)).rejects.toBe(error);
    });

    it('rejects with the error it throws', async () => {
      const error = new Error('x');
      const rule: OriginRule = () => {
        throw error;
      };
      await expect(allows(rule, friend)).rejects.toBe(error);
    });

    it('rejects with the rejection of an asynchronous function', async () => {
      const error = new Error('x');
      const rule: OriginRule = async () => {
        throw error;
      };
      await expect(allows(rule, friend)).rejects.toBe(error);
    });
  });
});

describe('isLegalOrigin', () => {
  it.each(['http://shop.example', 'null', '', ' ~', 'https://[::1]:3000'])('accepts %j', (origin) => {
    expect(isLegalOrigin(origin)).toBe(true);
  });

  it.each(['http://sh\u00f6p.example', '\u007f', '\u001f', 'a\tb', 'a\r\nb', '\u0000', 'a\u0080', '\u2028'])(
    'rejects %j',
    (origin) => {
      expect(isLegalOrigin(origin)).toBe(false);
    },
  );
});
