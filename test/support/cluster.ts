/** A cluster of one server of ours and one of the `socket.io` package, in this process, with a client each. */
import { randomUUID } from 'node:crypto';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AdapterOption, Server, type ServerOptions } from 'nest-socketio';
import { Server as PeerServer } from 'socket.io';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { expect } from 'vitest';
import { later, next } from './nest-app.js';

/** Makes the adapter of one server, with connections to a broker that end after the test. */
export type CreateAdapter = () => AdapterOption | Promise<AdapterOption>;

export interface Cluster {
  readonly ours: Server;
  readonly peer: PeerServer;
  /** A client of ours. */
  readonly ann: Socket;
  /** A client of the peer. */
  readonly bob: Socket;
}

/** Resolves when each server has heard of the other. */
export async function startCluster(createAdapter: CreateAdapter): Promise<Cluster> {
  const [ours, ourUrl] = await startOurs(createAdapter);
  const [peer, peerUrl] = await startPeer(createAdapter);
  const [ann, bob] = [connect(ourUrl, { auth: { name: 'ann' } }), connect(peerUrl, { auth: { name: 'bob' } })];
  await Promise.all([next(ann, 'connect'), next(bob, 'connect')]);
  await meet([ours, ann], [peer, bob]);
  return { ours, peer, ann, bob };
}

type Member = readonly [
  server: { fetchSockets(): Promise<readonly unknown[]>; emit(event: string): unknown },
  client: Socket,
];

/**
 * Resolves when two servers with a client each answer each other, and broadcast to each other's client: adapters
 * have ways of their own for either, which open at different times.
 */
export async function meet(...members: readonly [Member, Member]): Promise<void> {
  for (const [server] of members) await found(server, 2);
  const [one, other] = members;
  for (const [[server], [, client]] of [
    [one, other],
    [other, one],
  ] as const) {
    let heard = false;
    const event = `met ${randomUUID()}`;
    client.once(event, () => (heard = true));
    await expect
      .poll(() => {
        if (!heard) server.emit(event);
        return heard;
      }, SOON)
      .toBe(true);
  }
}

/** For `expect.poll`: servers that share a busy machine may take their time. */
export const SOON = { timeout: 15_000 };

/** Resolves when a server, or a chain, finds so many sockets in the cluster. */
export async function found(chain: { fetchSockets(): Promise<readonly unknown[]> }, count: number): Promise<void> {
  await expect.poll(async () => (await chain.fetchSockets()).length, SOON).toBe(count);
}

export async function startOurs(
  createAdapter: CreateAdapter,
  options: ServerOptions = {},
): Promise<[server: Server, url: string]> {
  const http = createServer();
  const server = new Server(http, { ...options, adapter: await createAdapter() });
  later(() => server.close());
  return [server, await listen(http)];
}

async function startPeer(createAdapter: CreateAdapter): Promise<[server: PeerServer, url: string]> {
  const http = createServer();
  const server = new PeerServer(http, { adapter: (await createAdapter()) as never, transports: ['websocket'] });
  server.on('connection', (socket) => {
    socket.data = { role: 'peer' };
  });
  later(() => server.close());
  return [server, await listen(http)];
}

async function listen(http: HttpServer): Promise<string> {
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  later(() => http.close());
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

/** A stock client that ends with the test. */
export function connect(url: string, options: Partial<ManagerOptions & SocketOptions> = {}): Socket {
  const client = io(url, { transports: ['websocket'], forceNew: true, reconnection: false, ...options });
  later(() => client.disconnect());
  return client;
}
