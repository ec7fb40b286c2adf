import { createServer, request, type Server as HttpServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Adapter } from 'socket.io-adapter';
import { io } from 'socket.io-client';
import * as msgpack from 'socket.io-msgpack-parser';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { LocalFirstAdapter } from '../../lib/server/hosted/local-first-adapter.js';
import type { AnyHttpServer } from '../../lib/engine/internal.js';
import { Server, type ServerOptions, type Socket } from '../../lib/server/internal.js';
import { cleanUp, onCleanUp } from '../support/engine-clean-up.js';
import { RecordingLog } from '../support/engine-rig.js';
import { ManualClock } from '../support/manual-clock.js';
import { startServer, told } from '../support/server-rig.js';
import { WireClient } from '../support/server-wire.js';

afterEach(cleanUp);

const QUIET: ServerOptions = { clock: new ManualClock(), logger: new RecordingLog() };

/** TLS with a shared secret, which needs no certificate. */
const psk = Buffer.from('0123456789abcdef');
const SERVER_TLS = { ciphers: 'PSK', pskCallback: () => psk };
const CLIENT_TLS: object = {
  ciphers: 'PSK',
  pskCallback: () => ({ psk, identity: 'test' }),
  checkServerIdentity: () => undefined,
};

const portOf = (http: AnyHttpServer) => (http.address() as AddressInfo).port;

/** Closes a server after the test. */
function closedAfterTest(server: Server): Server {
  onCleanUp(() => server.close());
  return server;
}

async function listening(): Promise<HttpServer> {
  const http = createServer((_request, response) => response.end('theirs'));
  http.listen(0, '127.0.0.1');
  onCleanUp(() => http.close());
  await told(http, 'listening');
  return http;
}

/** The status and the body of the response to a path. */
function get(port: number, path: string): Promise<[status: number | undefined, body: string]> {
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.on('end', () => resolve([response.statusCode, body]));
    })
      .on('error', reject)
      .end();
  });
}

