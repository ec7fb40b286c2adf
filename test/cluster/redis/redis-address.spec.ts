import { describe, expect, it } from 'vitest';
import { nameOf, parseRedisUrl } from '../../../lib/cluster/redis/redis-address.js';

const local = { host: 'localhost', port: 6379 };

describe('the URL of Redis', () => {
  it.each([
    ['redis://', { hosts: [local] }],
    ['redis://localhost', { hosts: [local] }],
    ['REDIS://localhost:7000/2', { hosts: [{ host: 'localhost', port: 7000 }], database: 2 }],
    ['valkey://user:p%40ss@[::1]:7000/', { hosts: [{ host: '::1', port: 7000 }], username: 'user', password: 'p@ss' }],
    ['redis://:secret@localhost?channel=chat', { hosts: [local], password: 'secret', channel: 'chat' }],
    ['redis://localhost?db=3', { hosts: [local], database: 3 }],
    ['rediss://example.com', { hosts: [{ host: 'example.com', port: 6379 }], tls: { servername: 'example.com' } }],
    ['valkeys://10.0.0.1', { hosts: [{ host: '10.0.0.1', port: 6379 }], tls: {} }],
    ['unix:/run/redis.sock', { hosts: [], path: '/run/redis.sock' }],
    [
      'unix://u:p@/run/redis.sock?db=1&channel=c',
      { hosts: [], path: '/run/redis.sock', username: 'u', password: 'p', database: 1, channel: 'c' },
    ],
    ['redis+unix:///run/re%20dis.sock', { hosts: [], path: '/run/re dis.sock' }],
    ['/run/redis.sock', { hosts: [], path: '/run/redis.sock' }],
    [
      'redis+sentinel://u:p@a,b:7000/main/2?channel=c',
      {
        hosts: [
          { host: 'a', port: 26_379 },
          { host: 'b', port: 7000 },
        ],
        master: 'main',
        username: 'u',
        password: 'p',
        database: 2,
        channel: 'c',
      },
    ],
  ])('%s is understood', (url, address) => {
    expect(parseRedisUrl(url)).toEqual(address);
  });

  it.each([
    ['localhost:6379', 'begins with redis://', '"localhost:6379"'],
    ['http://u:secret@localhost', 'begins with redis://', '"http://***@localhost"'],
    ['redis://u:secret@host:99999', 'with a host, and a port from 1 to 65535', '"redis://***@host:99999"'],
    ['redis://host:0', 'with a host, and a port from 1 to 65535', '"redis://host:0"'],
    ['redis://a,b', 'with one host, or begin with redis+sentinel://', '"redis://a,b"'],
    ['redis://host/name?password=secret', 'with the number of a database after the last "/"', '"redis://host/name"'],
    ['redis+sentinel://host', 'that ends with the name of the master', '"redis+sentinel://host"'],
    ['redis://u:se@cret@host', 'begins with redis://', '"redis://***@host"'],
  ])('%s is refused, without the password', (url, rule, shown) => {
    const message = expect.stringMatching(
      /^option "url" must be a URL .*: write for example redis:\/\/localhost:6379$/,
    );
    expect(() => parseRedisUrl(url)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message }));
    expect(() => parseRedisUrl(url)).toThrow(rule);
    expect(() => parseRedisUrl(url)).toThrow(`got ${shown}:`);
  });

  it('must be encoded', () => {
    expect(() => parseRedisUrl('redis://u:100%@host')).toThrow('write encodeURIComponent(password)');
    expect(() => parseRedisUrl(1 as never)).toThrow('option "url" must be a URL, got 1');
  });

  it('is named without the password', () => {
    const names = ['redis://u:p@[::1]/1', 'unix:/a.sock', 'redis+sentinel://u:p@a,b:1/main'].map((url) =>
      nameOf(parseRedisUrl(url)),
    );
    expect(names).toEqual([
      'Redis at [::1]:6379',
      'Redis at /a.sock',
      'the Redis master main of the sentinels at a:26379, b:1',
    ]);
  });
});
