import { describe, expect, it } from 'vitest';
import { parseBrokerUrl } from '../../../lib/cluster/broker/broker-url.js';
import { nameOf, type RedisAddress, redisAddressOf } from '../../../lib/cluster/redis/redis-address.js';

const local = { host: 'localhost', port: 6379 };

const parse = (url: string): RedisAddress => redisAddressOf(parseBrokerUrl('url', url));

describe('the address of Redis', () => {
  it.each([
    ['redis://', { hosts: [local] }],
    ['redis://localhost', { hosts: [local] }],
    ['REDIS://localhost:7000/2', { hosts: [{ host: 'localhost', port: 7000 }], database: 2 }],
    ['valkey://user:p%40ss@[::1]:7000/', { hosts: [{ host: '::1', port: 7000 }], username: 'user', password: 'p@ss' }],
    ['redis://:secret@localhost?channel=chat', { hosts: [local], password: 'secret' }],
    ['rediss://example.com', { hosts: [{ host: 'example.com', port: 6379 }], tls: { servername: 'example.com' } }],
    ['valkeys://10.0.0.1', { hosts: [{ host: '10.0.0.1', port: 6379 }], tls: {} }],
    ['unix:/run/redis.sock', { hosts: [], path: '/run/redis.sock' }],
    ['unix:///run/re%20dis.sock', { hosts: [], path: '/run/re dis.sock' }],
    [
      'unix://u:p@/run/redis.sock?db=1&channel=c',
      { hosts: [], path: '/run/redis.sock', username: 'u', password: 'p', database: 1 },
    ],
    [
      'redis+sentinel://u:p@a,b:7000/main/2',
      {
        hosts: [
          { host: 'a', port: 26_379 },
          { host: 'b', port: 7000 },
        ],
        master: 'main',
        username: 'u',
        password: 'p',
        database: 2,
      },
    ],
  ])('of %s', (url, address) => {
    expect(parse(url)).toEqual(address);
  });

  it('is named without the password', () => {
    const urls = ['redis://u:p@[::1]/1', 'unix:/a.sock', 'redis+sentinel://u:p@a,b:1/main'];
    expect(urls.map((url) => nameOf(parse(url)))).toEqual([
      'Redis at [::1]:6379',
      'Redis at /a.sock',
      'the Redis master main of the sentinels at a:26379, b:1',
    ]);
  });
});
