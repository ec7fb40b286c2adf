import { Redis as IoRedis } from 'ioredis';
import { redisBroker } from 'nest-socketio';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe } from 'vitest';
import { itIsACluster } from '../../support/broker-suite.js';
import { itKeepsHistory, itOutlivesKilledServers } from '../../support/history-suite.js';
import { itKeepsPresenceAndStreams } from '../../support/presence-and-streams-suite.js';
import { type Redis, startRedis } from '../../support/redis.js';
import { describeWith } from '../../support/requires.js';

describeWith('redis-server', 'a cluster over Redis', () => {
  let redis: Redis;

  beforeAll(async () => {
    redis = await startRedis();
  });

  afterAll(() => redis.stop());

  describe('two servers with a URL', () => {
    itIsACluster(2, () => ({ broker: `redis://127.0.0.1:${redis.port}?channel=two` }));
  });

  describe('three servers with a client of ioredis', () => {
    itIsACluster(3, () => {
      const client = new IoRedis(redis.port, '127.0.0.1');
      return { broker: redisBroker({ client, channel: 'three' }), stop: () => client.disconnect() };
    });
  });

  describe('two servers with a history', () => {
    itKeepsHistory(() => `redis://127.0.0.1:${redis.port}?channel=history`);
  });

  describe('servers with a history', () => {
    itOutlivesKilledServers(() => `redis://127.0.0.1:${redis.port}?channel=killed`);
  });

  describe('servers with presence and streams', () => {
    itKeepsPresenceAndStreams((channel) => `redis://127.0.0.1:${redis.port}?channel=${channel}`, true);
  });

  describe('two servers with a history and recovery', () => {
    itKeepsHistory(
      () => redisBroker({ client: new IoRedis(redis.port, '127.0.0.1', { lazyConnect: true }), channel: 'recovered' }),
      { connectionStateRecovery: {} },
    );
  });

  describe('two servers with a client of redis', () => {
    itIsACluster(2, async () => {
      const client = createClient({ url: `redis://127.0.0.1:${redis.port}` });
      await client.connect();
      return { broker: redisBroker({ client, channel: 'redis' }), stop: () => client.destroy() };
    });
  });
});
