import { describe, expect, it } from 'vitest';
import { type CookieOptions, sessionCookie } from '../../../lib/engine/handshake/cookie.js';

describe('sessionCookie', () => {
  it('is off by default', () => {
    expect(sessionCookie(false)).toBeNull();
  });

  it.each<[boolean | CookieOptions, string]>([
    [true, 'io=abc; Path=/; HttpOnly; SameSite=Lax'],
    [{ name: 'sid', path: '/chat', sameSite: true }, 'sid=abc; Path=/chat; HttpOnly; SameSite=Strict'],
    [{ sameSite: false, httpOnly: false }, 'io=abc; Path=/'],
    [
      { sameSite: 'none', secure: true, partitioned: true },
      'io=abc; Path=/; HttpOnly; Secure; Partitioned; SameSite=None',
    ],
    [
      { domain: 'example.org', maxAge: 60, expires: new Date(0), priority: 'high' },
      'io=abc; Max-Age=60; Domain=example.org; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Priority=High; SameSite=Lax',
    ],
    [{ encode: (id) => id.toUpperCase() }, 'io=ABC; Path=/; HttpOnly; SameSite=Lax'],
    [{ name: undefined, path: undefined } as object, 'io=abc; Path=/; HttpOnly; SameSite=Lax'],
  ])('is written for %j', (options, expected) => {
    expect(sessionCookie(options)?.('abc')).toBe(expected);
  });

  it('encodes ids with special characters', () => {
    expect(sessionCookie({ sameSite: false, httpOnly: false })?.('a b;é')).toBe('io=a%20b%3B%C3%A9; Path=/');
  });

  it.each<[object, string]>([
    [{ name: 'a b' }, 'option "cookie.name" must be a cookie name: letters, digits and some punctuation, got "a b"'],
    [{ path: '/; Secure' }, 'option "cookie.path" must be printable ASCII without semicolons, got "/; Secure"'],
    [{ domain: 'a\r\nb' }, 'option "cookie.domain" must be a domain name, got "a\\r\\nb"'],
    [{ maxAge: 1.5 }, 'option "cookie.maxAge" must be a whole number of seconds, got 1.5'],
    [{ expires: new Date(Number.NaN) }, 'option "cookie.expires" must be a valid Date, got Invalid Date'],
    [{ expires: 'tomorrow' }, 'option "cookie.expires" must be a valid Date, got "tomorrow"'],
    [{ sameSite: 'Loose' }, 'option "cookie.sameSite" must be one of strict, lax, none, got "Loose"'],
    [{ encode: 'hex' }, 'option "cookie.encode" must be a function, got "hex"'],
    [{ priority: 'top' }, 'option "cookie.priority" must be one of low, medium, high, got "top"'],
  ])('refuses %j', (options, message) => {
    expect(() => sessionCookie(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message }));
  });
});
