import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster, Redis as IoRedis } from 'ioredis';
import { createClient, createCluster, createSentinel } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { BrokerStore } from '../../../lib/cluster/broker/broker.js';
import { redisBroker } from '../../../lib/cluster/redis/redis-broker.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { freePort, start } from '../../support/process.js';
import { type Redis, startRedis } from '../../support/redis.js';
import { contextOf, type Kind, type RedisNode, RedisNodes } from '../../support/redis-nodes.js';
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
  /** The ports of a cluster of one server and of a sentinel, which need a second or two to start. */
  let cluster: Promise<number>;
  let sentinel: Promise<number>;
  const programs = new RedisNodes();

  beforeAll(async () => {
    shared = await startRedis();
    cluster = startCluster(programs);
    sentinel = startSentinel(programs);
    for (const started of [cluster, sentinel]) started.catch(() => {}); // a test awaits it
  });
  afterAll(async () => {
    await programs.stop();
    await shared.stop();
  });

  /** Stops the shared server until it gets `SIGCONT`, at the latest after the test. */
  function pause(): void {
    shared.signal('SIGSTOP');
    nodes.stopLater({ stop: () => shared.signal('SIGCONT') });
  }

  /** Sets an option of the shared server, until the end of the test. */
  async function configure(option: string, value: string): Promise<void> {
    const control = await nodes.admin(shared.port);
    const [, before = ''] = await control.config('GET', option);
    nodes.stopLater({ stop: () => control.config('SET', option, before) });
    await control.config('SET', option, value);
  }

  it.each<[Kind, Kind]>([
    ['pub/sub', 'streams'],
    ['streams', 'pub/sub'],
  ])('warns of a server with %s if it has %s, since neither hears the other', async (first, second) => {
    const factory = redisBroker({ url: `redis://127.0.0.1:${shared.port}/0?channel=mixed-${first}` });
    const [other, log] = [new RecordingLog(), new RecordingLog()];
    await (await nodes.join(factory, { ...contextOf(first), log: other })).open();
    await (await nodes.join(factory, { ...contextOf(second), log })).open();
    const [kind, own] = second === 'streams' ? ['without', 'has it'] : ['with', 'has none'];
    await vi.waitFor(() => expect(log.warnings).toHaveLength(1), poll);
    expect(log.warnings[0]).toMatch(
      `servers or workers ${kind} connectionStateRecovery use the channel "mixed-${first}"`,
    );
    expect(log.warnings[0]).toMatch(`but this one ${own}, so they do not hear each other: give all of them the same`);
    expect(other.warnings).toEqual([]);
  });

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
      expect(both[0].problem).toContain(`Redis at 127.0.0.1:${port} is unavailable: connect ECONNREFUSED`);
      expect(both[1].problem).toContain(`Redis at 127.0.0.1:${port} is unavailable: connect ECONNREFUSED`);
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
      await vi.waitFor(() => expect(both.map((node) => [node.gaps, node.problem])).toEqual(twice([1, null])), poll);
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
      const both = await nodes.two(kind, shared.port, `stopped ${kind}`);
      await Promise.all(both.map((node) => node.open()));
      pause();
      const said = [both[0].say('a1', 'a2'), both[1].say('b1')];
      const silence = new Promise((resolve) => setTimeout(resolve, 50, 'silence'));
      expect(await Promise.race([...said, silence])).toBe('silence');
      shared.signal('SIGCONT');
      await Promise.all(said);
      await vi.waitFor(() => expect([both[0].heard('b'), both[1].heard('a')]).toEqual([['b1'], ['a1', 'a2']]), poll);
      expect(both.map((node) => node.gaps)).toEqual([0, 0]);
    });

    it('rejects a wrong password at once', async () => {
      await configure('requirepass', 'right');
      const url = `redis://default:wrong@127.0.0.1:${shared.port}`;
      const a = await nodes.join(redisBroker({ url }), kind);
      const b = await nodes.join(redisBroker({ client: createClient({ url }) }), kind);
      const c = await nodes.join(redisBroker({ url: `redis://127.0.0.1:${shared.port}` }), kind);
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

  it('closes within a second, whatever state the server is in, and rejects what waits', async () => {
    const kinds: Kind[] = ['pub/sub', 'streams'];
    const [killed, absent] = await Promise.all([nodes.redis(), freePort()]);
    const join = async (port: number, channel: string): Promise<RedisNode[]> =>
      (await Promise.all(kinds.map((kind) => nodes.two(kind, port, `${channel} ${kind}`)))).flat();
    const open = await Promise.all([join(shared.port, 'stopped'), join(killed.port, 'killed')]);
    const connecting = await Promise.all([join(shared.port, 'connecting'), join(absent, 'absent')]);
    await Promise.all(open.flat().map((node) => node.open()));
    pause();
    killed.signal('SIGKILL');
    for (const node of connecting.flat()) node.open().catch(() => {});
    const said = Promise.allSettled([...open, ...connecting].flat().map((node) => node.say('last')));
    await nodes.close();
    for (const { status } of await said) expect(status).toBe('rejected');
  });

  it('rejects messages that a stream has no memory for, and recovers', async () => {
    const both = await nodes.two('streams', shared.port, 'full');
    await Promise.all(both.map((node) => node.open()));
    await configure('maxmemory', '1');
    for (const node of both) await expect(node.say('a1')).rejects.toThrow(/^OOM/);
    await expect(both[0].store.put([{ key: 'k', bytes: Buffer.from('v'), ttl: 1000 }])).rejects.toThrow(/^OOM/);
    await configure('maxmemory', '0');
    await both[0].say('a2');
    await vi.waitFor(() => expect(both[1].heard('a')).toEqual(['a2']), poll);
  });

  it('starts when Redis has memory again', async () => {
    await configure('maxmemory', '1');
    const node = await nodes.join(redisBroker({ url: `redis://127.0.0.1:${shared.port}?channel=later` }), 'streams');
    const opened = node.open();
    await vi.waitFor(() => expect(node.problem).toContain('OOM'), poll);
    await configure('maxmemory', '0');
    await opened;
    expect(node.problem).toBeNull();
  });

  it('goes on after the streams were flushed, and after the clock of Redis was set back', async () => {
    const flushed = await nodes.two('streams', shared.port, 'flushed');
    const earlier = await nodes.two('streams', shared.port, 'earlier');
    await Promise.all([...flushed, ...earlier].map((node) => node.open()));
    await flushed[0].say('a1');
    const control = await nodes.admin(shared.port);
    const future = `${Date.now() + 3_600_000}-0`;
    await control.xadd('earlier', future, 'm', 'a1');
    await vi.waitFor(() => expect(flushed[1].texts).toEqual(['a1']), poll);
    await vi.waitFor(() => expect(earlier.map((node) => node.position)).toEqual([future, future]), poll);
    await control.multi().flushall().xadd('earlier', '*', 'm', 'a2').exec();
    // The new stream has an earlier position than the one that was read last.
    await vi.waitFor(() => expect(earlier.map((node) => node.texts)).toEqual(twice(['a1', 'a2'])), poll);
    await vi.waitFor(() => expect(flushed.map((node) => node.gaps)).toEqual([1, 1]), poll);
    expect(await flushed[1].store.read(flushed[1].position, '+')).toBeNull();
    await flushed[0].say('a2');
    await vi.waitFor(() => expect(flushed[1].texts).toEqual(['a1', 'a2']), poll);
    expect([...flushed, ...earlier].map((node) => node.gaps)).toEqual([1, 1, 1, 1]);
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
    await vi.waitFor(() => expect(both.map((node) => node.texts)).toEqual(twice(['a1', 'a2'])), poll);
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
      () => expect(both.map(({ gaps, texts }) => [gaps, texts])).toEqual(twice([1, ['a1', 'a3']])),
      poll,
    );
  });

  it('reads what a stream keeps, and bounds it by age and number', async () => {
    const channel = 'kept';
    const factory = redisBroker({ url: `redis://127.0.0.1:${shared.port}`, channel });
    const node = await nodes.join(factory, { ...contextOf('streams'), keepFor: 400, keepAtMost: 300 });
    await node.open();
    await node.say('first');
    await vi.waitFor(() => expect(node.texts).toEqual(['first']), poll);
    const other = await nodes.join(factory, 'streams');
    await other.open(); // adds an entry that is no message
    await node.say('second', 'third');
    await vi.waitFor(() => expect(node.texts).toHaveLength(3), poll);
    const [first, , third] = node.positions as [string, string, string];
    const texts = async (from: string, to: string): Promise<string[] | undefined> =>
      (await node.store.read(from, to))?.map(({ bytes }) => bytes.toString());
    expect(await texts(first, third)).toEqual(['first', 'second', 'third']);
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
      { timeout: 5000, interval: 20 },
    );
    expect(await node.store.read(third, '+')).toBeNull();
    expect(node.gaps).toBe(0);
  });

  it('reads more messages than it requests at once', async () => {
    const both = await nodes.two('streams', shared.port, 'pages');
    await Promise.all(both.map((node) => node.open()));
    const texts = Array.from({ length: 1100 }, (_, i) => `a${i}`);
    await both[0].say(...texts);
    await vi.waitFor(() => expect(both[0].positions).toHaveLength(1100), poll);
    for (const { store } of both) {
      const kept = await store.read(both[0].positions[0] as string, '+');
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
      message: expect.stringContaining(
        'option "broker" must have a channel that is not the key of other data in Redis',
      ),
    });
  });

  it('connects again if the server has become a replica, which rejects writes', async () => {
    const both = await nodes.two('streams', shared.port, 'replica');
    await Promise.all(both.map((node) => node.open()));
    const control = await nodes.admin(shared.port);
    nodes.stopLater({ stop: () => control.replicaof('NO', 'ONE') });
    const connections = async (): Promise<number> =>
      Number(/total_connections_received:(\d+)/.exec(await control.info('stats'))?.[1]);
    const before = await connections();
    await control.replicaof('127.0.0.1', 1);
    for (const node of both) await expect(node.say('a1')).rejects.toThrow(/^READONLY/);
    // The two that publish. Redis itself closes those that wait for messages.
    await vi.waitFor(async () => expect(await connections()).toBeGreaterThanOrEqual(before + 2), poll);
    await control.replicaof('NO', 'ONE');
    await both[0].say('a2');
    await vi.waitFor(() => expect(both[1].texts).toEqual(['a2']), poll);
  });

  it('works with the clients of a cluster', async () => {
    const port = await cluster;
    const control = await nodes.admin(port);
    const first = new Cluster([{ host: '127.0.0.1', port: port }]);
    const second = createCluster({ rootNodes: [{ url: `redis://127.0.0.1:${port}` }] });
    nodes.stopLater({ stop: () => first.disconnect() });
    nodes.stopLater({ stop: () => second.destroy() });
    await vi.waitFor(async () => expect(await control.call('CLUSTER', 'INFO')).toContain('cluster_state:ok'), poll);
    await second.connect();
    for (const kind of ['pub/sub', 'streams'] as const) {
      const a = await nodes.join(redisBroker({ client: first, channel: kind }), kind);
      const b = await nodes.join(redisBroker({ client: second, channel: kind }), kind);
      await talk(a, b);
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
    const port = await sentinel;
    const url = `redis+sentinel://127.0.0.1:${port}/main`;
    const client = createSentinel({ name: 'main', sentinelRootNodes: [{ host: '127.0.0.1', port }] });
    const [, withIoRedis] = await nodes.two('pub/sub', url, 'clients');
    const withClient = await nodes.join(redisBroker({ client, channel: 'clients' }), 'pub/sub');
    const [a, b] = await nodes.two('streams', url, 'stream');
    await Promise.all([talk(withIoRedis, withClient), talk(a, b)]);
    expect([withIoRedis, withClient, a, b].map(({ gaps }) => gaps)).toEqual([0, 0, 0, 0]);
  });
});

