/** The examples of docs/several-processes.md work as the page says, on a real Redis server. */
import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis as IoRedis } from 'ioredis';
import { type BrokerFactory, memoryBroker, Server, SocketIoModule } from 'nest-socketio';
import type { Socket } from 'socket.io-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { BulletinWriter } from '../../lib/cluster/bulletin/bulletin-writer.js';
import { encodeMessage } from '../../lib/cluster/node/messages.js';
import { FLASK_QUEUE_DEFAULTS } from '../../lib/cluster/flask/flask-queue-options.js';
import { systemClock } from '../../lib/engine/internal.js';
import { connect, found } from '../support/cluster.js';
import { SOON } from '../support/events.js';
import { Examples } from '../support/examples.js';
import { later, next, startApp } from '../support/nest-app.js';
import { freePort, start } from '../support/process.js';
import { type Redis, startRedis } from '../support/redis.js';
import { describeWith } from '../support/requires.js';

const examples = new Examples('docs/several-processes.md');
let port: number;

beforeAll(async () => {
  port = await freePort();
  examples.compile(port);
});

interface Packer {
  packed(order: string): void;
}

async function serve(Module: Type) {
  const { app, connect: enter } = await startApp({ imports: [Module] });
  const client = enter('/orders');
  await next(client, 'connect');
  return { app, client };
}

async function work<Provider = Packer>(Module: Type, Provider: Type): Promise<Provider> {
  const worker = await NestFactory.createApplicationContext(Module, { logger: false });
  later(() => worker.close());
  return worker.get<Provider>(Provider);
}

/** Checks that a message of one client reaches both. */
async function talk(one: Socket, other: Socket): Promise<void> {
  const noted = Promise.all([next(one, 'note'), next(other, 'note')]);
  one.emit('note', 'hello');
  expect(await noted).toEqual([['hello'], ['hello']]);
}

const orders = (app: INestApplication) => app.get(Server).of('/orders');

/** Whether a client can connect: each process of the cluster takes its own time to listen. */
function enter(): Promise<boolean> {
  const client = connect(`http://127.0.0.1:${port}/orders`);
  return new Promise((resolve) => {
    client.once('connect', () => resolve(true));
    client.once('connect_error', () => resolve(false));
  });
}

