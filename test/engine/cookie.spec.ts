import { describe, expect, it } from 'vitest';
import { type CookieOptions, sessionCookie } from '../../lib/engine/cookie.js';

describe('sessionCookie', () => {
  it('is none by default', () => {
    expect(sessionCookie(false)).toBeNull();
  });

  it.each<[boolean | CookieOptions, string]>([
    [true, 'io=abc; Path=/; SameSite=Lax; HttpOnly'],
    [{ name: 'sid', path: '/chat', sameSite: true }, 'sid=abc; Path=/chat; SameSite=Strict; HttpOnly'],
    [{ sameSite: false, httpOnly: false }, 'io=abc; Path=/'],
    [
      { sameSite: 'none', secure: true, partitioned: true },
      'io=abc; Path=/; SameSite=None; HttpOnly; Secure; Partitioned',
    ],
    [
      { domain: 'example.org', maxAge: 60, expires: new Date(0), priority: 'high' },
      'io=abc; Max-Age=60; Domain=example.org; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; SameSite=Lax; Priority=High; HttpOnly',
    ],
    [{ encode: (id) => id.toUpperCase() }, 'io=ABC; Path=/; SameSite=Lax; HttpOnly'],
  ])('is written for %j', (options, expected) => {
    expect(sessionCookie(options)?.('abc')).toBe(expected);
  });

  it('encodes ids that cannot stand as they are', () => {
    expect(sessionCookie({ sameSite: false, httpOnly: false })?.('a b;é')).toBe('io=a%20b%3B%C3%A9; Path=/');
  });

  it.each<[object, string]>([
    [{ name: 'a b' }, 'option "cookie.name" cannot be "a b": it has letters, digits and a few signs'],
    [{ path: '/; Secure' }, 'option "cookie.path" cannot be "/; Secure": it is ASCII without a semicolon'],
    [{ domain: 'a\r\nb' }, 'option "cookie.domain" cannot be "a\\r\\nb": it is ASCII without a semicolon'],
    [{ maxAge: 1.5 }, 'option "cookie.maxAge" cannot be 1.5: it is a whole number of seconds'],
    [{ expires: new Date(Number.NaN) }, 'option "cookie.expires" cannot be null: it is a Date'],
    [{ expires: 'tomorrow' }, 'option "cookie.expires" cannot be "tomorrow": it is a Date'],
    [{ sameSite: 'Loose' }, 'option "cookie.sameSite" cannot be "Loose": it is one of strict, lax, none'],
    [{ priority: 'top' }, 'option "cookie.priority" cannot be "top": it is one of low, medium, high'],
  ])('refuses %j', (options, message) => {
    expect(() => sessionCookie(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message }));
  });
});
