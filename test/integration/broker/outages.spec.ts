/** Servers whose Redis is absent, killed, stopped, slow, flushed, full, or out of reach of one of them. */
import { Redis as Client } from 'ioredis';
import type { ServerOptions } from 'nest-socketio';
import type { Socket } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquainted, type ClusterNode, startNode } from '../../support/cluster-nodes.js';
import { cleanUp, onCleanUp } from '../../support/engine-clean-up.js';
import { turn } from '../../support/engine-rig.js';
import { next, SOON } from '../../support/events.js';
import { freePort } from '../../support/process.js';
import { type Redis, startRedis } from '../../support/redis.js';
import { describeWith } from '../../support/requires.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { expectNothingUncaught } from '../../support/uncaught.js';

/** ms that a server may take to start or to close, whatever its broker does, on a very busy machine */
const DEADLINE = 12_000;

/** ms in which servers in reach answer on a busy machine. A question takes that long if a server is out of reach. */
const ANSWER_TIME = 1_500;

const MODES: [name: string, options: ServerOptions][] = [
  ['pub/sub', {}],
  ['streams', { connectionStateRecovery: {} }],
];

let nodes: ClusterNode[] = [];

/** Starts a server that reaches Redis at a port. */
async function join(port: number, options: ServerOptions): Promise<ClusterNode> {
  const node = await startNode(`redis://127.0.0.1:${port}`, options);
  nodes.push(node);
  return node;
}

async function redisAt(port?: number): Promise<Redis> {
  const redis = await startRedis(port);
  onCleanUp(() => {
    redis.signal('SIGCONT');
    return redis.stop();
  });
  return redis;
}

/** Notes the numbers that a client hears. */
function listenTo(client: Socket): number[] {
  const heard: number[] = [];
  client.on('count', (number: number) => heard.push(number));
  return heard;
}

