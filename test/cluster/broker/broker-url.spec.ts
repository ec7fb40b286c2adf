import { describe, expect, it } from 'vitest';
import { type BrokerUrl, parseBrokerUrl } from '../../../lib/cluster/broker/broker-url.js';
import { thrown } from '../../support/option-errors.js';

const parse = (url: string): BrokerUrl => parseBrokerUrl('broker', url);

describe('the URL of a broker', () => {
  it.each([
    ['redis://', 'redis', 'redis://localhost'],
    ['REDIS://localhost:6379', 'redis', 'redis://localhost:6379'],
    ['rediss://user:p%40ss@host:1/2', 'rediss', 'rediss://user:p%40ss@host:1/2'],
    ['valkey://:secret@[::1]:6379/0', 'valkey', 'valkey://:secret@[::1]:6379/0'],
    ['redis+sentinel://:p@a:1,b:2/mymaster/3', 'redis+sentinel', 'redis+sentinel://:p@a:1,b:2/mymaster/3'],
    ['nats://a:4222,nats://b:4223', 'nats', 'nats://a:4222,b:4223'],
    ['tls://token@a', 'tls', 'tls://token@a'],
    ['postgres:///app?host=/run/postgresql', 'postgres', 'postgres:///app?host=%2Frun%2Fpostgresql'],
    ['postgres://u:p@/app', 'postgres', 'postgres://u:p@/app'],
    ['unix:///run/redis.sock', 'unix', 'unix:///run/redis.sock'],
    ['unix:/run/redis.sock?db=2', 'unix', 'unix:///run/redis.sock?db=2'],
    ['postgresql://u:p@%2Frun%2Fpostgresql/app', 'postgresql', 'postgresql://u:p@%2Frun%2Fpostgresql/app'],
    ['cluster:', 'cluster', 'cluster:'],
    ['cluster://', 'cluster', 'cluster:'],
  ])('%s', (given, scheme, url) => {
    expect(parse(given)).toMatchObject({ scheme, url, channel: 'nest-socketio' });
  });

  it('has parts without their encoding', () => {
    expect(parse('rediss://user:p%40ss:word@[::1]:7000/2')).toMatchObject({
      username: 'user',
      password: 'p@ss:word',
      hosts: [{ host: '::1', port: 7000 }],
      path: '/2',
    });
    expect(parse('nats://token@a,b:1').hosts).toEqual([{ host: 'a' }, { host: 'b', port: 1 }]);
    expect(parse('redis://').hosts).toEqual([{ host: 'localhost' }]);
    expect(parse('unix:///re%20dis?db=1')).toMatchObject({ hosts: [], path: '/re dis' });
    const { username, password } = parse('valkey://:secret@h');
    expect([username, password]).toEqual([undefined, 'secret']);
  });

  it('contains the channel, which the client library does not get', () => {
    expect(parse('postgres://h?channel=my%20chat&sslmode=require')).toMatchObject({
      url: 'postgres://h?sslmode=require',
      channel: 'my chat',
    });
    expect(parse('redis://h?channel=my%20chat')).toMatchObject({ url: 'redis://h', channel: 'my chat' });
    expect(parse('cluster:?channel=chat')).toMatchObject({ url: 'cluster:', channel: 'chat' });
  });

  it.each([
    ['', 'must begin with one of redis://, rediss://', ', got ""'],
    ['localhost:6379', 'must begin with one of', ', got "localhost:6379"'],
    ['reddis://localhost', 'must begin with one of', ', got "reddis://localhost" (did you mean "redis"?)'],
    ['http://user:secret@host', 'must begin with one of', ', got "http://***@host"'],
    ['memory:', 'must begin with one of', ', got "memory:": write broker: memoryBroker()'],
    [
      'redis:localhost',
      'must begin with redis://',
      ', got "redis:localhost": write for example redis://localhost:6379',
    ],
    ['redis://host:6379\n', 'must be a URL without white space', 'got "redis://host:6379\\n"'],
    ['redis://host:0', 'a host, and a port from 1 to 65535', 'got "redis://host:0"'],
    ['redis://user:secret', 'a host, and a port from 1 to 65535', 'got "redis://user:***"'],
    ['redis://user:secret@', 'must be a URL with a host', 'got "redis://***@"'],
    ['redis://a,b', 'a host, and a port', 'got "redis://a,b"'],
    ['nats://a:4222,', 'must be a URL with a host', 'got "nats://a:4222,"'],
    ['redis://:sec/ret@host', 'the user name and the password are encoded', 'got "redis://***@host": write encodeURI'],
    ['redis://:sec#ret@host', 'the user name and the password are encoded', 'got "redis://***@host"'],
    ['redis://:sec@ret@host', 'the user name and the password are encoded', 'got "redis://***@host"'],
    ['redis://:50%@host', 'the user name and the password are encoded', 'got "redis://***@host"'],
    ['redis://host/db', 'the number of a database as its path', 'got "redis://host/db"'],
    ['redis+sentinel://a:1,b:2', 'the name of the master as its path', 'host1:26379,host2:26379/mymaster'],
    ['nats://host/x', 'must be a URL with no path', 'got "nats://host/x"'],
    ['postgres://h/a/b?password=secret', 'the name of a database as its path', 'got "postgres://h/a/b?password=***"'],
    ['redis://h?channel=', 'a name after "channel="', 'write for example ?channel=nest-socketio'],
    ['cluster://host', 'must be a URL without a host', 'write for example cluster:'],
    ['cluster:?size=3', 'no parameter but "channel"', 'got "cluster:?size=***"'],
    ['redis://h?db=secret', 'no parameter but "channel"', 'got "redis://h?db=***"'],
    ['nats://h?constructor=1', 'no parameter but "channel"', 'got "nats://h?constructor=***"'],
    ['unix:///a?family=6', 'no parameter but "channel" and "db"', 'got "unix:///a?family=***"'],
    ['unix:///a?db=secret', 'a number as its parameter "db"', 'got "unix:///a?db=***"'],
    ['unix://run/redis.sock', 'must begin with unix:///', 'got "unix://run/redis.sock"'],
    ['unix://', 'the path of the socket of Redis', 'got "unix://"'],
  ])('%s is refused', (given, rule, rest) => {
    const { code, message } = thrown(() => parse(given)) as Error & { code: string };
    expect(code).toBe('INVALID_OPTION');
    expect(message).toContain(rule);
    expect(message).toContain(rest);
    expect(message).toMatch(/^option "broker" must /);
    expect(message).not.toMatch(/secret|sec.ret|50%/);
  });

  it('names the option, and its schemes', () => {
    expect(thrown(() => parseBrokerUrl('url', 'redis://h', ['nats', 'tls']))).toMatchObject({
      message: 'option "url" must begin with one of nats://, tls://, got "redis://h"',
    });
    expect(thrown(() => parseBrokerUrl('url', undefined as never, ['nats']))).toMatchObject({
      message: 'option "url" must begin with nats://, got "undefined"',
    });
  });
});