/** Two nodes open their brokers and receive the messages of each other. */
async function talk(a: RedisNode, b: RedisNode): Promise<void> {
  await Promise.all([a.open(), b.open()]);
  await a.say('a1', 'a2');
  await b.say('b1', 'b2');
  await vi.waitFor(() => expect([a.heard('b'), b.heard('a')].join(' ')).toBe('b1,b2 a1,a2'), poll);
}

function twice<T>(value: T): [T, T] {
  return [value, value];
}

/** Starts a cluster of one server. @returns its port */
async function startCluster(programs: RedisNodes): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'cluster-'));
  programs.stopLater({ stop: () => rm(folder, { recursive: true }) });
  const file = join(folder, 'nodes.conf');
  const options = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1', '--cluster-config-file', file];
  const { port } = await programs.redis(undefined, ...options);
  await (await programs.admin(port)).call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  return port;
}

/** Starts a server, and a sentinel that watches it as `main`. @returns the port of the sentinel */
async function startSentinel(programs: RedisNodes): Promise<number> {
  const [{ port: master }, port] = await Promise.all([programs.redis(), freePort()]);
  const folder = await mkdtemp(join(tmpdir(), 'sentinel-'));
  programs.stopLater({ stop: () => rm(folder, { recursive: true }) });
  const file = join(folder, 'sentinel.conf');
  await writeFile(file, `port ${port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 ${master} 1\n`);
  const program = start('redis-server', [file, '--sentinel'], /\+monitor master main/, { cwd: folder });
  programs.stopLater(program);
  await program.printed;
  return port;
}