/** Emits numbers, each in a turn of its own, so that each is a message of its own. */
async function count(node: ClusterNode, from: number, to: number): Promise<void> {
  for (let number = from; number <= to; number++) {
    node.server.emit('count', number);
    await turn();
  }
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** Resolves when both servers are healthy and their clients hear each other again. */
async function restored(...members: readonly (readonly [ClusterNode, Socket])[]): Promise<void> {
  await expect.poll(() => members.map(([{ server }]) => server.cluster.health.degraded), SOON).toEqual([null, null]);
  for (const [{ server }] of members) {
    for (const [, client] of members) {
      let heard = false;
      const event = `hello ${Math.random()}`;
      client.once(event, () => (heard = true));
      await expect
        .poll(() => {
          if (!heard) server.emit(event);
          return heard;
        }, SOON)
        .toBe(true);
    }
  }
}

/** Closes the servers, in time, and checks that their logs have no line twice. */
async function closed(): Promise<void> {
  const started = performance.now();
  await Promise.all(nodes.map((node) => node.close()));
  expect(performance.now() - started).toBeLessThan(DEADLINE);
  for (const { log } of nodes) {
    const kinds = [...log.warnings, ...log.errors.map(([text]) => text)].map((line) => line.replaceAll(/\d+/g, 'n'));
    expect(kinds).toEqual([...new Set(kinds)]);
  }
  nodes = [];
}

describeWith('redis-server', 'servers whose broker fails', () => {
  beforeEach(expectNothingUncaught);
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.close()));
    await cleanUp();
  });

  describe.each(MODES)('over %s', (_name, options) => {
    it('start and close without it, and connect when it is there', async () => {
      const port = await freePort();
      const started = performance.now();
      const [one, two, three] = await Promise.all([1, 2, 3].map(() => join(port, options)));
      if (one === undefined || two === undefined || three === undefined) throw new Error('they did not start');
      expect(performance.now() - started).toBeLessThan(DEADLINE);
      const closing = performance.now();
      await three.close();
      expect(performance.now() - closing).toBeLessThan(DEADLINE);
      expect(one.server.cluster.health.degraded).toMatch(/is unavailable/);
      expect(one.log.warnings).toHaveLength(1);
      const [ann, bob] = [await one.connect(), await two.connect()];
      const local = next(ann, 'count');
      one.server.emit('count', 1);
      expect((await local)[0]).toBe(1);
      await redisAt(port);
      await restored([one, ann], [two, bob]);
      expect(await one.server.countSockets()).toBe(2);
      await closed();
    });

    it('deliver locally while it is away, and the rest when it is back', async () => {
      const redis = await redisAt();
      const [one, two] = [await join(redis.port, options), await join(redis.port, options)];
      const [ann, bob] = [await one.connect(), await two.connect()];
      await restored([one, ann], [two, bob]);
      const [local, distant] = [listenTo(ann), listenTo(bob)];
      redis.signal('SIGKILL');
      await redis.stop();
      await expect.poll(() => one.server.cluster.health.degraded, SOON).not.toBeNull();
      await count(one, 1, 20);
      await expect.poll(() => local, SOON).toEqual(numbers(1, 20));
      expect(distant).toEqual([]);
      await redisAt(redis.port);
      await restored([one, ann], [two, bob]);
      if (options.connectionStateRecovery !== undefined) expect(distant).toEqual(numbers(1, 20));
      // Without a log, those that arrive before the other server has subscribed again are lost, and counted there.
      expect(distant).toEqual(numbers(21 - distant.length, 20));
      expect(two.server.cluster.health.missed).toBeGreaterThanOrEqual(20 - distant.length);
      await closed();
    });

    it('lose nothing while it is stopped, and close in time', async () => {
      const redis = await redisAt();
      const [one, two] = [await join(redis.port, options), await join(redis.port, options)];
      const [ann, bob] = [await one.connect(), await two.connect()];
      await restored([one, ann], [two, bob]);
      const [local, distant] = [listenTo(ann), listenTo(bob)];
      redis.signal('SIGSTOP');
      await count(one, 1, 20);
      await expect.poll(() => local, SOON).toEqual(numbers(1, 20));
      expect(distant).toEqual([]);
      redis.signal('SIGCONT');
      await expect.poll(() => distant, SOON).toEqual(numbers(1, 20));
      expect(two.server.cluster.health.missed).toBe(0);
      redis.signal('SIGSTOP');
      await count(one, 21, 22);
      await closed();
    });

    it('keep the order over a slow connection, and do not wait for it', async () => {
      const redis = await redisAt();
      const proxy = await TcpProxy.start(redis.port);
      onCleanUp(() => proxy.close());
      const [one, two] = [await join(proxy.port, options), await join(redis.port, options)];
      const [ann, bob] = [await one.connect(), await two.connect()];
      await restored([one, ann], [two, bob]);
      const [local, distant] = [listenTo(ann), listenTo(bob)];
      proxy.delay = 200;
      const all = new Promise((resolve) => {
        ann.on('count', (number: number) => {
          if (number === 20) resolve(distant.length);
        });
      });
      await count(one, 1, 20);
      expect(await all).toBe(0); // all were delivered here before the first one arrived there
      await expect.poll(() => distant, SOON).toEqual(numbers(1, 20));
      expect(local).toEqual(numbers(1, 20));
      await closed();
    });

    it('bound what waits for it, drop the oldest, and count both what was dropped and what was missed', async () => {
      const redis = await redisAt();
      const proxy = await TcpProxy.start(redis.port);
      onCleanUp(() => proxy.close());
      const one = await join(proxy.port, { ...options, limits: { brokerMessages: 10 } });
      const two = await join(redis.port, options);
      const [ann, bob] = [await one.connect(), await two.connect()];
      await restored([one, ann], [two, bob]);
      const [local, distant] = [listenTo(ann), listenTo(bob)];
      proxy.cut();
      await expect.poll(() => one.server.cluster.health.degraded, SOON).not.toBeNull();
      expect(two.server.cluster.health.degraded).toBeNull();
      const before = two.server.cluster.health.missed;
      await count(one, 1, 50);
      await expect.poll(() => local, SOON).toEqual(numbers(1, 50));
      expect(one.server.cluster.health.dropped).toBeGreaterThanOrEqual(40);
      proxy.heal();
      await restored([one, ann], [two, bob]);
      await expect.poll(() => distant.at(-1), SOON).toBe(50);
      expect(distant).toEqual(distant.toSorted((a, b) => a - b));
      expect(distant.length).toBeLessThanOrEqual(10);
      expect(two.server.cluster.health.missed - before).toBe(50 - distant.length);
      proxy.silence();
      await count(one, 51, 52);
      await closed();
    });
  });

  describe('over streams, with recovery,', () => {
    const options: ServerOptions = { connectionStateRecovery: {} };

    it('lose sessions when it is flushed, and say so', async () => {
      const redis = await redisAt();
      const [one, two] = [await join(redis.port, options), await join(redis.port, options)];
      const [ann, bob] = [await one.connect(), await two.connect()];
      await restored([one, ann], [two, bob]);
      const { io } = ann;
      const lost = next(ann, 'disconnect');
      io.engine.close();
      await lost;
      await expect.poll(() => one.server.sockets.sockets.size, SOON).toBe(0);
      const admin = new Client(redis.port, '127.0.0.1');
      onCleanUp(() => admin.disconnect());
      await expect.poll(async () => (await admin.keys('*:session:*')).length, SOON).toBe(2);
      await admin.flushall();
      const other = two.server.httpServer.address() as { port: number };
      (io as unknown as { uri: string }).uri = `http://127.0.0.1:${other.port}`;
      await next(ann.connect(), 'connect');
      expect(ann.recovered).toBe(false);
      await restored([one, bob], [two, ann]);
      await closed();
    });

    it('deliver locally while it is full, and everything when it has room again', async () => {
      const redis = await redisAt();
      const [one, two] = [await join(redis.port, options), await join(redis.port, options)];
      const [ann, bob] = [await one.connect(), await two.connect()];
      await restored([one, ann], [two, bob]);
      const [local, distant] = [listenTo(ann), listenTo(bob)];
      const admin = new Client(redis.port, '127.0.0.1');
      onCleanUp(() => admin.disconnect());
      await admin.config('SET', 'maxmemory-policy', 'noeviction');
      await admin.config('SET', 'maxmemory', '1');
      await count(one, 1, 20);
      await expect.poll(() => local, SOON).toEqual(numbers(1, 20));
      await expect.poll(() => one.server.cluster.health.degraded, SOON).toMatch(/OOM/);
      expect(one.server.cluster.health.failed).toBeGreaterThanOrEqual(20);
      await admin.config('SET', 'maxmemory', '0');
      await count(one, 21, 22);
      await expect.poll(() => distant, SOON).toEqual([21, 22]);
      expect(two.server.cluster.health.missed).toBeGreaterThanOrEqual(20);
      await restored([one, ann], [two, bob]);
      await closed();
    });
  });

  it('answer for those that are in reach while one is not', async () => {
    const redis = await redisAt();
    const proxy = await TcpProxy.start(redis.port);
    onCleanUp(() => proxy.close());
    const [one, two, three] = [await join(redis.port, {}), await join(redis.port, {}), await join(proxy.port, {})];
    await acquainted([one, two, three]);
    for (const node of [one, two, three]) await node.connect();
    proxy.silence();
    const found = await one.server
      .timeout(ANSWER_TIME)
      .fetchSockets()
      .catch((error: { responses: unknown[] }) => error.responses);
    expect(found).toHaveLength(2);
    proxy.heal();
    await expect
      .poll(
        async () =>
          three.server
            .timeout(ANSWER_TIME)
            .countSockets()
            .catch(() => 0),
        SOON,
      )
      .toBe(3);
    await closed();
  });
});
