/** A cluster of one server of this package and one of the `socket.io` package, in one process, with a client each. */
import { randomUUID } from 'node:crypto';
import { createServer, type Server as HttpServer } from 'node:http';
import { type AdapterOption, Server, type ServerOptions } from 'nest-socketio';
import { Server as PeerServer } from 'socket.io';
import type { Socket } from 'socket.io-client';
import { expect } from 'vitest';
import { next, SOON } from './events.js';
import { listen } from './listen.js';
import { later } from './nest-app.js';
import { connectStock as connect } from './stock-client.js';

export { connect };

/** Creates the adapter of one server, with connections to a broker that are closed after the test. */
export type CreateAdapter = () => AdapterOption | Promise<AdapterOption>;

export interface Cluster {
  readonly ours: Server;
  readonly peer: PeerServer;
  /** A client of our server. */
  readonly ann: Socket;
  /** A client of the peer. */
  readonly bob: Socket;
}

/** Resolves when each server knows the other. */
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
 * Resolves when two servers with a client each answer each other's requests and receive each other's broadcasts.
 * Adapters use separate channels for the two, which become ready at different times.
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

/** Resolves when a server, or a chain, finds this number of sockets in the cluster. */
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
  return [server, await serve(http)];
}

async function startPeer(createAdapter: CreateAdapter): Promise<[server: PeerServer, url: string]> {
  const http = createServer();
  const server = new PeerServer(http, { adapter: (await createAdapter()) as never, transports: ['websocket'] });
  server.on('connection', (socket) => {
    socket.data = { role: 'peer' };
  });
  later(() => server.close());
  return [server, await serve(http)];
}

async function serve(http: HttpServer): Promise<string> {
  const port = await listen(http);
  later(() => http.close());
  return `http://127.0.0.1:${port}`;
}
