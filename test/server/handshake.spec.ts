import { describe, expect, it } from 'vitest';
import { createHandshake, sharedHandshake } from '../../lib/server/handshake.js';

const request = {
  headers: { host: 'example.org', cookie: 'a=b' },
  url: '/socket.io/?EIO=4&transport=websocket&room=x',
  query: { EIO: '4', transport: 'websocket', room: 'x' },
  address: '192.0.2.7',
  secure: true,
};

describe('createHandshake', () => {
  it('has the request, the time and the data of the CONNECT', () => {
    expect(createHandshake(request, 0, { token: 't' })).toEqual({
      headers: { host: 'example.org', cookie: 'a=b' },
      url: '/socket.io/?EIO=4&transport=websocket&room=x',
      query: { EIO: '4', transport: 'websocket', room: 'x' },
      address: '192.0.2.7',
      secure: true,
      issued: 0,
      time: new Date(0).toString(),
      xdomain: false,
      auth: { token: 't' },
    });
  });

  it('marks a request with an Origin header', () => {
    const headers = { ...request.headers, origin: 'https://example.com' };
    expect(createHandshake({ ...request, headers }, 0, {}).xdomain).toBe(true);
  });
});

describe('sharedHandshake', () => {
  it('leaves out credentials of the request and the claim to a session', () => {
    const headers = {
      host: 'example.org',
      'user-agent': 'x',
      cookie: 'sid=secret',
      authorization: 'secret',
      'proxy-authorization': 'secret',
    };
    const auth = { name: 'ann', pid: 'secret', offset: 'secret' };
    const handshake = createHandshake({ ...request, headers }, 0, auth);
    const shared = sharedHandshake(handshake);
    expect(shared).toEqual({
      ...handshake,
      headers: { host: 'example.org', 'user-agent': 'x' },
      auth: { name: 'ann' },
    });
    expect(JSON.stringify(shared)).not.toContain('secret');
    expect(handshake.auth).toEqual(auth);
  });
});
