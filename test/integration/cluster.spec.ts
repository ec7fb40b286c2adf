/** Published adapters under our server, unmodified, in one cluster with a server of the `socket.io` package. */
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { Redis as Client } from 'ioredis';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Broadcaster,
  Event,
  Gateway,
  InjectBroadcaster,
  type PublishedAdapterFactory,
  Server,
  Socket as ServerSocket,
  SocketIoModule,
} from 'nest-socketio';
import { Server as PeerServer } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { later, next, type Platform, PLATFORMS, type RunningApp, startApp } from '../support/nest-app.js';
import { type Redis, startRedis } from '../support/redis.js';
import { describeWith } from '../support/requires.js';

@Gateway('/chat')
class ChatGateway {
  constructor(@InjectBroadcaster('/chat') private readonly chat: Broadcaster) {}

  @Event()
  say(@MessageBody() text: string, @ConnectedSocket() client: ServerSocket): string {
    this.chat.except(client.id).emit('said', text);
    return 'told';
  }
}

describeWith('redis-server', 'a cluster', () => {
  let redis: Redis;

  beforeAll(async () => {
    redis = await startRedis();
  });

  afterAll(() => redis.stop());

  function connection(): Client {
    const client = new Client({ host: '127.0.0.1', port: redis.port });
    later(() => client.quit()); // after the adapter's last command
    return client;
  }

  const adapters: readonly [string, () => PublishedAdapterFactory][] = [
    ['redis-adapter', () => createAdapter(connection(), connection())],
    ['the sharded redis-adapter', () => createShardedAdapter(connection(), connection())],
    ['redis-streams-adapter', () => createStreamsAdapter(connection())],
  ];

  it.each(PLATFORMS)('is made of two Nest applications on %s', async (platform) => {
    const [one, other] = [await startChat(platform), await startChat(platform)];
    const [ann, bob] = [one.connect('/chat'), other.connect('/chat')];
    await Promise.all([next(ann, 'connect'), next(bob, 'connect')]);
    await expect.poll(async () => (await one.app.get(Server).of('/chat').fetchSockets()).length).toBe(2);
    const said = next(bob, 'said');
    expect(await ann.emitWithAck('say', 'hello')).toBe('told');
    expect(await said).toEqual(['hello']);
  });

  function startChat(platform: Platform): Promise<RunningApp> {
    const options = SocketIoModule.forRootAsync({
      useFactory: () => ({ adapter: createAdapter(connection(), connection()) }),
    });
    return startApp({ imports: [options], providers: [ChatGateway] }, platform);
  }

  describe.each(adapters)('through %s', (_name, createPublished) => {
    it('reaches the clients of both servers', async () => {
      const { ours, peer, ann, bob } = await startCluster(createPublished);

      const heard = Promise.all([next(ann, 'all'), next(bob, 'all')]);
      ours.emit('all', { data: Buffer.from([1, 2]) });
      expect(await heard).toEqual([[{ data: Buffer.from([1, 2]) }], [{ data: Buffer.from([1, 2]) }]]);

      const fromPeer = Promise.all([next(ann, 'all'), next(bob, 'all')]);
      peer.emit('all', 'hello');
      expect(await fromPeer).toEqual([['hello'], ['hello']]);

      const direct = next(bob, 'direct');
      ours.to(bob.id as string).emit('direct', 1);
      expect(await direct).toEqual([1]);
      const back = next(ann, 'direct');
      peer.to(ann.id as string).emit('direct', 2);
      expect(await back).toEqual([2]);
    });

    it('joins and leaves rooms, and leaves out whom it excepts', async () => {
      const { ours, peer, ann, bob } = await startCluster(createPublished);
      ours.socketsJoin('den');
      await expect.poll(async () => (await peer.in('den').fetchSockets()).length).toBe(2);

      const seen: unknown[] = [];
      ann.on('said', (text) => seen.push(['ann', text]));
      bob.on('said', (text) => seen.push(['bob', text]));
      ours
        .to('den')
        .except(ann.id as string)
        .emit('said', 'to bob');
      peer
        .to('den')
        .except(bob.id as string)
        .emit('said', 'to ann');
      ours.to([]).emit('said', 'to nobody');
      await expect.poll(() => seen.length).toBe(2);
      expect(seen).toEqual(
        expect.arrayContaining([
          ['bob', 'to bob'],
          ['ann', 'to ann'],
        ]),
      );

      peer.in(ann.id as string).socketsLeave('den');
      await expect.poll(async () => (await ours.in('den').fetchSockets()).map(({ id }) => id)).toEqual([bob.id]);
    });

    it('collects the acknowledgements of both servers', async () => {
      const { ours, peer, ann, bob } = await startCluster(createPublished);
      ann.on('question', (_text, answer) => answer('ann'));
      bob.on('question', (_text, answer) => answer('bob'));
      expect(new Set(await ours.timeout(2_000).emitWithAck('question', '?'))).toEqual(new Set(['ann', 'bob']));
      expect(new Set(await peer.timeout(2_000).emitWithAck('question', '?'))).toEqual(new Set(['ann', 'bob']));
      expect(await ours.to(bob.id as string).call('question', '?')).toBe('bob');
      bob.off('question');
      await expect(ours.timeout(200).emitWithAck('question', '?')).rejects.toMatchObject({
        code: 'ACK_INCOMPLETE',
        responses: ['ann'],
      });
    });

    it('finds the sockets of both servers, and acts on those of the other', async () => {
      const { ours, peer, bob } = await startCluster(createPublished);
      const sockets = await ours.fetchSockets();
      expect(sockets).toHaveLength(2);
      const distant = sockets.find(({ id }) => id === bob.id);
      expect(distant?.handshake.auth).toEqual({ name: 'bob' });
      expect(distant?.data).toEqual({ role: 'peer' });

      bob.on('question', (answer) => answer('yes'));
      expect(await distant?.timeout(2_000).emitWithAck('question')).toBe('yes');
      distant?.join('cellar');
      await expect.poll(async () => (await peer.in('cellar').fetchSockets()).length).toBe(1);
      const left = next(bob, 'disconnect');
      distant?.disconnect();
      expect((await left)[0]).toBe('io server disconnect');
    });

    it('lets the servers talk to each other', async () => {
      const { ours, peer } = await startCluster(createPublished);
      peer.on('ping?' as never, ((text: string, answer: (reply: string) => void) => answer(`peer: ${text}`)) as never);
      ours.on('ping?', (text: string, answer: (reply: string) => void) => answer(`ours: ${text}`));
      expect(await ask((done) => ours.serverSideEmit('ping?', 'a', done))).toEqual([null, ['peer: a']]);
      expect(await ask((done) => peer.serverSideEmit('ping?', 'b', done))).toEqual([null, ['ours: b']]);
    });
  });
});

