import { describe, expect, it } from 'vitest';
import { handshakeHeaders, handshakeUrl } from '../../lib/testing/test-client-options.js';

describe('the address of the handshake', () => {
  it.each([
    [{}, 'ws://localhost/socket.io/?EIO=4&transport=websocket'],
    [{ path: '/ws/' }, 'ws://localhost/ws/?EIO=4&transport=websocket'],
    [{ query: { room: 'a b', age: 7, EIO: 3 } }, 'ws://localhost/socket.io/?EIO=3&transport=websocket&room=a+b&age=7'],
  ])('of %j is %s', (options, url) => {
    expect(String(handshakeUrl('/socket.io', options))).toBe(url);
  });

  it('has the path and host of the server', () => {
    expect(String(handshakeUrl('/realtime', {}, 'ws://example.com:81/x'))).toMatch(
      /^ws:\/\/example.com:81\/realtime\/\?/,
    );
  });
});

describe('the headers of the handshake', () => {
  it.each([
    ['nothing', {}, {}],
    ['headers', { headers: { 'x-a': 'b' } }, { 'x-a': 'b' }],
    ['cookies by name', { cookies: { sid: 'a b', lang: 'de' } }, { cookie: 'sid=a%20b; lang=de' }],
    [
      'the Set-Cookie lines of a response',
      { cookies: ['sid=abc; Path=/; HttpOnly', 'lang=de'], headers: { 'x-a': 'b' } },
      { 'x-a': 'b', cookie: 'sid=abc; lang=de' },
    ],
  ])('are created from %s', (_what, options, headers) => {
    expect(handshakeHeaders(options)).toEqual(headers);
  });
});
