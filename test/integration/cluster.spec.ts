/** Published Redis adapters, unmodified, under our server, in one cluster with a server of the `socket.io` package. */
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { Emitter } from '@socket.io/redis-emitter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { Redis as IoRedis } from 'ioredis';
import { randomUUID } from 'node:crypto';
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
import { createClient } from 'redis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { itServesACluster } from '../support/cluster-suite.js';
import { connect, found, startCluster, startOurs } from '../support/cluster.js';
import { SOON } from '../support/events.js';
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
  /** A prefix for each test, so that tests do not see what others left in Redis. */
  let prefix: string;

  beforeAll(async () => {
    redis = await startRedis();
  });

  beforeEach(() => {
    prefix = randomUUID();
  });

  afterAll(() => redis.stop());

  const clients = {
    ioredis() {
      const client = new IoRedis({ host: '127.0.0.1', port: redis.port });
      later(() => client.quit()); // after the adapter's last command
      return Promise.resolve(client);
    },
    async redis() {
      const client = createClient({ url: `redis://127.0.0.1:${redis.port}` });
      client.on('error', () => {});
      later(() => client.close());
      return client.connect();
    },
  };

  type Library = keyof typeof clients;

  const adapters = {
    'redis-adapter': async (library: Library) =>
      createAdapter(await clients[library](), await clients[library](), { key: prefix }),
    'the sharded redis-adapter': async (library: Library) =>
      createShardedAdapter(await clients[library](), await clients[library](), { channelPrefix: prefix }),
    'redis-streams-adapter': async (library: Library) =>
      createStreamsAdapter(await clients[library](), {
        streamName: prefix,
        channelPrefix: prefix,
        blockTimeInMs: 100, // it keeps its connection for this long after it is closed
      }),
  } satisfies Record<string, (library: Library) => Promise<PublishedAdapterFactory>>;

  describe.each(Object.entries(adapters))('through %s', (_name, createPublished) => {
    describe.each(Object.keys(clients) as Library[])('with the package %s', (library) => {
      itServesACluster(() => createPublished(library));
    });
  });

  it('passes on the acknowledgements that arrived when others did not', async () => {
    const { ours, ann } = await startCluster(() => adapters['redis-adapter']('ioredis'));
    ann.on('question', (answer) => answer('ann'));
    await expect(ours.timeout(1_000).emitWithAck('question')).rejects.toMatchObject({
      code: 'ACK_INCOMPLETE',
      responses: ['ann'],
      message: '1 of 2 clients acknowledged: not every client acknowledged within 1000 ms',
    });
  });

  it.each(PLATFORMS)('is made of two Nest applications on %s', async (platform) => {
    const [one, other] = [await startChat(platform), await startChat(platform)];
    const [ann, bob] = [one.connect('/chat'), other.connect('/chat')];
    await Promise.all([next(ann, 'connect'), next(bob, 'connect')]);
    await found(one.app.get(Server).of('/chat'), 2);
    const said = next(bob, 'said');
    expect(await ann.emitWithAck('say', 'hello')).toBe('told');
    expect(await said).toEqual(['hello']);
  });

  function startChat(platform: Platform): Promise<RunningApp> {
    const options = SocketIoModule.forRootAsync({
      useFactory: async () => ({ adapter: await adapters['redis-adapter']('ioredis') }),
    });
    return startApp({ imports: [options], providers: [ChatGateway] }, platform);
  }

  it.each(Object.keys(clients) as Library[])(
    'receives broadcasts of processes that only emit, with %s',
    async (library) => {
      const heard: Record<string, unknown[]> = { ann: [], bob: [], cid: [], ours: [] };
      const [ours, url] = await startOurs(() => adapters['redis-adapter'](library));
      ours.of('/chat');
      ours.on('news', (text) => heard['ours']?.push(text));
      const [ann, bob, cid] = [connect(url), connect(url), connect(`${url}/chat`)];
      await Promise.all([next(ann, 'connect'), next(bob, 'connect'), next(cid, 'connect')]);
      // The server is subscribed once it receives its own message.
      await expect.poll(() => ours.sockets.adapter.serverCount(), SOON).toBe(1);
      await expect.poll(() => ours.of('/chat').adapter.serverCount(), SOON).toBe(1);

      const emitter = new Emitter(await clients[library](), { key: prefix });
      for (const [name, client] of Object.entries({ ann, bob, cid })) {
        client.onAny((...event: unknown[]) => heard[name]?.push(event));
      }
      emitter.in(ann.id as string).socketsJoin('den');
      await expect.poll(() => ours.sockets.adapter.rooms.get('den')?.size, SOON).toBe(1);
      emitter.emit('all', Buffer.from([1, 2]));
      emitter.to('den').emit('den', 1);
      emitter.except('den').emit('others', 2);
      emitter.of('/chat').emit('said', 3);
      emitter.serverSideEmit('news', 4);
      emitter.emit('last');
      emitter.of('/chat').emit('last');
      await Promise.all([next(ann, 'last'), next(bob, 'last'), next(cid, 'last')]);
      const all = ['all', Buffer.from([1, 2])];
      expect(heard).toEqual({
        ann: [all, ['den', 1], ['last']],
        bob: [all, ['others', 2], ['last']],
        cid: [['said', 3], ['last']],
        ours: [4],
      });
      const gone = next(ann, 'disconnect');
      emitter.in('den').disconnectSockets();
      expect((await gone)[0]).toBe('io server disconnect');
    },
  );
});
