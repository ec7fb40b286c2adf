import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster, Redis as IoRedis } from 'ioredis';
import { createClient, createCluster, createSentinel } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { BrokerStore } from '../../../lib/cluster/broker/broker.js';
import { redisBroker } from '../../../lib/cluster/redis/redis-broker.js';
import { freePort, start } from '../../support/process.js';
import { type Redis, startRedis } from '../../support/redis.js';
import { contextOf, type Kind, RedisNodes } from '../../support/redis-nodes.js';
import { describeWith } from '../../support/requires.js';

const nodes = new RedisNodes();
const uncaught = vi.fn<(error: unknown) => void>();
const poll = { timeout: 10_000, interval: 10 };

beforeAll(() => {
  process.on('unhandledRejection', uncaught);
  process.on('uncaughtException', uncaught);
});

afterEach(() => nodes.stop());

afterAll(() => {
  process.off('unhandledRejection', uncaught);
  process.off('uncaughtException', uncaught);
  expect(uncaught).not.toHaveBeenCalled();
});

describeWith('redis-server', 'Redis as a broker', () => {
  let shared: Redis;
  beforeAll(async () => {
    shared = await startRedis();
  });
  afterAll(() => shared.stop());

  describe.each<Kind>(['pub/sub', 'streams'])('with %s', (kind) => {
    it('carries bytes between the two client libraries, in the order of the calls', async () => {
      const [a, b] = await nodes.two(kind, shared.port, `both ${kind}`);
      await Promise.all([a.open(), b.open()]);
      const texts = Array.from({ length: 300 }, (_, i) => `a${i}`);
      await a.say(...texts);
      await b.say('b');
      await vi.waitFor(() => expect(b.heard('a')).toEqual(texts), poll);
      await vi.waitFor(() => expect(a.heard('b')).toEqual(['b']), poll);
      const bytes = Buffer.from([0, 255, 13, 10, 128]);
      const received = vi.spyOn(b, 'received');
      await a.broker.publish(bytes);
      await vi.waitFor(() => expect(received.mock.lastCall?.[0]).toEqual(bytes), poll);
      expect([a.gaps, b.gaps, a.problems, b.problems]).toEqual([0, 0, [], []]);
    });

    it('keeps channels apart', async () => {
      const a = await nodes.join(redisBroker({ url: `redis://127.0.0.1:${shared.port}/0?channel=one-${kind}` }), kind);
      const b = await nodes.join(
        redisBroker({ url: `redis://127.0.0.1:${shared.port}`, channel: `two-${kind}` }),
        kind,
      );
      await Promise.all([a.open(), b.open()]);
      await a.say('a');
      await b.say('b');
      await vi.waitFor(() => expect(b.texts).toEqual(['b']), poll);
    });

    it('uses the configuration of clients of the application, which stay open', async () => {
      const first = new IoRedis(shared.port, '127.0.0.1', { connectionName: 'app' });
      const second = createClient({ url: `redis://127.0.0.1:${shared.port}` });
      await second.connect();
      const a = await nodes.join(redisBroker({ client: first, channel: `clients ${kind}` }), kind);
      const b = await nodes.join(redisBroker({ client: second, channel: `clients ${kind}` }), kind);
      await Promise.all([a.open(), b.open()]);
      await a.say('a');
      await b.say('b');
      await vi.waitFor(() => expect([a.heard('b'), b.heard('a')]).toEqual([['b'], ['a']]), poll);
      await nodes.close();
      expect([await first.ping(), await second.ping()]).toEqual(['PONG', 'PONG']);
      first.disconnect();
      second.destroy();
    });

    it('waits for a server that is absent at start, and connects once it is there', async () => {
      const port = await freePort();
      const both = await nodes.two(kind, port, 'late');
      const opened = both.map((node) => node.open());
      const said = both[0].say('a1', 'a2');
      await vi.waitFor(() => expect(both.map((node) => node.problem)).not.toContain(null), poll);
      expect(both.map((node) => node.isOpen)).toEqual([false, false]);
      expect(both[0].problem).toContain(`Redis at 127.0.0.1:${port} is not reachable: connect ECONNREFUSED`);
      expect(both[1].problem).toContain(`Redis at 127.0.0.1:${port} is not reachable: connect ECONNREFUSED`);
      await nodes.redis(port);
      await Promise.all([...opened, said]);
      expect(both.map((node) => node.problem)).toEqual([null, null]);
      await both[0].say('a3');
      await vi.waitFor(() => expect(both[1].texts).toContain('a3'), poll);
      expect(both.map((node) => node.gaps)).toEqual([0, 0]);
    });

    it('returns after the server was killed, and reports the gap', async () => {
      const server = await nodes.redis();
      const both = await nodes.two(kind, server.port, 'killed');
      await Promise.all(both.map((node) => node.open()));
      await both[0].say('a1');
      await vi.waitFor(() => expect(both[1].heard('a')).toEqual(['a1']), poll);
      server.signal('SIGKILL');
      await vi.waitFor(() => expect(both.map((node) => node.problem)).not.toContain(null), poll);
      const said = both[0].say('a2', 'a3');
      await nodes.redis(server.port);
      await said;
      await vi.waitFor(
        () =>
          expect(both.map((node) => [node.gaps, node.problem])).toEqual([
            [1, null],
            [1, null],
          ]),
        poll,
      );
      await both[0].say('a4');
      await both[1].say('b4');
      await vi.waitFor(
        () =>
          expect([both[0].heard('b'), both[1].texts.at(-1)]).toEqual([
            ['b4'],
            kind === 'streams' ? 'b4' : expect.stringMatching('4'),
          ]),
        poll,
      );
      expect(both[1].heard('a').at(-1)).toBe('a4');
      if (kind === 'streams') expect(both[1].heard('a')).toEqual(['a1', 'a2', 'a3', 'a4']);
    });

    it('loses nothing while the server is stopped', async () => {
      const server = await nodes.redis();
      const both = await nodes.two(kind, server.port, 'stopped');
      await Promise.all(both.map((node) => node.open()));
      server.signal('SIGSTOP');
      const said = [both[0].say('a1', 'a2'), both[1].say('b1')];
      const silence = new Promise((resolve) => setTimeout(resolve, 50, 'silence'));
      expect(await Promise.race([...said, silence])).toBe('silence');
      server.signal('SIGCONT');
      await Promise.all(said);
      await vi.waitFor(() => expect([both[0].heard('b'), both[1].heard('a')]).toEqual([['b1'], ['a1', 'a2']]), poll);
      expect(both.map((node) => node.gaps)).toEqual([0, 0]);
    });

    it.each(['absent', 'stopped', 'stopped before it was connected to', 'killed'])(
      'closes within a second while the server is %s, and rejects what waits',
      async (state) => {
        const server = state === 'absent' ? null : await nodes.redis();
        const both = await nodes.two(kind, server?.port ?? (await freePort()), 'closing');
        if (state === 'stopped before it was connected to') server?.signal('SIGSTOP');
        const opened = both.map((node) => node.open());
        if (state === 'stopped' || state === 'killed') {
          await Promise.all(opened);
          server?.signal(state === 'stopped' ? 'SIGSTOP' : 'SIGKILL');
        } else for (const pending of opened) pending.catch(() => {});
        const said = both.map((node) => node.say('last'));
        const settled = Promise.allSettled(said);
        await nodes.close();
        expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
        server?.signal('SIGCONT');
      },
    );

    it('rejects a wrong password at once', async () => {
      const server = await nodes.redis(undefined, '--requirepass', 'right');
      const url = `redis://default:wrong@127.0.0.1:${server.port}`;
      const a = await nodes.join(redisBroker({ url }), kind);
      const b = await nodes.join(redisBroker({ client: createClient({ url }) }), kind);
      const c = await nodes.join(redisBroker({ url: `redis://127.0.0.1:${server.port}` }), kind);
      const message =
        /^option "broker" must have a user name and a password that Redis accepts, got "(WRONGPASS|NOAUTH)/;
      for (const node of [a, b, c]) {
        await expect(node.open()).rejects.toMatchObject({
          code: 'INVALID_OPTION',
          message: expect.stringMatching(message),
        });
      }
      const right = await nodes.join(redisBroker({ url: url.replace('wrong', 'right') }), kind);
      await right.open();
    });
  });

  it('rejects messages that a stream has no memory for, and recovers', async () => {
    const server = await nodes.redis(undefined, '--maxmemory-policy', 'noeviction');
    const both = await nodes.two('streams', server.port, 'full');
    await Promise.all(both.map((node) => node.open()));
    const control = await nodes.admin(server.port);
    await control.config('SET', 'maxmemory', '1');
    for (const node of both) await expect(node.say('a1')).rejects.toThrow(/^OOM/);
    await expect(both[0].store.put([{ key: 'k', bytes: Buffer.from('v'), ttl: 1000 }])).rejects.toThrow(/^OOM/);
    await control.config('SET', 'maxmemory', '0');
    await both[0].say('a2');
    await vi.waitFor(() => expect(both[1].heard('a')).toEqual(['a2']), poll);
  });

  it('starts when Redis has memory again', async () => {
    const server = await nodes.redis(undefined, '--maxmemory', '1');
    const node = await nodes.join(redisBroker({ url: `redis://127.0.0.1:${server.port}` }), 'streams');
    const opened = node.open();
    await vi.waitFor(() => expect(node.problem).toContain('OOM'), poll);
    await (await nodes.admin(server.port)).config('SET', 'maxmemory', '0');
    await opened;
    expect(node.problem).toBeNull();
  });

  it('reports a gap after the stream was flushed, and goes on', async () => {
    const server = await nodes.redis();
    const both = await nodes.two('streams', server.port, 'flushed');
    await Promise.all(both.map((node) => node.open()));
    await both[0].say('a1');
    await vi.waitFor(() => expect(both[1].texts).toEqual(['a1']), poll);
    await (await nodes.admin(server.port)).flushall();
    await vi.waitFor(() => expect(both.map((node) => node.gaps)).toEqual([1, 1]), poll);
    expect(await both[1].store.read(both[1].position, '+')).toBeNull();
    await both[0].say('a2');
    await vi.waitFor(() => expect(both[1].texts).toEqual(['a1', 'a2']), poll);
    expect(both.map((node) => node.gaps)).toEqual([1, 1]);
  });

  it('goes on in a new stream whose positions are earlier, as after the clock of Redis was set back', async () => {
    const server = await nodes.redis();
    const both = await nodes.two('streams', server.port, 'earlier');
    await Promise.all(both.map((node) => node.open()));
    const control = await nodes.admin(server.port);
    const future = `${Date.now() + 3_600_000}-0`;
    await control.xadd('earlier', future, 'm', 'a1');
    await vi.waitFor(() => expect(both.map((node) => node.position)).toEqual([future, future]), poll);
    await control.multi().flushall().xadd('earlier', '*', 'm', 'a2').exec();
    await vi.waitFor(
      () =>
        expect(both.map((node) => node.texts)).toEqual([
          ['a1', 'a2'],
          ['a1', 'a2'],
        ]),
      poll,
    );
  });

  it('continues a stream over a lost connection without a gap', async () => {
    const both = await nodes.two('streams', shared.port, 'continued');
    await Promise.all(both.map((node) => node.open()));
    await both[0].say('a1');
    await vi.waitFor(() => expect(both[1].texts).toEqual(['a1']), poll);
    const control = await nodes.admin(shared.port);
    await control.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await vi.waitFor(() => expect(both[1].problem).not.toBeNull(), poll);
    await control.xadd('continued', '*', 'm', 'a2');
    await vi.waitFor(
      () =>
        expect(both.map((node) => node.texts)).toEqual([
          ['a1', 'a2'],
          ['a1', 'a2'],
        ]),
      poll,
    );
    await vi.waitFor(() => expect(both.map((node) => node.problem)).toEqual([null, null]), poll);
    expect(both.map((node) => node.gaps)).toEqual([0, 0]);
  });

  it('reports a gap if the stream was trimmed while the connection was lost', async () => {
    const both = await nodes.two('streams', shared.port, 'trimmed');
    await Promise.all(both.map((node) => node.open()));
    await both[0].say('a1');
    await vi.waitFor(() => expect(both.map((node) => node.texts)).toEqual([['a1'], ['a1']]), poll);
    const control = await nodes.admin(shared.port);
    await control
      .multi()
      .call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
      .xadd('trimmed', '*', 'm', 'lost')
      .xadd('trimmed', 'MAXLEN', '1', '*', 'm', 'a3')
      .exec();
    await vi.waitFor(
      () =>
        expect(both.map((node) => [node.gaps].concat(node.texts as never))).toEqual([
          [1, 'a1', 'a3'],
          [1, 'a1', 'a3'],
        ]),
      poll,
    );
  });

  it('reads what a stream keeps, and bounds it by age and number', async () => {
    const channel = 'kept';
    const factory = redisBroker({ url: `redis://127.0.0.1:${shared.port}`, channel });
    const node = await nodes.join(factory, { ...contextOf('streams'), keepFor: 600, keepAtMost: 300 });
    await node.open();
    const { start } = node.store;
    await node.say('first');
    await vi.waitFor(() => expect(node.texts).toEqual(['first']), poll);
    const other = await nodes.join(factory, 'streams');
    await other.open(); // adds an entry that is no message
    await node.say('second', 'third');
    await vi.waitFor(() => expect(node.texts).toHaveLength(3), poll);
    const [first, , third] = node.positions as [string, string, string];
    const texts = async (from: string, to: string): Promise<string[] | undefined> =>
      (await node.store.read(from, to))?.map(({ bytes }) => bytes.toString());
    expect(await texts(start, third)).toEqual(['first', 'second', 'third']);
    expect(await texts(first, first)).toEqual(['first']);
    expect(await other.store.read(first, third)).toEqual(
      ['first', 'second', 'third'].map((text, i) => ({ bytes: Buffer.from(text), position: node.positions[i] })),
    );
    expect(await texts('5-0', third)).toBeUndefined();

    const control = await nodes.admin(shared.port);
    for (let i = 1; i <= 10; i++) {
      await node.say(...Array.from({ length: 128 }, (_, n) => `${i} ${n}`));
      await vi.waitFor(() => expect(node.texts).toHaveLength(3 + i * 128), poll); // a reader that lags has gaps
    }
    expect(await control.xlen(channel)).toBeLessThan(600);
    const count = await control.xlen(channel);
    await vi.waitFor(
      async () => {
        await node.say('later');
        expect(await control.xlen(channel)).toBeLessThan(Math.min(count, 200));
      },
      { timeout: 5000, interval: 100 },
    );
    expect(await node.store.read(third, '+')).toBeNull();
    expect(node.gaps).toBe(0);
  });

  it('reads more messages than it requests at once', async () => {
    const both = await nodes.two('streams', shared.port, 'pages');
    await Promise.all(both.map((node) => node.open()));
    const texts = Array.from({ length: 1100 }, (_, i) => `a${i}`);
    await both[0].say(...texts);
    for (const { store } of both) {
      const kept = await store.read(both[0].store.start, '+');
      expect(kept?.map(({ bytes }) => bytes.toString())).toEqual(texts);
    }
  });

  it('keeps values, each of which one server takes', async () => {
    const both = await nodes.two('streams', shared.port, 'values');
    await Promise.all(both.map((node) => node.open()));
    const [one, two] = both.map((node) => node.store) as [BrokerStore, BrokerStore];
    const bytes = Buffer.from([0, 255, 10]);
    for (const store of [one, two]) {
      await store.put([{ key: 'a', bytes: Buffer.from('old'), ttl: 1000 }]);
      await store.put(['a', 'b', 'c'].map((key) => ({ key, bytes, ttl: 60_000 })));
      const taken = await Promise.all([one.take('a'), two.take('a')]);
      expect(taken.filter((value) => value !== null)).toEqual([bytes]);
      await store.remove(['b', 'none']);
      expect(await Promise.all([two.take('b'), one.take('c'), one.take('c')])).toEqual([null, bytes, null]);
      await store.put([{ key: 'd', bytes, ttl: 1 }]);
      await vi.waitFor(async () => expect(await two.take('d')).toBeNull(), poll);
    }
  });

  it('refuses a channel that is another key of Redis', async () => {
    await (await nodes.admin(shared.port)).set('taken', 'x');
    const node = await nodes.join(redisBroker({ url: `redis://127.0.0.1:${shared.port}?channel=taken` }), 'streams');
    await expect(node.open()).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('option "broker" must have a channel whose name is no other key of Redis'),
    });
  });

  it('connects again if the server has become a replica, which rejects writes', async () => {
    const server = await nodes.redis();
    const both = await nodes.two('streams', server.port, 'replica');
    await Promise.all(both.map((node) => node.open()));
    const control = await nodes.admin(server.port);
    const connections = async (): Promise<number> =>
      Number(/total_connections_received:(\d+)/.exec(await control.info('stats'))?.[1]);
    const before = await connections();
    await control.replicaof('127.0.0.1', 1);
    for (const node of both) await expect(node.say('a1')).rejects.toThrow(/^READONLY/);
    // Redis itself closes the two connections that receive.
    await vi.waitFor(async () => expect(await connections()).toBe(before + 4), poll);
    await control.replicaof('NO', 'ONE');
    await both[0].say('a2');
    await vi.waitFor(() => expect(both[1].texts).toEqual(['a2']), poll);
  });

  it('works with the clients of a cluster', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cluster-'));
    nodes.stopLater({ stop: () => rm(folder, { recursive: true }) });
    const files = ['--cluster-config-file', join(folder, 'nodes.conf')];
    const server = await nodes.redis(
      undefined,
      '--cluster-enabled',
      'yes',
      '--cluster-announce-ip',
      '127.0.0.1',
      ...files,
    );
    const control = await nodes.admin(server.port);
    await control.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    const first = new Cluster([{ host: '127.0.0.1', port: server.port }]);
    const second = createCluster({ rootNodes: [{ url: `redis://127.0.0.1:${server.port}` }] });
    nodes.stopLater({ stop: () => first.disconnect() });
    nodes.stopLater({ stop: () => second.destroy() });
    await vi.waitFor(async () => expect(await control.call('CLUSTER', 'INFO')).toContain('cluster_state:ok'), poll);
    await second.connect();
    for (const kind of ['pub/sub', 'streams'] as const) {
      const a = await nodes.join(redisBroker({ client: first, channel: kind }), kind);
      const b = await nodes.join(redisBroker({ client: second, channel: kind }), kind);
      await Promise.all([a.open(), b.open()]);
      await a.say('a1', 'a2');
      await b.say('b1', 'b2');
      await vi.waitFor(
        () =>
          expect([a.heard('b'), b.heard('a')]).toEqual([
            ['b1', 'b2'],
            ['a1', 'a2'],
          ]),
        poll,
      );
      if (kind === 'streams') {
        await a.store.put(['x', 'y'].map((key) => ({ key, bytes: Buffer.from(key), ttl: 1000 })));
        expect(await b.store.take('x')).toEqual(Buffer.from('x'));
        await b.store.remove(['x', 'y']);
        expect(await a.store.take('y')).toBeNull();
        expect(await b.store.read(a.positions[0] ?? '', a.position)).toHaveLength(4);
      } else {
        await control.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
        await vi.waitFor(() => expect([a.gaps, b.gaps, a.problem, b.problem]).toEqual([1, 1, null, null]), poll);
        await a.say('a3');
        await vi.waitFor(() => expect(b.texts).toContain('a3'), poll);
      }
    }
  });

  it('works with sentinels', async () => {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), 'sentinel-'));
    const file = join(folder, 'sentinel.conf');
    await writeFile(file, `port ${port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 ${shared.port} 1\n`);
    const program = start('redis-server', [file, '--sentinel'], /\+monitor master main/, { cwd: folder });
    nodes.stopLater({ stop: () => program.stop().then(() => rm(folder, { recursive: true })) });
    await program.printed;
    const url = `redis+sentinel://127.0.0.1:${port}/main`;
    const second = createSentinel({ name: 'main', sentinelRootNodes: [{ host: '127.0.0.1', port }] });
    for (const kind of ['pub/sub', 'streams'] as const) {
      const channel = `sentinel ${kind}`;
      const a = await nodes.join(redisBroker({ url, channel }), kind);
      const b = await nodes.join(redisBroker({ client: second, channel }), kind);
      await Promise.all([a.open(), b.open()]);
      await a.say('a1', 'a2');
      await b.say('b1', 'b2');
      await vi.waitFor(
        () =>
          expect([a.heard('b'), b.heard('a')]).toEqual([
            ['b1', 'b2'],
            ['a1', 'a2'],
          ]),
        poll,
      );
      expect([a.gaps, b.gaps]).toEqual([0, 0]);
    }
  });
});
