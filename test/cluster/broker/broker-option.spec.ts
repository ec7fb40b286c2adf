import { Pool } from 'pg';
import { describe, expect, it } from 'vitest';
import { brokerOf } from '../../../lib/cluster/broker/broker-option.js';
import { nodeClusterBroker } from '../../../lib/cluster/node-cluster/node-cluster-broker.js';
import { thrown } from '../../support/option-errors.js';

describe('the option broker', () => {
  it.each([
    ['redis://', 'Redis', true],
    ['rediss://user:secret@host:6380/1?channel=chat', 'Redis', true],
    ['valkey://host', 'Redis', true],
    ['valkeys://host', 'Redis', true],
    ['redis+sentinel://a:26379,b:26379/mymaster', 'Redis', true],
    ['unix:///run/redis.sock', 'Redis', true],
    ['nats://a:4222,nats://b:4222', 'NATS', true],
    ['tls://token@host', 'NATS', true],
    ['postgres://localhost', 'PostgreSQL', false],
    ['postgresql://localhost/app?channel=chat', 'PostgreSQL', false],
    ['cluster:', "Node's cluster", false],
  ])('%s names %s', (url, engine, keepsEvents) => {
    expect(brokerOf(url)).toMatchObject({ engine, keepsEvents });
  });

  it('is taken as it is if it is a broker', () => {
    const broker = nodeClusterBroker();
    expect(brokerOf(broker)).toBe(broker);
  });

  it.each([
    ['undefined', undefined, 'got undefined'],
    ['a number', 6379, 'got 6379'],
    ['a function', nodeClusterBroker, 'got a function: call it, or write adapter: '],
    ['a promise', Promise.resolve(), 'got a promise: write await before it'],
    ['a client of Redis', { publish() {}, password: 'secret' }, 'got a client of Redis: write redisBroker({ client })'],
    [
      'a connection to NATS',
      { publish() {}, drain() {} },
      'got a connection to NATS: write natsBroker({ connection })',
    ],
    ['a pool', new Pool({ password: 'secret' }), 'got a pool of pg: write postgresBroker({ pool })'],
    ['a client of pg', { query() {} }, 'got a client of pg: write postgresBroker({ pool }) with a Pool'],
    ['options', { client: {} }, 'got an object: write redisBroker({ client })'],
    ['an object with a URL', { url: 'redis://secret@h' }, 'got an object: write the URL itself'],
    ['another object', { a: 1 }, 'got an object'],
  ])('must not be %s', (_, option, end) => {
    const { code, message } = thrown(() => brokerOf(option as never)) as Error & { code: string };
    expect(code).toBe('INVALID_OPTION');
    expect(message).toMatch(
      /^option "broker" must be a URL such as redis:\/\/localhost:6379 or the result of redisBroker/,
    );
    expect(message).toContain(end);
    expect(message).not.toContain('secret');
  });
});
