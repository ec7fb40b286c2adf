/** How the stock client reconnects: to the same server or to another one on its port, automatically or on request. */
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo, Socket as NetSocket } from 'node:net';
import { io, type ManagerOptions, type Socket as Client, type SocketOptions } from 'socket.io-client';
import { Server } from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { later, next } from '../../support/nest-app.js';

interface Running {
  readonly server: Server;
  readonly port: number;
  /** The messages of clients, in the order of arrival. */
  readonly said: unknown[];
  /** Cuts all connections without a close frame. */
  readonly cut: () => void;
  /** Closes the server, then its HTTP server, as a deployment does. */
  readonly stop: () => Promise<void>;
}

/** Starts a server, perhaps on the port of one that has stopped. */
async function serve(port = 0, options: ConstructorParameters<typeof Server>[1] = {}): Promise<Running> {
  const http: HttpServer = createServer();
  const server = new Server(http, options);
  const [said, connections]: [unknown[], NetSocket[]] = [[], []];
  http.on('connection', (socket: NetSocket) => connections.push(socket));
  server.on('connection', (socket) => {
    socket.on('say', (what: unknown, ack?: (what: unknown) => void) => {
      said.push(what);
      ack?.(what);
    });
    socket.on('out', () => socket.disconnect());
    socket.on('all out', () => socket.disconnect(true));
  });
  server.of('/other');
  await new Promise<void>((resolve) => {
    http.listen(port, '127.0.0.1', resolve);
  });
  const cut = (): void => {
    for (const socket of connections.splice(0)) socket.destroy();
  };
  const stop = async (): Promise<void> => {
    await server.close();
    await new Promise((resolve) => {
      http.close(resolve);
      http.closeAllConnections();
    });
  };
  later(stop);
  return { server, port: (http.address() as AddressInfo).port, said, cut, stop };
}

/** Connects a client that reconnects without delay. */
function connect(port: number, options: Partial<ManagerOptions & SocketOptions> = {}): Client {
  const client = io(`http://127.0.0.1:${port}`, {
    transports: ['websocket'],
    forceNew: true,
    reconnectionDelay: 5,
    reconnectionDelayMax: 20,
    ...options,
  });
  later(() => client.disconnect());
  return client;
}

/** Records the manager's events about its attempts. */
function watch({ io: manager }: Client): string[] {
  const told: string[] = [];
  manager.on('reconnect_attempt', (attempt) => told.push(`attempt ${attempt}`));
  manager.on('reconnect_error', () => told.push('error'));
  manager.on('reconnect_failed', () => told.push('failed'));
  manager.on('reconnect', (attempt) => told.push(`back after ${attempt}`));
  return told;
}

describe('a connection that is cut', () => {
  it('is replaced by another one, on which the client is a new socket', async () => {
    const { server, port, cut } = await serve();
    const client = connect(port);
    await next(client, 'connect');
    const [told, { id }] = [watch(client), client];
    cut();
    expect((await next(client, 'disconnect'))[0]).toBe('transport close');
    await next(client, 'connect');
    expect(told).toEqual(['attempt 1', 'back after 1']);
    expect(client.id).not.toBe(id);
    expect([...server.sockets.sockets.keys()]).toEqual([client.id]);
  });

  it('makes the client buffer events: they arrive once, in order, before later ones', async () => {
    const { port, said, cut } = await serve();
    const client = connect(port);
    await client.emitWithAck('say', 0);
    cut();
    await next(client, 'disconnect');
    for (let i = 1; i <= 5; i++) client.emit('say', i);
    const last = client.emitWithAck('say', Buffer.from([6]));
    client.on('connect', () => client.emit('say', 7));
    expect(await last).toEqual(Buffer.from([6]));
    await client.emitWithAck('say', 8);
    expect(said).toHaveLength(9);
    expect(said).toContain(7);
    expect(said.filter((what) => what !== 7)).toEqual([0, 1, 2, 3, 4, 5, Buffer.from([6]), 8]);
  });

  it('is replaced for all namespaces', async () => {
    const { server, port, cut } = await serve();
    const client = connect(port);
    const other = client.io.socket('/other');
    await Promise.all([next(client, 'connect'), next(other, 'connect')]);
    cut();
    await Promise.all([next(client, 'connect'), next(other, 'connect')]);
    expect([server.engine.clientsCount, server.of('/other').sockets.size]).toEqual([1, 1]);
  });

  it('is noticed by the client when the server falls silent', async () => {
    const standing = { now: () => 0, after: () => ({ cancel: () => {} }) }; // so that no ping is ever due
    const { port } = await serve(0, { pingInterval: 50, pingTimeout: 50, clock: standing });
    const client = connect(port);
    await next(client, 'connect');
    expect((await next(client, 'disconnect'))[0]).toBe('ping timeout');
    await next(client, 'connect');
  });
});