describe('a server', () => {
  it('serves an HTTP server in addition to what that server serves itself', async () => {
    const http = await listening();
    const server = closedAfterTest(new Server(http, QUIET));
    expect(server.httpServer).toBe(http);
    await (await WireClient.open(portOf(http))).join();
    expect(await get(portOf(http), '/else')).toEqual([200, 'theirs']);
  });

  it('serves a port with its own HTTP server, which answers 404 to all other requests', async () => {
    const server = closedAfterTest(new Server(0, QUIET));
    await told(server.httpServer as HttpServer, 'listening');
    const port = portOf(server.httpServer);
    await (await WireClient.open(port)).join();
    expect(await get(port, '/else')).toEqual([404, '']);
  });

  it('accepts options as the first argument if it has nothing to serve yet', async () => {
    const http = await listening();
    const server = closedAfterTest(new Server({ ...QUIET, path: '/ws' }));
    expect(server.attach(http)).toBe(server);
    expect((await get(portOf(http), '/ws'))[0]).toBe(400);
    expect(await get(portOf(http), '/socket.io')).toEqual([200, 'theirs']);
  });

  it.each(['attach', 'listen'] as const)('can be attached later, by %s', async (attach) => {
    const [http, server] = [await listening(), closedAfterTest(new Server(undefined, QUIET))];
    server[attach](http);
    await (await WireClient.open(portOf(http))).join();
    const own = closedAfterTest(new Server(QUIET))[attach](0);
    await told(own.httpServer as HttpServer, 'listening');
    await (await WireClient.open(portOf(own.httpServer))).join();
  });

  it('accepts options in attach', async () => {
    const [http, server] = [await listening(), closedAfterTest(new Server({ ...QUIET, pingTimeout: 7 }))];
    server.of('/chat');
    server.attach(http, { path: '/ws', pingTimeout: 8, pingInterval: 9_000, adapter: Adapter });
    expect((await get(portOf(http), '/ws'))[0]).toBe(400);
    const client = new WebSocket(`ws://127.0.0.1:${portOf(http)}/ws/?EIO=4&transport=websocket`);
    const [greeting] = await told(client, 'message');
    expect(String(greeting)).toContain('"pingInterval":9000,"pingTimeout":7');
    client.close();
    for (const name of ['/', '/chat']) expect(server.of(name).delivery).toBeInstanceOf(LocalFirstAdapter);
    expect(() => server.attach(http, { path: '/late' })).toThrow(expect.objectContaining({ code: 'ALREADY_SERVING' }));
  });

  it('accepts connectionStateRecovery in attach', async () => {
    const [http, server] = [await listening(), closedAfterTest(new Server(QUIET))];
    server.attach(http, { connectionStateRecovery: {} });
    const client = await WireClient.open(portOf(http));
    client.send('40');
    expect(await client.next()).toMatch(/^40\{"sid":"[\w-]{20}","pid":"[\w-]+"\}$/);
  });

  it.each([
    ['HTTPS', () => createHttpsServer(SERVER_TLS)],
    ['HTTP/2', () => createSecureServer({ ...SERVER_TLS, allowHTTP1: true })],
  ])('serves a server of %s', async (_kind, create) => {
    const http = create();
    http.listen(0, '127.0.0.1');
    onCleanUp(() => http.close());
    await told(http, 'listening');
    const server = closedAfterTest(new Server(http, QUIET));
    expect(server.httpServer).toBe(http);
    const entered = told<[Socket]>(server as never, 'connection');
    const client = new WebSocket(`wss://127.0.0.1:${portOf(http)}/socket.io/?EIO=4&transport=websocket`, CLIENT_TLS);
    onCleanUp(() => client.terminate());
    client.once('message', () => client.send('40'));
    expect((await entered)[0].handshake.secure).toBe(true);
  });

  it('accepts a port as text, and serves several', async () => {
    const server = closedAfterTest(new Server(QUIET));
    const made: AnyHttpServer[] = [];
    for (const port of [0, '0' as unknown as number]) {
      const http = server.listen(port).httpServer;
      await told(http, 'listening');
      await (await WireClient.open(portOf(http))).join();
      made.push(http);
    }
    await server.close();
    expect(made.map(({ listening }) => listening)).toEqual([false, false]);
  });

  it('shows its namespaces by name', () => {
    const server = new Server(QUIET);
    const chat = server.of('/chat');
    const seen: unknown[] = [];
    server._nsps.forEach((namespace, name) => seen.push([name, namespace]));
    expect(seen).toEqual([
      ['/', server.sockets],
      ['/chat', chat],
    ]);
  });

  it('needs no arguments', async () => {
    await expect(new Server().close()).resolves.toBeUndefined();
  });

  it('refuses options that it does not know', () => {
    expect(() => new Server({ pth: '/' } as ServerOptions)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_OPTION' }),
    );
    expect(() => new Server(undefined, { ackTimeout: -1 })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });

  it('shares nothing with another server in the same process', async () => {
    const [one, two] = [await startServer(), await startServer()];
    const [[first], [second]] = [await one.join(), await two.join()];
    one.server.emit('e');
    expect(await first.next()).toBe('42["e"]');
    await second.idle();
    expect(two.server.engine.clientsCount).toBe(1);
  });
});

describe('of', () => {
  it('creates a namespace on first use', () => {
    const server = new Server(QUIET);
    expect(server.has('/chat')).toBe(false);
    const chat = server.of('/chat');
    expect(chat).toMatchObject({ name: '/chat', server });
    expect(server.of('/chat')).toBe(chat);
    expect(server.has('/chat')).toBe(true);
  });

  it('adds a slash to a name that has none', () => {
    const server = new Server(QUIET);
    expect(server.of('chat')).toBe(server.of('/chat'));
    expect(server.of('')).toBe(server.sockets);
    expect(server.of('/')).toBe(server.sockets);
  });

  it('adds a listener of connection', async () => {
    const rig = await startServer();
    const ids: string[] = [];
    rig.server.of('/chat', (socket) => ids.push(socket.id));
    const sid = await (await rig.open()).join('/chat');
    expect(ids).toEqual([sid]);
  });

  it('requires a string, a RegExp or a function', () => {
    const server = new Server(QUIET);
    expect(() => server.of(5 as unknown as string)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: 'of() needs the name of a namespace, a RegExp or a function, got 5',
      }),
    );
  });
});

