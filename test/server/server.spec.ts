import { createServer, request, type Server as HttpServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Adapter } from 'socket.io-adapter';
import { io } from 'socket.io-client';
import * as msgpack from 'socket.io-msgpack-parser';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { LocalFirstAdapter } from '../../lib/server/hosted/local-first-adapter.js';
import type { AnyHttpServer } from '../../lib/engine/internal.js';
import { Server, type ServerOptions, type Socket } from '../../lib/server/internal.js';
import { cleanUp, onCleanUp } from '../support/engine-clean-up.js';
import { RecordingLog, turn } from '../support/engine-rig.js';
import { fakeAdapter } from '../support/fake-adapter.js';
import { ManualClock } from '../support/manual-clock.js';
import { deferred, startServer, told } from '../support/server-rig.js';
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

  it.each([-1, 70_000, 1.5, '', 'pipe', null, () => {}, {}])('cannot serve %j', (target) => {
    expect(() => new Server(QUIET).attach(target as never)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('attach() needs an HTTP server or a port number, got'),
      }),
    );
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
  it('closes all clients with 1001, and their handlers get the reason', async () => {
    const rig = await startServer();
    const chat = rig.of('/chat');
    const [client, socket] = await rig.join();
    const other = chat.sockets.get(await client.join('/chat')) as Socket;
    const reasons = Promise.all([told(socket, 'disconnect'), told(other, 'disconnect')]);
    const unjoined = await rig.open();
    const closed = rig.server.close();
    expect((await reasons).map(([reason]) => reason)).toEqual(['server shutting down', 'server shutting down']);
    expect([await client.closed, await unjoined.closed]).toEqual([{ code: 1001 }, { code: 1001 }]);
    await closed;
    expect(rig.server.engine.clientsCount).toBe(0);
    expect(rig.clock.timers).toBe(0);
  });

  it('can be called again: the promise of the first call is returned', async () => {
    const rig = await startServer();
    await rig.join();
    const done = vi.fn<(error?: Error) => void>();
    const first = rig.server.close(done);
    expect(rig.server.close(done)).toBe(first);
    expect(done).not.toHaveBeenCalled();
    await first;
    expect(done.mock.calls).toEqual([[], []]);
  });

  it('lets the server count as draining before the first client is disconnected, until it is opened again', async () => {
    const rig = await startServer();
    const [, socket] = await rig.join();
    const states = [rig.server.draining];
    socket.on('disconnect', () => states.push(rig.server.draining));
    await rig.server.close();
    states.push(rig.server.draining);
    rig.server.attach(await listening());
    states.push(rig.server.draining);
    expect(states).toEqual([false, true, true, false]);
  });

  it('waits for drain.delay before it disconnects clients, and accepts clients until then', async () => {
    const rig = await startServer({ drain: { delay: 3_000 } });
    const [first] = await rig.join();
    const closed = rig.server.close();
    expect(rig.server.draining).toBe(true);
    rig.clock.advance(2_999);
    const [second] = await rig.join();
    expect(rig.server.engine.clientsCount).toBe(2);
    rig.clock.advance(1);
    expect([await first.closed, await second.closed]).toEqual([{ code: 1001 }, { code: 1001 }]);
    await closed;
    expect(rig.clock.timers).toBe(0);
  });

  it('does not wait for drain.delay if nothing was served', async () => {
    await expect(new Server({ ...QUIET, drain: { delay: 3_000 } }).close()).resolves.toBeUndefined();
  });

  it('refuses clients that connect later', async () => {
    const rig = await startServer();
    await rig.server.close();
    await expect(rig.open()).rejects.toThrow('closed with code 1006');
  });

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

  it('waits for asynchronous disconnect handlers', async () => {
    const rig = await startServer();
    const [leaving, entered] = [deferred(), deferred()];
    const steps: string[] = [];
    rig.server.sockets.onDisconnect(async (socket) => {
      entered.resolve();
      await leaving.promise;
      steps.push(`left ${socket.rooms.has('room')}`);
    });
    const [, socket] = await rig.join();
    socket.join('room');
    const closed = rig.server.close().then(() => steps.push('closed'));
    await entered.promise;
    await rig.deserted();
    expect(steps).toEqual([]);
    leaving.resolve();
    await closed;
    expect(steps).toEqual(['left true', 'closed']);
    expect(rig.log.warnings).toEqual([]);
    expect(rig.clock.timers).toBe(0);
  });

  it('waits for connect handlers, and for the disconnect handlers that follow them', async () => {
    const rig = await startServer();
    const [entering, entered] = [deferred(), deferred()];
    const steps: string[] = [];
    rig.server.sockets
      .onConnect(async () => {
        entered.resolve();
        await entering.promise;
        steps.push('entered');
      })
      .onDisconnect((_socket, reason) => void steps.push(reason));
    const client = await rig.open();
    client.send('40');
    await entered.promise;
    const closed = rig.server.close().then(() => steps.push('closed'));
    await rig.deserted();
    expect(steps).toEqual([]);
    entering.resolve();
    await closed;
    expect(steps).toEqual(['entered', 'server shutting down', 'closed']);
  });

  it('waits no longer than shutdownTimeout, and logs it', async () => {
    const rig = await startServer({ shutdownTimeout: 50 });
    const never = deferred();
    rig.server.sockets.onDisconnect(() => never.promise);
    await rig.join();
    let closed = false;
    const closing = rig.server.close().then(() => (closed = true));
    await rig.deserted();
    rig.clock.advance(49);
    await turn();
    expect(closed).toBe(false);
    rig.clock.advance(1);
    await closing;
    expect(rig.log.warnings).toEqual(['connect or disconnect handlers did not finish within shutdownTimeout, 50 ms']);
    never.resolve();
  });

  it('closes the adapters after the disconnect handlers and before the connections, and waits for them', async () => {
    const steps: string[] = [];
    const [leaving, closing] = [deferred(), deferred()];
    const adapter = fakeAdapter({
      broadcast: () => void steps.push('broadcast'),
      close: () => {
        steps.push(`adapter closes, connections: ${rig.server.engine.clientsCount}`);
        return closing.promise;
      },
    });
    const rig = await startServer({ adapter: () => adapter });
    rig.server.sockets.onDisconnect(async () => {
      await leaving.promise;
      rig.server.emit('left');
    });
    const [client] = await rig.join();
    client.pause(); // never completes the closing handshake
    const closed = rig.server.close().then(() => steps.push('closed'));
    leaving.resolve();
    await vi.waitFor(() => expect(steps).toEqual(['broadcast', 'adapter closes, connections: 1']));
    client.resume();
    await client.closed;
    await turn();
    expect(steps).toHaveLength(2);
    closing.resolve();
    await closed;
    expect(steps.at(-1)).toBe('closed');
  });

  it('waits at most 2 s for an adapter, and logs it', async () => {
    const rig = await startServer({ adapter: () => fakeAdapter({ close: () => new Promise(() => {}) }) });
    const closed = rig.server.close();
    await vi.waitFor(() => expect(rig.clock.timers).toBe(1));
    rig.clock.advance(2_000);
    await closed;
    expect(rig.log.warnings).toEqual(['the adapters did not close within 2000 ms']);
  });

  it('is not stopped by an adapter that fails to close', async () => {
    const rig = await startServer({ adapter: () => fakeAdapter({ close: () => Promise.reject(new Error('gone')) }) });
    await rig.server.close();
    expect(rig.log.errors).toEqual([['close of its adapter in / failed', new Error('gone')]]);
  });
});

