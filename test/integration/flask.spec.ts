/** One of our servers and one of Debian's Flask-SocketIO, each with clients, on one message queue in a real Redis. */
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Redis as IoRedis } from 'ioredis';
import {
  Broadcaster,
  createFlaskQueueAdapter,
  FlaskQueueEmitter,
  type FlaskQueueOptions,
  type RedisPublisher,
  type RedisSubscriber,
  type Server,
  SocketIoEmitterModule,
} from 'nest-socketio';
import { createClient } from 'redis';
import type { Socket } from 'socket.io-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect, startOurs } from '../support/cluster.js';
import { SOON } from '../support/events.js';
import { RecordingLog } from '../support/engine-rig.js';
import { later, next } from '../support/nest-app.js';
import { freePort, start } from '../support/process.js';
import { PYTHON } from '../support/programs.mjs';
import { type Redis, startRedis } from '../support/redis.js';
import { describeWith } from '../support/requires.js';

const SCRIPT = fileURLToPath(new URL('flask_server.py', import.meta.url));

type Dialect = 'json' | 'pickle';

describeWith('python3-flask-socketio', 'with Flask-SocketIO', () => {
  describeWith('redis-server', 'on one message queue', () => {
    let redis: Redis;
    let url: string;

    beforeAll(async () => {
      redis = await startRedis();
      url = `redis://127.0.0.1:${redis.port}`;
    });

    afterAll(() => redis.stop());

    const clients = {
      ioredis() {
        const client = new IoRedis(url);
        later(() => client.quit());
        return Promise.resolve(client);
      },
      async redis() {
        const client = createClient({ url });
        client.on('error', () => {});
        later(() => client.close());
        return client.connect();
      },
    } satisfies Record<string, () => Promise<RedisPublisher & RedisSubscriber>>;

    type Library = keyof typeof clients;

    /** Connects Ann to our server and Bob to Flask's. Resolves when each server receives from the other. */
    async function meet(library: Library, dialect: Dialect, options?: FlaskQueueOptions) {
      const log = new RecordingLog();
      const adapter = createFlaskQueueAdapter(await clients[library](), await clients[library](), options);
      const [server, ourUrl] = await startOurs(() => adapter, { logger: log });
      const port = await freePort();
      const flask = start(PYTHON, ['-I', SCRIPT, url, dialect, String(port)], /Running on/, { cwd: '/' });
      later(() => flask.stop());
      await flask.printed;
      const ann = connect(ourUrl);
      const bob = connect(`http://127.0.0.1:${port}`, { transports: ['polling'] });
      await Promise.all([next(ann, 'connect'), next(bob, 'connect')]);
      await heard(bob, 'met', () => server.emit('met', 'bob'));
      if (dialect === 'json') await heard(ann, 'said', () => bob.emit('say', ['met'], {}));
      return { server, ann, bob, log };
    }

    it.each(Object.keys(clients) as Library[])('speaks with it, by way of the package %s', async (library) => {
      const { server, ann, bob, log } = await meet(library, 'json');
      const seen = keep(ann, bob);
      const sid = (await bob.emitWithAck('join', 'den')) as string;
      expect(sid).toBe(bob.id);
      server.in(ann.id as string).socketsJoin('den');

      const ends = Promise.all([ended(ann), ended(bob)]);
      server.emit('all', 'hello', [1, null], { a: 'ü' });
      server.to('den').except(sid).emit('said', 'not to bob');
      server.to('den').emit('said', 'to both');
      // Flask sends to its own client at once, without waiting for messages in the queue.
      await expect.poll(() => seen.bob().length, SOON).toBe(2);
      await bob.emitWithAck('say', ['to den', [1, 2]], { to: 'den' });
      await bob.emitWithAck('say', ['not to bob'], { include_self: false });
      await bob.emitWithAck('say', ['to ann'], { to: ann.id });
      bob.emit('say', [], {});
      await ends;
      const all = ['all', 'hello', [1, null], { a: 'ü' }];
      expect(seen.ann()).toEqual([
        all,
        ['said', 'not to bob'],
        ['said', 'to both'],
        ['said', 'to den', [1, 2]],
        ['said', 'not to bob'],
        ['said', 'to ann'],
        ['said'],
      ]);
      expect(seen.bob()).toEqual([all, ['said', 'to both'], ['said', 'to den', [1, 2]], ['said']]);

      bob.on('question', (text, answer) => answer(`${text} fine`));
      expect(await server.to(sid).call('question', 'and you?')).toBe('and you? fine');
      expect(await server.to(sid).timeout(10_000).emitWithAck('question', 'and now?')).toEqual(['and now? fine']);
      ann.on('question', (text, answer) => answer(text, 2));
      const answered = next(ann, 'answered');
      bob.emit('ask', ann.id);
      expect(await answered).toEqual([['how are you?', 2]]);

      await closed(server, () => bob.emit('close', 'den'));
      const gone = Promise.all([next(ann, 'disconnect'), next(bob, 'disconnect')]);
      bob.emit('kick', ann.id);
      await expect.poll(() => ann.connected, SOON).toBe(false);
      server.in(sid).disconnectSockets();
      expect((await gone).map(([reason]) => reason)).toEqual(['io server disconnect', 'io server disconnect']);
      expect([log.errors, log.warnings]).toEqual([[], []]);
    });

    it('reaches the clients of both from workers of both', async () => {
      const { ann, bob } = await meet('ioredis', 'json');
      const reports = Promise.all([next(ann, 'report'), next(bob, 'report')]);
      await promisify(execFile)(PYTHON, ['-I', SCRIPT, url, 'json'], { timeout: 20_000 });
      expect(await reports).toEqual([[{ done: 3 }], [{ done: 3 }]]);

      @Injectable()
      class Reporter {
        constructor(readonly everybody: Broadcaster) {}
      }
      @Module({
        imports: [
          SocketIoEmitterModule.forRootAsync({
            useFactory: async () => ({ emitter: new FlaskQueueEmitter(await clients.ioredis()) }),
          }),
        ],
        providers: [Reporter],
      })
      class WorkerModule {}
      const worker = await NestFactory.createApplicationContext(WorkerModule, { logger: false });
      later(() => worker.close());
      const { everybody } = worker.get(Reporter);
      const more = Promise.all([next(ann, 'report'), next(bob, 'report')]);
      everybody.emit('report', { done: 4 });
      expect(await more).toEqual([[{ done: 4 }], [{ done: 4 }]]);
      const gone = next(bob, 'disconnect');
      everybody.in(bob.id as string).disconnectSockets();
      expect((await gone)[0]).toBe('io server disconnect');
    });

    it('reaches the clients of an old version, and does not read its pickles', async () => {
      const { server, ann, bob, log } = await meet('redis', 'pickle', { bareValues: true });
      const seen = keep(ann, bob);
      await expect
        .poll(() => {
          if (log.warnings.length === 0) bob.emit('say', ['met'], {});
          return log.warnings.length;
        }, SOON)
        .toBe(1);
      const ends = Promise.all([ended(ann), ended(bob)]);
      server.emit('said', { by: 'ours' });
      server.emit('said');
      await ends;
      expect(seen.ann()).toEqual([['said', { by: 'ours' }], ['said']]);
      expect(seen.bob()).toEqual([['said', { by: 'ours' }], ['said']]);
      expect(log.warnings).toEqual([
        'a message on flask-socketio was ignored: it must be JSON, got a pickle: ' +
          'update python-socketio on the sender to 5.14 or later',
      ]);
      expect(log.errors).toEqual([]);
    });
  });
});