describe('a method of a server', () => {
  it('acts on the namespace /', async () => {
    const rig = await startServer();
    rig.of('/other');
    const { server } = rig;
    const connected: string[] = [];
    expect(server.on('connection', (socket) => connected.push(socket.id))).toBe(server);
    expect(
      server.use((socket, next) => {
        socket.data.passed = true;
        next();
      }),
    ).toBe(server);
    const [client, socket] = await rig.join();
    const [stranger] = await rig.join('/other');
    expect(connected).toEqual([socket.id]);
    expect(socket.data).toEqual({ passed: true });
    expect(server.listenerCount('connection')).toBe(1);
    expect(server.sockets.listenerCount('connection')).toBe(1);
    socket.join('room');
    server.emit('a');
    server.to('room').emit('b');
    server.except('room').emit('c');
    server.send('d');
    for (const frame of ['42["a"]', '42["b"]', '42["message","d"]']) expect(await client.next()).toBe(frame);
    await expect(server.fetchSockets()).resolves.toEqual([socket]);
    server.in('room').disconnectSockets();
    expect(await client.next()).toBe('41');
    await stranger.idle('/other');
  });
});

describe('close', () => {
  it('does not close an HTTP server that it was given', async () => {
    const http = await listening();
    const server = new Server(http, QUIET);
    await server.close();
    expect(http.listening).toBe(true);
    expect(await get(portOf(http), '/else')).toEqual([200, 'theirs']);
  });

  it('closes an HTTP server that it created', async () => {
    const server = new Server(0, QUIET);
    const http = server.httpServer as HttpServer;
    await told(http, 'listening');
    await (await WireClient.open(portOf(http))).join();
    await server.close();
    expect(http.listening).toBe(false);
  });
});

describe('a parser', () => {
  it('replaces JSON, end to end with the stock client', async () => {
    const rig = await startServer({ parser: msgpack });
    const chat = rig.of('/chat');
    const client = rig.stock('/chat', { parser: msgpack, auth: { token: 't' } });
    const [socket] = await told<[Socket]>(chat as never, 'connection');
    expect(socket.handshake.auth).toEqual({ token: 't' });
    socket.on('echo', (value: unknown, ack: (answer: unknown) => void) => ack(value));
    client.on('echo', (value: unknown, ack: (answer: unknown) => void) => ack(value));
    const value = { text: 'é', n: 1.5, list: [true, null], bytes: Buffer.from('0102', 'hex') };
    await expect(client.emitWithAck('echo', value)).resolves.toMatchObject({ ...value, bytes: expect.anything() });
    await expect(socket.emitWithAck('echo', value)).resolves.toEqual(value);
    await expect(chat.emitWithAck('echo', 1)).resolves.toEqual([1]);
    const plain = told(client, 'plain');
    chat.emit('plain', Buffer.from('03', 'hex'));
    expect(Buffer.from((await plain)[0] as Uint8Array)).toEqual(Buffer.from('03', 'hex'));
    const gone = told(socket, 'disconnect');
    client.disconnect();
    expect(await gone).toEqual(['client namespace disconnect', undefined]);
  });

  it('has its packets checked: a breach of protocol closes the connection', async () => {
    const rig = await startServer({ parser: msgpack });
    const client = await rig.open();
    client.send(Buffer.from('82a47479706500a36e7370a12f', 'hex')); // {type: 0, nsp: "/"}
    await client.next();
    const socket = [...rig.server.sockets.sockets.values()][0] as Socket;
    const gone = told(socket, 'disconnect');
    client.send(Buffer.from('83a47479706502a36e7370a12fa46461746191aa646973636f6e6e656374', 'hex')); // ["disconnect"]
    expect(await client.closed).toEqual({ code: 1002 });
    expect((await gone)[0]).toBe('parse error');
  });

  it('is not understood by a client that does not use it', async () => {
    const rig = await startServer({ parser: msgpack });
    const client = io(`http://127.0.0.1:${rig.port}`, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
    });
    onCleanUp(() => client.disconnect());
    expect((await told(client.io, 'close')).at(0)).toBe('transport close');
    expect(client.connected).toBe(false);
  });
});
