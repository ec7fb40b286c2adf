/** Published adapters for PostgreSQL, MongoDB and Node's cluster: failures of the broker and messages they cannot read. */
import { createAdapter as createClusterAdapter } from '@socket.io/cluster-adapter';
import { createAdapter as createMongoAdapter } from '@socket.io/mongo-adapter';
import { createAdapter as createPostgresAdapter } from '@socket.io/postgres-adapter';
import { Client, Pool } from 'pg';
import { beforeEach, expect, it } from 'vitest';
import type { AdapterOption, ServerOptions } from '../../../lib/server/server-options.js';
import { connect, startOurs } from '../../support/cluster.js';
import { SOON } from '../../support/events.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { MongoCollection } from '../../support/mongo-collection.js';
import { later, next } from '../../support/nest-app.js';
import { startPostgres } from '../../support/postgres.js';
import { describeWith } from '../../support/requires.js';
import { expectNothingUncaught } from '../../support/uncaught.js';

beforeEach(expectNothingUncaught);

async function start(adapter: AdapterOption, options: ServerOptions = {}) {
  const log = new RecordingLog();
  const [ours, url] = await startOurs(() => adapter, { logger: log, ackTimeout: 300, ...options });
  ours.on('connection', (socket) => {
    socket.on('ask', (answer: (text: string) => void) => answer('answered'));
  });
  const ann = connect(url);
  await next(ann, 'connect');
  const isServed = async (): Promise<void> => expect(await ann.timeout(5_000).emitWithAck('ask')).toBe('answered');
  return { ours, ann, log, isServed };
}

it('survives a MongoDB that refuses every document and documents of strangers', async () => {
  const collection = new MongoCollection();
  const { ours, ann, log, isServed } = await start(createMongoAdapter(collection as never));
  await collection.insertOne({ uid: 'x', nsp: '/', type: 3 });
  await collection.insertOne({ uid: 'x', nsp: '/', type: 8, data: { requestId: 'none' } });
  await expect.poll(() => ours.brokerHealth.unreadable, SOON).toBe(1);
  collection.insertOne = () => Promise.reject(new Error('not primary'));
  const heard = next(ann, 'meanwhile');
  ours.emit('meanwhile', 1);
  expect((await heard)[0]).toBe(1);
  await Promise.allSettled([ours.fetchSockets(), ours.timeout(50).emitWithAck('question')]);
  await expect.poll(() => ours.brokerHealth.degraded).toBe('the broker did not take a message: not primary');
  expect(log.errors.map(([line]) => line)).toEqual(
    [
      'reading a message from the broker in / failed',
      'publishing of its adapter in / failed',
      'fetchSockets of its adapter in / failed',
    ].slice(0, log.errors.length),
  );
  await isServed();
});

it('survives messages of strangers between processes of one machine, and hears none once it is closed', async () => {
  const send = process.send?.bind(process);
  process.send = () => true;
  later(() => {
    Object.assign(process, { send });
  });
  const listeners = process.listenerCount('message');
  const { ours, isServed } = await start(createClusterAdapter());
  process.emit('message', { source: '_sio_adapter', nsp: '/', uid: 'x', type: 3 }, undefined);
  process.emit('message', { source: '_sio_adapter', nsp: '/', uid: 'x', type: 8, data: null }, undefined);
  expect(ours.brokerHealth.unreadable).toBe(2);
  await isServed();
  await ours.close();
  expect(process.listenerCount('message')).toBe(listeners);
});

describeWith('postgresql', 'PostgreSQL', () => {
  it('may end, and carry notifications of strangers', async () => {
    const postgres = await startPostgres();
    later(() => {
      postgres.kill();
      return postgres.stop();
    });
    const settings = { host: '127.0.0.1', port: postgres.port, user: 'postgres', database: 'postgres' };
    const pool = new Pool(settings);
    pool.on('error', () => {});
    later(() => void pool.end()); // does not resolve: the adapter has not released the client that it lost
    const { ours, ann, log, isServed } = await start(createPostgresAdapter(pool));
    ours.of('/a"; SELECT 1; --').emit('e');
    expect(log.errors.map(([line]) => line)).toEqual(['listening of its adapter in / failed']);

    const stranger = new Client(settings);
    stranger.on('error', () => {});
    await stranger.connect();
    await expect
      .poll(async () => {
        await stranger.query(`NOTIFY "socket.io#/", 'x'`);
        return ours.brokerHealth.failed;
      }, SOON)
      .toBeGreaterThan(1);

    postgres.kill();
    await expect
      .poll(() => {
        ours.emit('more');
        return log.errors.map(([line]) => line);
      }, SOON)
      .toContain('the connection of its adapter in / failed');
    const heard = next(ann, 'meanwhile');
    ours.emit('meanwhile', 1);
    expect((await heard)[0]).toBe(1);
    await isServed();
  });
});
