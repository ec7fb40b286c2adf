/** Published adapters, unmodified, with both Redis clients, whose Redis is killed, stopped or shared with strangers. */
import { encode } from '@msgpack/msgpack';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { Emitter } from '@socket.io/redis-emitter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { Redis as IoRedis } from 'ioredis';
import { Broadcaster, createFlaskQueueAdapter, guardBrokerClient, type Server } from 'nest-socketio';
import { createClient } from 'redis';
import type { Socket } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PublishedEmitterTarget } from '../../../lib/cluster/emitter-target.js';
import type { AdapterOption } from '../../../lib/server/server-options.js';
import { connect, found, startOurs } from '../../support/cluster.js';
import { SOON } from '../../support/events.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { later, next } from '../../support/nest-app.js';
import { type Redis, startRedis } from '../../support/redis.js';
import { describeWith } from '../../support/requires.js';
import { expectNothingUncaught } from '../../support/uncaught.js';

/** Commands that wait longer fail: 5 s by default, as in the package `redis`. ms */
const COMMAND_TIMEOUT = 200;

describeWith('redis-server', 'an absent broker', () => {
  let redis: Redis;
  let log: RecordingLog;
  let ours: Server;
  let ann: Socket;

  beforeEach(async () => {
    redis = await startRedis();
    log = new RecordingLog();
    expectNothingUncaught();
  });

  afterEach(async () => {
    redis.signal('SIGCONT');
    await redis.stop();
  });

  const clients = {
    ioredis() {
      // One retry: commands are rejected while Redis is away.
      const options = { maxRetriesPerRequest: 1, retryStrategy: () => 50 };
      const client = new IoRedis({ host: '127.0.0.1', port: redis.port, ...options });
      client.on('error', () => {});
      later(() => client.disconnect());
      return Promise.resolve(client);
    },
    async redis() {
      const client = createClient({
        url: `redis://127.0.0.1:${redis.port}`,
        commandOptions: { timeout: COMMAND_TIMEOUT },
        socket: { reconnectStrategy: () => 50 },
      });
      client.on('error', () => {});
      await client.connect();
      later(() => client.destroy());
      return client;
    },
  };

  type Library = keyof typeof clients;

  /** Each creates an adapter, and messages that it cannot read. */
  const packages: Record<
    string,
    {
      create: (library: Library) => Promise<AdapterOption>;
      foreign: (client: IoRedis) => Promise<unknown>;
    }
  > = {
    'redis-adapter': {
      create: async (library) => createAdapter(await clients[library](), await clients[library]()),
      foreign: (client) =>
        Promise.all([
          client.publish('socket.io#/#', Buffer.from([0xc1])),
          client.publish('socket.io#/#', Buffer.from(encode(['x', { nsp: '/' }]))),
          client.publish('socket.io-request#/#', '{"type":5}'),
        ]),
    },
    'the sharded redis-adapter': {
      create: async (library) => createShardedAdapter(await clients[library](), await clients[library]()),
      foreign: (client) =>
        Promise.all([
          client.spublish('socket.io#/#', Buffer.from([0xc1])),
          client.spublish('socket.io#/#', '{"uid":"x","nsp":"/","type":3}'),
        ]),
    },
    'redis-streams-adapter': {
      create: async (library) =>
        createStreamsAdapter(guardBrokerClient<object>(await clients[library](), { logger: log }), {
          blockTimeInMs: 100,
        }),
      foreign: (client) =>
        Promise.all([
          client.publish('socket.io#/#', Buffer.from([0xc1])),
          client.xadd('socket.io', '*', 'uid', 'x', 'nsp', '/', 'type', '3', 'data', '{}'),
        ]),
    },
  };

  async function start(adapter: AdapterOption): Promise<void> {
    const [server, url] = await startOurs(() => adapter, { logger: log, ackTimeout: 500 });
    ours = server;
    ann = connect(url);
    ours.on('connection', (socket) => {
      socket.on('ask', (answer: (text: string) => void) => answer('answered'));
    });
    await next(ann, 'connect');
  }

  /** Uses every kind of call while the broker is away, and a healthy client meanwhile. */
  async function useEverything(): Promise<void> {
    ann.on('question', (answer) => answer('ann'));
    const heard = next(ann, 'meanwhile');
    ours.emit('meanwhile', 1);
    ours.serverSideEmit('hello');
    ours.socketsJoin('den');
    ours.reach('/elsewhere').emit('meanwhile', 1);
    const [sockets, answers, answered] = await Promise.allSettled([
      ours.fetchSockets(),
      ours.timeout(500).emitWithAck('question'),
      ann.timeout(5_000).emitWithAck('ask'),
    ]);
    expect((await heard)[0]).toBe(1);
    expect(sockets).toMatchObject({ status: 'rejected', reason: { code: 'ADAPTER_FAILED' } });
    expect(answers).toMatchObject({ status: 'rejected', reason: { responses: ['ann'] } });
    expect(answered).toMatchObject({ value: 'answered' });
  }

  describe.each(Object.entries(packages))('of %s', (_name, { create, foreign }) => {
    it.each<Library>(['redis', 'ioredis'])('or its recovery ends nothing, with the client %s', async (library) => {
      await start(await create(library));
      redis.signal('SIGKILL');
      await useEverything();
      await expect.poll(() => (ours.emit('more'), ours.brokerHealth.degraded), SOON).not.toBeNull();
      expect(ours.brokerHealth.failed).toBeGreaterThan(0);
      expect(log.errors.length).toBeGreaterThan(0);
      expect(log.errors.length).toBeLessThan(12); // each kind once a minute

      redis = await startRedis(redis.port);
      await expect.poll(() => (ours.emit('more'), ours.brokerHealth.degraded), SOON).toBeNull();
      await found(ours, 1);
    });

    it.each<Library>(['redis', 'ioredis'])(
      'makes no difference to foreign bytes: they are ignored, with the client %s',
      async (library) => {
        await start(await create(library));
        await found(ours, 1); // subscribed
        const stranger = await clients.ioredis();
        await expect
          .poll(async () => {
            await foreign(stranger);
            return ours.brokerHealth.unreadable;
          }, SOON)
          .toBeGreaterThan(0);
        for (let i = 0; i < 20; i++) await foreign(stranger);
        expect(await ann.timeout(5_000).emitWithAck('ask')).toBe('answered');
        expect(log.errors.length).toBeLessThan(4); // each kind once a minute
        await expect.poll(() => log.errors[0]?.[0]).toBe('reading a message from the broker in / failed');
        await found(ours, 1);
      },
    );
  });

  describe('that is silent', () => {
    it.each<[string, () => Promise<AdapterOption>]>([
      ['redis-adapter', () => packages['redis-adapter']!.create('ioredis')],
      ['the sharded redis-adapter', () => packages['the sharded redis-adapter']!.create('ioredis')],
      ['redis-streams-adapter', () => packages['redis-streams-adapter']!.create('ioredis')],
      ['the queue of Flask', async () => createFlaskQueueAdapter(await clients.ioredis(), await clients.ioredis())],
    ])('keeps no more than the limit for later, and serves local clients, with %s', async (_name, create) => {
      await start(await create());
      redis.signal('SIGSTOP');
      const brokerMessages = 10_000;
      const text = 'x'.repeat(100);
      let got = 0;
      ann.on('n', () => got++);
      for (let round = 0; round < 12; round++) {
        for (let i = 0; i < 1_000; i++) ours.emit('n', text);
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
      }
      await expect.poll(() => got, SOON).toBe(12_000);
      const { dropped, degraded } = ours.brokerHealth;
      expect(dropped).toBeGreaterThanOrEqual(12_000 - brokerMessages);
      expect(dropped).toBeLessThan(12_000);
      expect(degraded).toContain('the oldest are dropped');
      expect(ours.engine.limitCounts.brokerMessages).toBe(dropped);
      expect(log.warnings.filter((line) => line.includes('brokerMessages'))).toHaveLength(1);
      expect(await ann.timeout(5_000).emitWithAck('ask')).toBe('answered');

      redis.signal('SIGCONT');
      await expect.poll(() => (ours.emit('more'), ours.brokerHealth.degraded), SOON).toBeNull();
    });
  });

  it.each<Library>(['redis', 'ioredis'])('ends no process that only emits, with the client %s', async (library) => {
    const client = await clients[library]();
    const orders = new Broadcaster(new PublishedEmitterTarget(new Emitter(client), log), '/orders');
    redis.signal('SIGKILL');
    await expect
      .poll(() => {
        orders.to('7').emit('packed', '7');
        return log.errors.map(([line]) => line);
      }, SOON)
      .toEqual(['publish failed: the clients were not reached']);
  });
});