describe('attach after close', () => {
  it('serves the same HTTP server again, with rooms, handlers and recovery', async () => {
    const rig = await startServer({ connectionStateRecovery: {} });
    const seen: string[] = [];
    rig.server.sockets.onConnect(({ rooms }) => void seen.push(`in ${rooms.size}`));
    const [, before] = await rig.join();
    before.join('room');
    await rig.server.close();
    rig.server.attach(rig.http);
    const [client, socket] = await rig.join();
    socket.join('room');
    expect([...(rig.server.sockets.adapter.rooms.get('room') ?? [])]).toEqual([socket.id]);
    rig.server.to('room').emit('again', 1);
    expect(await client.next()).toMatch(/^42\["again",1,"[^"]+"\]$/);
    expect(seen).toEqual(['in 1', 'in 1']);
    await rig.server.close();
    expect(rig.clock.timers).toBe(0);
  });

  it('creates the adapters anew', async () => {
    const made: string[] = [];
    const rig = await startServer({
      adapter: ({ name }: { name: string }) => {
        made.push(name);
        return fakeAdapter();
      },
    });
    await rig.server.close();
    rig.server.attach(rig.http);
    expect(made).toEqual(['/', '/']);
    expect(rig.server.brokerHealth).toEqual({
      degraded: null,
      dropped: 0,
      failed: 0,
      unreadable: 0,
      waiting: { messages: 0, bytes: 0 },
    });
  });

  it('is refused while the server is closing', async () => {
    const rig = await startServer();
    const closed = rig.server.close();
    expect(() => rig.server.attach(rig.http)).toThrow(
      expect.objectContaining({
        code: 'SERVER_CLOSED',
        message: 'attach() and listen() must wait until the server is closed: await close()',
      }),
    );
    await closed;
  });
});

describe('a deadline', () => {
  it('closes clients that join no namespace within connectTimeout', async () => {
    const rig = await startServer({ connectTimeout: 6_400 });
    const [late, [joined]] = [await rig.open(), await rig.join()];
    rig.clock.advance(6_500);
    expect(await late.closed).toEqual({ code: 1000 });
    await joined.idle();
  });

  it('closes clients whose attachments do not arrive within attachmentTimeout', async () => {
    const rig = await startServer({ attachmentTimeout: 6_400 });
    const [[late], [other]] = [await rig.join(), await rig.join()];
    late.send('451-["file",{"_placeholder":true,"num":0}]');
    await other.idle(); // the server has read both
    rig.clock.advance(6_500);
    expect(await late.closed).toEqual({ code: 1000 });
    await other.idle();
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
