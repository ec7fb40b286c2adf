/** Two of our servers whose Redis stops and restarts. */
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { Redis as Client } from 'ioredis';
import type { PublishedAdapterFactory } from 'nest-socketio';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RecordingLog } from '../support/engine-rig.js';
import { connect, meet, startOurs } from '../support/cluster.js';
import { later, next } from '../support/nest-app.js';
import { type Redis, startRedis } from '../support/redis.js';
import { describeWith } from '../support/requires.js';

describeWith('redis-server', 'a cluster whose broker fails', () => {
  let redis: Redis;

  beforeEach(async () => {
    redis = await startRedis();
  });

  afterEach(() => redis.stop());

  function connection(): Client {
    const client = new Client({
      host: '127.0.0.1',
      port: redis.port,
      maxRetriesPerRequest: null, // commands wait as long as it takes; otherwise those of the adapter are rejected
      retryStrategy: () => 50,
    });
    client.on('error', () => {});
    later(() => client.disconnect());
    return client;
  }

  it.each<[string, () => PublishedAdapterFactory]>([
    ['redis-adapter', () => createAdapter(connection(), connection())],
    ['the sharded redis-adapter', () => createShardedAdapter(connection(), connection())],
    ['redis-streams-adapter', () => createStreamsAdapter(connection(), { blockTimeInMs: 100 })],
  ])('serves local clients during the outage, and all clients after it, through %s', async (_name, createPublished) => {
    const logger = new RecordingLog();
    const [one, oneUrl] = await startOurs(createPublished, { logger });
    const [other, otherUrl] = await startOurs(createPublished, { logger });
    const [ann, bob] = [connect(oneUrl), connect(otherUrl)];
    await Promise.all([next(ann, 'connect'), next(bob, 'connect')]);
    await meet([one, ann], [other, bob]);
    ann.on('question', (answer) => answer('ann'));

    await redis.stop();
    const heard = next(ann, 'meanwhile');
    one.socketsJoin('den');
    one.to('den').emit('meanwhile', 1);
    expect((await heard)[0]).toBe(1);
    const [found1, answers] = await Promise.allSettled([
      one.timeout(1_000).fetchSockets(),
      one.timeout(1_000).emitWithAck('question'),
    ]);
    expect(found1).toMatchObject({ status: 'rejected', reason: { code: 'ADAPTER_FAILED' } });
    expect(answers).toMatchObject({ status: 'rejected', reason: { code: 'ACK_INCOMPLETE', responses: ['ann'] } });

    redis = await startRedis(redis.port);
    await meet([one, ann], [other, bob]);
    const again = Promise.all([next(ann, 'again'), next(bob, 'again')]);
    other.emit('again', 2);
    expect((await again).map(([value]) => value)).toEqual([2, 2]);
    expect(logger.errors).toEqual([]); // these adapters do not report failures of the broker
  });
});
