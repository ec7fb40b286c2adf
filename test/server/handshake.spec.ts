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
  it('shows the request, the time and what the client said of itself', () => {
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

  it('tells a request of a page from others', () => {
    const headers = { ...request.headers, origin: 'https://example.com' };
    expect(createHandshake({ ...request, headers }, 0, {}).xdomain).toBe(true);
  });
});