describe('a server that is stopped', () => {
  it('regains its clients when another server starts on the same port', async () => {
    const first = await serve();
    const client = connect(first.port);
    await client.emitWithAck('say', 'one');
    const told = watch(client);
    const tried = new Promise((resolve) => {
      client.io.once('reconnect_error', resolve);
    });
    const [, [reason]] = await Promise.all([first.stop(), next(client, 'disconnect')]);
    expect(reason).toBe('transport close');
    client.emit('say', 'two');
    await tried; // no server is listening

    const second = await serve(first.port);
    await next(client, 'connect');
    expect(await client.emitWithAck('say', 'three')).toBe('three');
    expect([first.said, second.said]).toEqual([['one'], ['two', 'three']]);
    expect(told.slice(0, 2)).toEqual(['attempt 1', 'error']);
    expect(told.at(-1)).toMatch(/^back after \d+$/);
  });

  it('reports to its own side that it is shutting down, and refuses clients that reconnect too early', async () => {
    const { server, port } = await serve();
    const client = connect(port, { reconnectionAttempts: 2 });
    await next(client, 'connect');
    const left = new Promise((resolve) => {
      server.sockets.sockets.get(client.id as string)?.on('disconnect', resolve);
    });
    const told = watch(client);
    const failed = new Promise<void>((resolve) => {
      client.io.once('reconnect_failed', resolve);
    });
    await server.close(); // its HTTP server stays open
    await failed;
    expect(await left).toBe('server shutting down');
    expect(told).toEqual(['attempt 1', 'error', 'attempt 2', 'failed', 'error']);
    expect(client.connected).toBe(false);
  });

  it('is abandoned after reconnectionAttempts', async () => {
    const { port, stop } = await serve();
    const client = connect(port, { reconnectionAttempts: 3 });
    await next(client, 'connect');
    const told = watch(client);
    const failed = new Promise<void>((resolve) => {
      client.io.once('reconnect_failed', resolve);
    });
    await stop();
    await failed;
    expect(told).toEqual(['attempt 1', 'error', 'attempt 2', 'error', 'attempt 3', 'failed', 'error']);
  });
});

describe('a client that the server disconnected', () => {
  it.each(['out', 'all out'])('reconnects on request, not automatically: %s', async (how) => {
    const { server, port } = await serve();
    const client = connect(port);
    await next(client, 'connect');
    const told = watch(client);
    client.emit(how);
    expect((await next(client, 'disconnect'))[0]).toBe('io server disconnect');
    expect([client.active, server.sockets.sockets.size]).toEqual([false, 0]);
    client.connect();
    await next(client, 'connect');
    expect(await client.emitWithAck('say', 'again')).toBe('again');
    expect([told, server.sockets.sockets.size]).toEqual([[], 1]);
  });

  it('reconnects on request after it disconnected itself, too', async () => {
    const { server, port } = await serve();
    const client = connect(port);
    await next(client, 'connect');
    client.disconnect();
    client.emit('say', 'later');
    await expect.poll(() => server.engine.clientsCount).toBe(0);
    client.connect();
    expect(await client.emitWithAck('say', 'again')).toBe('again');
    expect(server.sockets.sockets.size).toBe(1);
  });
});
