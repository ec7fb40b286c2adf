/** A client that loses its connection resumes on another server of the cluster, ours or one of `socket.io`. */
import { createAdapter } from '@socket.io/redis-streams-adapter';
import { Redis as Client } from 'ioredis';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'nest-socketio';
import { Server as PeerServer } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { meet } from '../support/cluster.js';
import { later, next } from '../support/nest-app.js';
import { type Redis, startRedis } from '../support/redis.js';
import { describeWith } from '../support/requires.js';

/** The part of both servers that the test needs. */
interface Node {
  readonly sockets: {
    readonly sockets: ReadonlyMap<string, { join(room: string): unknown; data: unknown; readonly recovered: boolean }>;
  };
  to(room: string): { emit(event: string, ...args: unknown[]): unknown };
  emit(event: string, ...args: unknown[]): unknown;
  fetchSockets(): Promise<readonly unknown[]>;
  close(): Promise<void>;
}

type Make = (http: HttpServer) => Node;

describeWith('redis-server', 'recovery in a cluster', () => {
  let redis: Redis;

  beforeAll(async () => {
    redis = await startRedis();
  });

  afterAll(() => redis.stop());

  const options = (): { adapter: never; connectionStateRecovery: object } => {
    const client = new Client({ host: '127.0.0.1', port: redis.port });
    later(() => client.quit());
    return { adapter: createAdapter(client, { blockTimeInMs: 100 }) as never, connectionStateRecovery: {} };
  };
  const ours: Make = (http) => new Server(http, options());
  const theirs: Make = (http) => new PeerServer(http, { ...options(), transports: ['websocket'] });

  it.each([
    ['ours to ours', ours, ours],
    ['ours to the other', ours, theirs],
    ['the other to ours', theirs, ours],
  ])('works from %s', async (_name, makeOne, makeOther) => {
    const [one, other] = [await start(makeOne), await start(makeOther)];
    const [cid, bob] = [connect(one.url), connect(other.url)];
    await Promise.all([next(cid, 'connect'), next(bob, 'connect')]);
    await meet([one.node, cid], [other.node, bob]);
    const ann = connect(one.url);
    await next(ann, 'connect');
    const { id } = ann;
    const socket = one.node.sockets.sockets.get(id as string);
    await socket?.join('den');
    if (socket !== undefined) socket.data = { name: 'ann' };
    const moved: unknown[] = [];
    for (const { node } of [one, other]) {
      if (node instanceof Server) node.sockets.observe({ moved: (left) => moved.push(left.id) });
    }
    const seen = next(ann, 'news');
    one.node.emit('news', 'seen');
    await seen;

    const heard: unknown[] = [];
    ann.on('news', (news: unknown) => heard.push(news));
    const lost = next(ann, 'disconnect');
    ann.io.engine.close();
    await lost;
    await expect.poll(() => one.node.sockets.sockets.size).toBe(1);
    one.node.to('den').emit('news', { data: Buffer.from([1, 2]) });
    other.node.to(id as string).emit('news', 'to the client');
    other.node.to('attic').emit('news', 'to others');
    // Once clients of both servers have received a later event, all earlier ones are in the stream.
    const fences = Promise.all([next(cid, 'fence from other'), next(bob, 'fence from one')]);
    one.node.emit('fence from one');
    other.node.emit('fence from other');
    await fences;

    (ann.io as unknown as { uri: string }).uri = other.url;
    await next(ann.connect(), 'connect');
    expect([ann.id, ann.recovered]).toEqual([id, true]);
    await expect.poll(() => heard.length).toBe(2);
    expect(heard).toEqual([{ data: Buffer.from([1, 2]) }, 'to the client']);
    const back = other.node.sockets.sockets.get(id as string);
    expect([back?.recovered, back?.data]).toEqual([true, { name: 'ann' }]);
    one.node.to('den').emit('news', 'after');
    await expect.poll(() => heard.at(-1)).toBe('after');
    if (one.node instanceof Server && other.node instanceof Server) await expect.poll(() => moved).toEqual([id]);
  });
});

async function start(make: Make): Promise<{ node: Node; url: string }> {
  const http = createServer();
  const node = make(http);
  later(async () => {
    await node.close();
    http.close();
  });
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  return { node, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

function connect(url: string): Socket {
  const client = io(url, { transports: ['websocket'], forceNew: true, reconnection: false });
  later(() => client.disconnect());
  return client;
}
