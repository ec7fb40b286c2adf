import { describe, expect, it } from 'vitest';
import { createHandshake } from '../../lib/server/handshake.js';

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
