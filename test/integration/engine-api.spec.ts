/** `io.engine` and `socket.conn` as applications of Socket.IO use them, with the stock client. */
import session, { type SessionData } from 'express-session';
import { afterEach, expect, it, vi } from 'vitest';
import { Deflater } from '../../lib/engine/connection/deflater.js';
import { cleanUp } from '../support/engine-clean-up.js';
import { startServer, told } from '../support/server-rig.js';

declare module 'node:http' {
  interface IncomingMessage {
    /** Declared by the application, for `socket.request.session`. */
    session?: session.Session & Partial<SessionData>;
  }
}

declare module 'express-session' {
  interface SessionData {
    visits: number;
  }
}

afterEach(async () => {
  vi.restoreAllMocks();
  await cleanUp();
});

it('shares a session of express-session with the sockets of a client', async () => {
  const rig = await startServer();
  rig.server.engine.use(session({ secret: 's', resave: false, saveUninitialized: true }));
  rig.server.on('connection', (socket) => {
    const kept = socket.request.session;
    if (kept === undefined) return;
    kept.visits = (kept.visits ?? 0) + 1;
    kept.save(() => socket.emit('visits', kept.visits));
  });
  const first = rig.stock();
  const cookies = new Promise<string[]>((resolve) => {
    const { ws } = first.io.engine.transport as unknown as { ws: { once(event: string, listener: unknown): void } };
    ws.once('upgrade', ({ headers }: { headers: { 'set-cookie': string[] } }) => resolve(headers['set-cookie']));
  });
  expect(await told(first, 'visits')).toEqual([1]);
  const cookie = (await cookies).join().split(';', 1)[0] as string;
  expect(cookie).toMatch(/^connect\.sid=/);
  expect(await told(rig.stock('/', { extraHeaders: { cookie } }), 'visits')).toEqual([2]);
  expect(await told(rig.stock(), 'visits')).toEqual([1]);
});

it('compresses a broadcast once, and never one that opts out', async () => {
  const rig = await startServer({ perMessageDeflate: true });
  const clients = [rig.stock(), rig.stock(), rig.stock()];
  await Promise.all(clients.map((client) => told(client, 'connect')));
  const compress = vi.spyOn(Deflater.prototype, 'compress');
  const text = 'x'.repeat(5_000);
  const heard = (): Promise<unknown[][]> => Promise.all(clients.map((client) => told(client, 'e')));
  let all = heard();
  rig.server.emit('e', text);
  expect(await all).toEqual([[text], [text], [text]]);
  expect(compress).toHaveBeenCalledTimes(1);
  all = heard();
  rig.server.compress(false).emit('e', text);
  expect(await all).toEqual([[text], [text], [text]]);
  all = heard();
  rig.server.emit('e', 'small');
  expect(await all).toEqual([['small'], ['small'], ['small']]);
  expect(compress).toHaveBeenCalledTimes(1);
});

it('shows an observer every packet of a connection, its transport and its end', async () => {
  const rig = await startServer();
  const { engine } = rig.server;
  const seen: unknown[] = [];
  const ended = new Promise<void>((resolve) => {
    engine.on('connection', (rawSocket) => {
      seen.push(rawSocket.transport.name, engine.clientsCount);
      rawSocket.on('packet', ({ type, data }) => seen.push(['in', type, data]));
      rawSocket.on('packetCreate', ({ type, data }) => seen.push(['out', type, data]));
      rawSocket.once('close', (reason) => {
        seen.push(reason);
        resolve();
      });
    });
  });
  rig.server.on('connection', (socket) => {
    socket.on('ask', (answer: (text: string) => void) => answer('yes'));
  });
  const client = rig.stock();
  expect(await client.timeout(10_000).emitWithAck('ask')).toBe('yes');
  const { id } = client;
  client.disconnect();
  await ended;
  expect(seen).toEqual([
    'websocket',
    1,
    ['in', 'message', '0'],
    ['out', 'message', `0{"sid":"${id}"}`],
    ['in', 'message', '20["ask"]'],
    ['out', 'message', '30["yes"]'],
    ['in', 'message', '1'],
    'transport close',
  ]);
});
