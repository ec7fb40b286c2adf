import { afterEach, describe, expect, it } from 'vitest';
import type { Connection } from '../../lib/engine/internal.js';
import { createHandshake, sharedHandshake } from '../../lib/server/handshake.js';
import { cleanUp } from '../support/engine-clean-up.js';
import { startServer } from '../support/server-rig.js';

afterEach(cleanUp);

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

function release(connection: Connection): void {
  connection.request = null;
}

describe('a request that the application has released', () => {
  it.each([false, true])('leaves the handshake, headers, address and user (with middlewares: %s)', async (whole) => {
    const rig = await startServer();
    if (whole) {
      rig.server.engine.use((incoming: object, _response: unknown, next: () => void) => {
        Object.assign(incoming, { user: 'Ann' });
        next();
      });
    }
    rig.server.engine.on('connection', release);
    const [, socket] = await rig.join();
    expect([socket.request, socket.client.request, socket.conn.request]).toEqual([null, null, null]);
    expect(socket.handshake).toMatchObject({ address: '127.0.0.1', secure: false, query: { EIO: '4' } });
    expect([socket.headers.upgrade, socket.ip, socket.conn.remoteAddress]).toEqual([
      'websocket',
      '127.0.0.1',
      '127.0.0.1',
    ]);
    expect(socket.user).toBe(whole ? 'Ann' : undefined);
  });

  it('can be replaced', async () => {
    const rig = await startServer();
    const [, socket] = await rig.join();
    const other = { ...socket.request, url: '/other' };
    socket.conn.request = other;
    expect(socket.request).toBe(other);
  });
});