/** Repeats an action until the client receives the event, since subscribing takes an unknown time. */
async function heard(client: Socket, event: string, act: () => unknown): Promise<void> {
  let isHeard = false;
  client.once(event, () => (isHeard = true));
  await expect
    .poll(() => {
      if (!isHeard) act();
      return isHeard;
    }, SOON)
    .toBe(true);
}

const isNews = ([event, text]: unknown[]): boolean => event !== 'met' && text !== 'met';

/** Records the events of two clients from now on, except those of the set-up. */
function keep(ann: Socket, bob: Socket) {
  const seen = { ann: [] as unknown[][], bob: [] as unknown[][] };
  ann.onAny((...event: unknown[]) => seen.ann.push(event));
  bob.onAny((...event: unknown[]) => seen.bob.push(event));
  return { ann: () => seen.ann.filter(isNews), bob: () => seen.bob.filter(isNews) };
}

/** Resolves when the event `said` arrives without a text. */
function ended(client: Socket): Promise<void> {
  return new Promise((resolve) => {
    client.on('said', (...args: unknown[]) => args.length === 0 && resolve());
  });
}

/** Resolves when none of our clients is in the room "den". */
async function closed(server: Server, act: () => unknown): Promise<void> {
  expect(server.sockets.adapter.rooms.get('den')?.size).toBe(1);
  act();
  await expect.poll(() => server.sockets.adapter.rooms.get('den'), SOON).toBeUndefined();
}