describeWith('redis-server', 'several-processes.md', () => {
  let redis: Redis;

  beforeAll(async () => {
    redis = await startRedis();
  });

  beforeEach(() => {
    vi.stubEnv('REDIS_URL', `redis://127.0.0.1:${redis.port}`);
  });

  afterAll(() => redis.stop());

  it('shows servers that reach each other with one line, and a worker that gets answers of their clients', async () => {
    const { AppModule } = await examples.load<'AppModule'>('app.module');
    const [one, other] = [await serve(AppModule), await serve(AppModule)];
    await found(orders(one.app), 2);
    await talk(one.client, other.client);
    const { WorkerModule } = await examples.load<'WorkerModule'>('worker');
    const { Packer } = await examples.load<'Packer'>('packer');
    one.client.emit('follow', '7');
    await found(orders(other.app).in('7'), 1);
    const worker = await work<Packer & { ask(order: string, question: string): Promise<unknown[]> }>(
      WorkerModule,
      Packer,
    );
    const packed = next(one.client, 'packed');
    worker.packed('7');
    expect(await packed).toEqual(['7']);
    one.client.on('question', (text: string, answer: (reply: string) => void) => answer(`${text} Yes.`));
    expect(await worker.ask('7', 'Is it there?')).toEqual(['Is it there? Yes.']);
  });

  it('shows the health of the cluster', async () => {
    const { AppModule } = await examples.load<'AppModule'>('app.module');
    const [{ app, url }] = [await startApp({ imports: [AppModule] }), await startApp({ imports: [AppModule] })];
    await expect.poll(() => app.get(Server).cluster.nodes.length, SOON).toBe(2);
    const node = { name: expect.stringMatching(/:\d+$/), version: expect.any(String), age: expect.any(Number) };
    expect(await (await fetch(`${url}/health`)).json()).toEqual({
      status: 'ok',
      degraded: null,
      dropped: 0,
      missed: 0,
      failed: 0,
      unreadable: 0,
      waiting: { messages: expect.any(Number), bytes: expect.any(Number) },
      nodes: [node, node],
    });
  });

  it('shows a broker that uses a client of the application', async () => {
    const { OwnClientModule } = await examples.load<'OwnClientModule'>('own-client.module');
    const [one, other] = [await serve(OwnClientModule), await serve(OwnClientModule)];
    await found(orders(one.app), 2);
    await talk(one.client, other.client);
  });

  it('shows servers that reach each other through an adapter, and a worker that reaches their clients', async () => {
    const { ServerModule } = await examples.load<'ServerModule'>('server.module');
    const [one, other] = [await serve(ServerModule), await serve(ServerModule)];
    await found(orders(one.app), 2);
    await talk(one.client, other.client);

    one.client.emit('follow', '7');
    await found(orders(other.app).in('7'), 1);
    const { EmitterWorkerModule } = await examples.load<'EmitterWorkerModule'>('emitter-worker');
    const { Packer } = await examples.load<'Packer'>('packer');
    const packed = next(one.client, 'packed');
    (await work(EmitterWorkerModule, Packer)).packed('7');
    expect(await packed).toEqual(['7']);
  });

  it('shows a server on the queue of Flask-SocketIO, and a worker for it', async () => {
    const { BesideFlaskModule } = await examples.load<'BesideFlaskModule'>('beside-flask.module');
    const { app, client } = await serve(BesideFlaskModule);
    const listener = new IoRedis(process.env['REDIS_URL'] as string);
    later(() => listener.quit());
    await listener.subscribe('flask-socketio');
    const published = new Promise<string>((resolve) => {
      listener.on('message', (_channel, text) => resolve(text));
    });
    client.emit('note', 'hello');
    expect(JSON.parse(await published)).toMatchObject({ method: 'emit', event: 'note', data: ['hello'] });

    client.emit('follow', '7');
    await expect.poll(() => orders(app).adapter.rooms.has('7'), SOON).toBe(true);
    await expect.poll(() => listener.pubsub('NUMSUB', 'flask-socketio'), SOON).toEqual(['flask-socketio', 2]);
    const { FlaskWorkerModule } = await examples.load<'FlaskWorkerModule'>('flask-worker');
    const { Packer } = await examples.load<'Packer'>('packer');
    const packed = next(client, 'packed');
    (await work(FlaskWorkerModule, Packer)).packed('7');
    expect(await packed).toEqual(['7']);
  });

  it('shows clients that resume on another server', async () => {
    const { RecoveringModule } = await examples.load<'RecoveringModule'>('recovering.module');
    const [one, other] = [
      await startApp({ imports: [RecoveringModule] }),
      await startApp({ imports: [RecoveringModule] }),
    ];
    // On a busy machine, an application may start before it has reached the broker.
    for (const { app } of [one, other]) {
      await expect.poll(() => app.get(Server).cluster.health.degraded, SOON).toBeNull();
    }
    const client = one.connect('/orders');
    await next(client, 'connect');
    const { id } = client;
    const lost = next(client, 'disconnect');
    client.io.engine.close();
    await lost;
    (client.io as unknown as { uri: string }).uri = other.url;
    await next(client.connect(), 'connect');
    expect([client.id, client.recovered]).toEqual([id, true]);
  });

  it('shows clients that resume with an adapter', async () => {
    const { RecoveringAdapterModule } = await examples.load<'RecoveringAdapterModule'>('recovering-adapter.module');
    const { app, client } = await serve(RecoveringAdapterModule);
    // A client can only resume a session in which it has received an event.
    let isHeard = false;
    client.once('note', () => (isHeard = true));
    await expect
      .poll(() => {
        if (!isHeard) orders(app).emit('note', 'before');
        return isHeard;
      }, SOON)
      .toBe(true);
    const { id } = client;
    const lost = next(client, 'disconnect');
    client.io.engine.close();
    await lost;
    await next(client.connect(), 'connect');
    expect([client.id, client.recovered]).toEqual([id, true]);
  });

  it('shows a worker that reaches clients which can resume', async () => {
    const { RecoveringAdapterModule } = await examples.load<'RecoveringAdapterModule'>('recovering-adapter.module');
    const { app, client } = await serve(RecoveringAdapterModule);
    client.emit('follow', '7');
    await expect.poll(() => orders(app).adapter.rooms.has('7'), SOON).toBe(true);
    const { RecoveringWorkerModule } = await examples.load<'RecoveringWorkerModule'>('recovering-worker');
    const { Packer } = await examples.load<'Packer'>('packer');
    const worker = await work(RecoveringWorkerModule, Packer);
    let order: unknown;
    client.once('packed', (packed) => (order = packed));
    await expect
      .poll(() => {
        if (order === undefined) worker.packed('7'); // the adapter of the server may not have subscribed yet
        return order;
      }, SOON)
      .toBe('7');
  });

  it('shows an application that closes although Redis is away', async () => {
    const away = await startRedis();
    vi.stubEnv('REDIS_URL', `redis://127.0.0.1:${away.port}`);
    const { ServerModule } = await examples.load<'ServerModule'>('server.module');
    const { Broker } = await examples.load<'Broker'>('broker');
    const { app } = await serve(ServerModule);
    const { publisher, subscriber } = app.get<Record<'publisher' | 'subscriber', IoRedis>>(Broker);
    const lost = [publisher, subscriber].map((client) => {
      client.on('error', () => {}); // each attempt to reconnect
      return new Promise((resolve) => client.once('reconnecting', resolve));
    });
    await away.stop();
    await Promise.all(lost);
    const begin = performance.now();
    await app.close();
    expect(performance.now() - begin).toBeLessThan(10_000);
  });

  it('shows a process per core', async () => {
    const main = start(process.execPath, [`${examples.folder}/main.js`], /(?!)/, { cwd: examples.folder });
    later(() => main.stop());
    await expect.poll(() => enter(), { timeout: 20_000, interval: 200 }).toBe(true);
    const [ann, bob] = [connect(`http://127.0.0.1:${port}/orders`), connect(`http://127.0.0.1:${port}/orders`)];
    await Promise.all([next(ann, 'connect'), next(bob, 'connect')]);
    const noted = next(bob, 'note');
    ann.emit('note', 'hello');
    expect(await noted).toEqual(['hello']);
  });
});

