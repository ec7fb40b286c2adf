import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { describe, expect, it } from 'vitest';
import { redisBroker } from '../../../lib/cluster/redis/redis-broker.js';
import { clientsAt, clientsLike, type ImportPackage } from '../../../lib/cluster/redis/redis-clients.js';
import { consoleLog, systemClock } from '../../../lib/engine/internal.js';

/** @returns the message of the error */
function fail(options: object): string {
  try {
    redisBroker(options as never);
    return 'passed';
  } catch (error) {
    return (error as Error).message;
  }
}

const address = { hosts: [{ host: 'localhost', port: 6379 }] };

/** Only the named packages are installed. The package `redis` has version 5 unless its name is `redis@4`. */
function installed(loaded: string[], ...names: string[]): ImportPackage {
  return (name) => {
    loaded.push(name);
    if (names.includes(name)) return Promise.resolve({ createSentinel() {} });
    if (names.includes(`${name}@4`)) return Promise.resolve({});
    return Promise.reject(
      Object.assign(new Error(`Cannot find package '${name}' imported from /app`), { code: 'ERR_MODULE_NOT_FOUND' }),
    );
  };
}

describe('the client library', () => {
  it.each([
    [['ioredis', 'redis'], ['redis']],
    [['ioredis'], ['redis', 'ioredis']],
    [
      ['redis@4', 'ioredis'],
      ['redis', 'ioredis'],
    ],
  ])('of %j is the first', async (names, expected) => {
    const loaded: string[] = [];
    await clientsAt(address, installed(loaded, ...names));
    expect(loaded).toEqual(expected);
  });

  it('must be installed', async () => {
    await expect(clientsAt(address, installed([]))).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message:
        'option "broker" with Redis needs the package redis, of version 5 or later, or ioredis, and neither is installed: ' +
        'run npm install redis',
    });
  });

  it('that is broken is not taken for absent', async () => {
    const broken = Object.assign(new Error("Cannot find package 'denque'"), { code: 'ERR_MODULE_NOT_FOUND' });
    await expect(clientsAt(address, () => Promise.reject(broken))).rejects.toBe(broken);
  });

  it.each([
    [undefined, 'undefined'],
    [Redis, 'a function: call it'],
    [{ password: 'secret' }, 'another object'],
    ['redis://localhost', 'a string'],
  ])('%o is no client', (client, shown) => {
    expect(() => clientsLike(client)).toThrow(
      `option "client" must be a client of the package redis or ioredis, got ${shown}`,
    );
  });
});

describe('redisBroker()', () => {
  it('does not connect before it is used', async () => {
    const lazy = new Redis({ lazyConnect: true });
    const context = { clock: systemClock, log: consoleLog, scope: '', keepAtMost: 1 };
    for (const client of [lazy, createClient()]) {
      const factory = redisBroker({ client });
      expect([factory.engine, factory.keepsEvents]).toEqual(['Redis', true]);
      expect((await factory.create({ ...context, keepFor: null })).store).toBeNull();
      const broker = await factory.create({ ...context, keepFor: 1 });
      expect(broker.store).not.toBeNull();
      await broker.close(); // without open()
      await expect(broker.publish(Buffer.from('x'))).rejects.toThrow('the broker is closed');
    }
    expect(lazy.status).toBe('wait');
  });

  it('checks its options', () => {
    expect(fail({})).toMatch(/^redisBroker\(\) must have either the option "url" or the option "client", got neither/);
    expect(fail({ url: 'redis://localhost', client: createClient() })).toContain('got both');
    expect(fail({ url: 'redis://localhost', channel: '' })).toContain('option "channel" must be a name');
    expect(fail({ url: 'redis://localhost?channel=' })).toContain('must be a URL with a name after "channel="');
    expect(fail({ url: 'redis://localhost', chanel: 'a' })).toContain('did you mean "channel"?');
  });
});
