/** The handshake of the stock client, and the reasons it reports for a disconnection. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ServerOptions, Socket } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { type ServerRig, startServer, told } from '../../support/server-rig.js';

afterEach(cleanUp);

type StockOptions = Parameters<ServerRig['stock']>[1];

async function connected(nsp = '/', options: StockOptions = {}, serverOptions: ServerOptions = {}) {
  const rig = await startServer(serverOptions);
  const joined = told<[Socket]>(rig.of(nsp.replace(/\?.*/, '')), 'connection');
  const client = rig.stock(nsp, options);
  const [[socket]] = await Promise.all([joined, told(client, 'connect')]);
  return { rig, client, socket };
}

describe('the handshake', () => {
  it('sends the query of the options', async () => {
    const { socket } = await connected('/', { query: { token: 'é&=', list: ['a', 'b'] } });
    expect({ ...socket.handshake.query }).toMatchObject({
      EIO: '4',
      transport: 'websocket',
      token: 'é&=',
      list: 'a,b',
    });
  });

  it('sends the query of the namespace, which is not part of its name', async () => {
    const { client, socket } = await connected('/chat?token=t&list=a&list=b');
    expect(socket.nsp.name).toBe('/chat');
    expect(socket.handshake.query['token']).toBe('t');
    expect(client.connected).toBe(true);
  });

  it('sends the headers of the options', async () => {
    const { socket } = await connected(
      '/',
      {
        extraHeaders: { Authorization: 'Bearer t', Cookie: 'session=s', Origin: 'http://elsewhere.test' },
      },
      { cors: { origin: 'http://elsewhere.test' } },
    );
    const { headers, xdomain } = socket.handshake;
    expect([headers.authorization, headers.cookie, headers.origin, xdomain]).toEqual([
      'Bearer t',
      'session=s',
      'http://elsewhere.test',
      true,
    ]);
  });

  it('is refused for a foreign origin and by allowRequest; the client gets the status', async () => {
    const rig = await startServer({
      allowRequest: ({ headers }, callback) => callback(null, headers.authorization === 'ok'),
    });
    const refusals = [{ Origin: 'http://elsewhere.test', Authorization: 'ok' }, { Authorization: 'no' }].map(
      async (extraHeaders) =>
        ((await told(rig.stock('/', { extraHeaders }), 'connect_error')) as [Error & { type: string }])[0],
    );
    for (const { message, type } of await Promise.all(refusals)) {
      expect([message, type]).toEqual(['websocket error', 'TransportError']);
    }
    await told(rig.stock('/', { extraHeaders: { Authorization: 'ok' } }), 'connect');
  });

  it.each(['/live', '/live/', '/a/b'])('is made at the path of the options: %s', async (path) => {
    const { client, socket, rig } = await connected('/', { path }, { path });
    expect(socket.handshake.url).toMatch(new RegExp(`^${path.replace(/\/$/, '')}/\\?EIO=4`));
    const asked = told(rig.http, 'upgrade');
    const failed = told<[Error]>(rig.stock(), 'connect_error');
    await asked;
    rig.clock.advance(1_000); // no other listener has taken the request
    const [error] = await failed;
    expect([client.connected, error.message]).toEqual([true, 'websocket error']);
  });

  it.each([true, false])('is made with addTrailingSlash: %s', async (addTrailingSlash) => {
    const { client } = await connected('/', { addTrailingSlash });
    expect(client.connected).toBe(true);
  });

  it('calls the auth function once per CONNECT', async () => {
    let asked = 0;
    const { rig, client, socket } = await connected('/', { auth: (use) => use({ asked: ++asked }) });
    expect(socket.handshake.auth).toEqual({ asked: 1 });
    client.disconnect();
    const joined = told<[Socket]>(rig.server.sockets, 'connection');
    client.connect();
    expect((await joined)[0].handshake.auth).toEqual({ asked: 2 });
  });
});

describe('the engine of the client', () => {
  it('has the session id of the connection, which differs from the id of the socket', async () => {
    const { client, socket } = await connected();
    const { engine } = client.io;
    expect([(engine as unknown as { id: string }).id, client.id]).toEqual([socket.conn.id, socket.id]);
    expect(engine.transport.name).toBe('websocket');
  });

  it.each<[how: string, end: (socket: Socket, rig: ServerRig) => unknown, reason: string]>([
    ['is disconnected', (socket) => socket.disconnect(true), 'forced close'],
    ['is cut off', (socket) => socket.conn.terminate(), 'transport close'],
    [
      'is closed with the server',
      (_socket, { server, clock }) => [server.close(), clock.advance(1)],
      'transport close',
    ],
  ])('reports that it %s', async (_how, end, reason) => {
    const { rig, client, socket } = await connected();
    const closed = told(client.io.engine as never, 'close');
    end(socket, rig);
    expect((await closed)[0]).toBe(reason);
    expect(client.connected).toBe(false);
  });

  it('reports that the client closed it, as does the server', async () => {
    const { client, socket } = await connected();
    const ends = Promise.all([told(client.io.engine as never, 'close'), told(socket, 'disconnect')]);
    client.io.engine.close();
    const [[theirs], [ours]] = await ends;
    expect([theirs, ours]).toEqual(['forced close', 'transport close']);
  });

  it('answers pings', async () => {
    const { rig, client, socket } = await connected('/', {}, { pingInterval: 25_000, pingTimeout: 20_000 });
    for (let i = 0; i < 3; i++) {
      const pinged = told(client.io as never, 'ping');
      const before = socket.conn.bytesRead;
      rig.clock.advance(25_400);
      await pinged;
      await expect.poll(() => socket.conn.bytesRead).toBeGreaterThan(before);
    }
    expect(client.connected).toBe(true);
  });
});