describe('the example of a server that does not answer', () => {
  it('returns the answers of the others', async () => {
    const { Followers } = await examples.load<'Followers'>('followers.service');
    const { OrdersGateway } = await examples.load<'OrdersGateway'>('orders.gateway');
    const broker = memoryBroker();
    const { app, connect: enter } = await startApp({
      imports: [SocketIoModule.forRoot({ broker })],
      providers: [OrdersGateway, Followers],
    });
    const client = enter('/orders');
    await next(client, 'connect');
    client.emit('follow', '7');
    await expect.poll(() => orders(app).adapter.rooms.has('7'), SOON).toBe(true);
    await announceSilentNode(broker);
    await expect.poll(() => app.get(Server).cluster.nodes.length, SOON).toBe(2);
    const followers = app.get<{ of(order: string): Promise<string[]> }>(Followers);
    expect(await followers.of('7')).toEqual([client.id]);
  });
});

/** Introduces a node that never answers. */
async function announceSilentNode(broker: BrokerFactory): Promise<void> {
  const log = { debug: () => {}, warn: () => {}, error: () => {} };
  const channel = await broker.create({ clock: systemClock, log, scope: '', keepFor: null, keepAtMost: 0 });
  const bulletin = new BulletinWriter('silentnode', 0);
  bulletin.message(encodeMessage('hello', [{ name: 'web-2:1', version: '0.1.0', serves: true }, false]));
  await channel.publish(bulletin.take());
}

describe('the table of options', () => {
  it('has those of the queue, with their defaults', () => {
    const table = examples.text.slice(
      examples.text.indexOf('| Option |'),
      examples.text.indexOf('Events, also with binary'),
    );
    const rows = [...table.matchAll(/^\| `(\w+)` \| (.*?) \|/gm)].map(([, name, value]) => [name, value]);
    const { channel, bareValues } = FLASK_QUEUE_DEFAULTS;
    expect(rows).toEqual([
      ['channel', `\`'${channel}'\``],
      ['bareValues', `\`${bareValues}\``],
      ['logger', "the server's; of an emitter, the console"],
    ]);
  });
});