/** What an acknowledgement was called with. */
function ask(emit: (done: (...args: unknown[]) => void) => unknown): Promise<unknown[]> {
  return new Promise((resolve) => {
    emit((...args) => resolve(args));
  });
}

/** A server of ours with the client `ann`, and one of the `socket.io` package with the client `bob`. */
async function startCluster(createPublished: () => PublishedAdapterFactory) {
  const [ourHttp, peerHttp] = [createServer(), createServer()];
  const ours = new Server(ourHttp, { adapter: createPublished() });
  const peer = new PeerServer(peerHttp, { adapter: createPublished() as never, transports: ['websocket'] });
  peer.on('connection', (socket) => {
    socket.data = { role: 'peer' };
  });
  later(async () => {
    await Promise.all([ours.close(), peer.close()]);
    ourHttp.close();
  });
  const [ann, bob] = await Promise.all([connect(ourHttp, 'ann'), connect(peerHttp, 'bob')]);
  // Each has heard of the other when both clients are found from both sides.
  await expect.poll(async () => (await ours.fetchSockets()).length, { timeout: 10_000 }).toBe(2);
  await expect.poll(async () => (await peer.fetchSockets()).length, { timeout: 10_000 }).toBe(2);
  return { ours, peer, ann, bob };
}

async function connect(http: ReturnType<typeof createServer>, name: string): Promise<Socket> {
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  const { port } = http.address() as AddressInfo;
  const client = io(`http://127.0.0.1:${port}`, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    auth: { name },
  });
  later(() => client.disconnect());
  await next(client, 'connect');
  return client;
}
