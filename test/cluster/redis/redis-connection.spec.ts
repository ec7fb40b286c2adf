import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClientEvents, RedisClient, RedisCommand } from '../../../lib/cluster/redis/redis-client.js';
import { RedisConnection } from '../../../lib/cluster/redis/redis-connection.js';
import { ManualClock } from '../../support/manual-clock.js';
import { type Deferred, deferred } from '../../support/server-rig.js';

/** A client whose connection and replies the test controls. */
class FakeClient implements RedisClient {
  readonly connected: Deferred<void> = deferred();
  readonly commands: RedisCommand[] = [];
  isConnected = true;
  answers = true;

  constructor(readonly events: ClientEvents) {}

  connect(): Promise<void> {
    return this.connected.promise;
  }

  command(command: RedisCommand): Promise<unknown> {
    this.commands.push(command);
    return this.answers ? Promise.resolve('reply') : new Promise(() => {});
  }

  batch(): Promise<unknown> {
    return Promise.resolve();
  }

  subscribe(): Promise<unknown> {
    return Promise.resolve();
  }

  disconnect(): void {
    this.isConnected = false;
  }
}

const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a connection to Redis', () => {
  let clock: ManualClock;
  let clients: FakeClient[];
  let events: unknown[][];
  let prepared: () => Promise<unknown>;
  let connection: RedisConnection;

  beforeEach(() => {
    clock = new ManualClock();
    clients = [];
    events = [];
    prepared = () => Promise.resolve();
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const create = (clientEvents: ClientEvents): RedisClient => {
      const client = new FakeClient(clientEvents);
      clients.push(client);
      return client;
    };
    connection = new RedisConnection(create, clock, {
      prepare: () => prepared(),
      ready: () => events.push(['ready']),
      lost: (error) => events.push(['lost', (error as Error).message]),
      answering: (answers) => events.push(['answering', answers]),
      interrupted: () => events.push(['interrupted']),
    });
    return () => {
      connection.close();
      vi.restoreAllMocks();
      expect(clock.timers).toBe(0);
    };
  });

  const client = (): FakeClient => clients.at(-1) as FakeClient;

  async function connect(): Promise<FakeClient> {
    client().connected.resolve();
    await flush();
    return client();
  }

  it('sends what waits in order, once it is ready', async () => {
    connection.open();
    const replies = ['a', 'b'].map((name) => connection.use((client) => client.command([name])));
    expect(client().commands).toEqual([]);
    await connect();
    expect(client().commands).toEqual([['ping'], ['a'], ['b']]);
    expect(await Promise.all(replies)).toEqual(['reply', 'reply']);
    await connection.use((client) => client.command(['c']));
    expect(client().commands.at(-1)).toEqual(['c']);
  });

  it('tries again after delays that double up to two seconds', async () => {
    connection.open();
    const delays: number[] = [];
    for (let i = 0; i < 8; i++) {
      client().connected.reject(new Error(`failure ${i}`));
      await flush();
      const before = clients.length;
      const start = clock.now();
      while (clients.length === before) clock.advance(1);
      delays.push(clock.now() - start);
    }
    expect(delays).toEqual([50, 100, 200, 400, 800, 1600, 2000, 2000]);
    expect(events).toHaveLength(8);
    expect(clients.filter(({ isConnected }) => isConnected)).toHaveLength(1);
    await connect();
    client().events.lost(new Error('gone'));
    clock.advance(50);
    expect(clients).toHaveLength(10);
  });

  it('gives up an attempt that takes too long, and ignores it from then on', async () => {
    connection.open();
    clock.advance(5000);
    expect(events).toEqual([['lost', 'it does not answer']]);
    const [late] = clients as [FakeClient];
    late.connected.resolve();
    late.events.lost(new Error('late'));
    await flush();
    expect(events).toHaveLength(1);
    expect(late.isConnected).toBe(false);
    clock.advance(50);
    await connect();
    expect(events.at(-1)).toEqual(['ready']);
  });

  it('reports a subscription that its client has repaired, but not the first one', async () => {
    connection.open();
    client().events.interrupted();
    const repaired = await connect();
    repaired.events.interrupted();
    expect(events).toEqual([['ready'], ['interrupted']]);
    repaired.events.lost(new Error('gone'));
    repaired.events.interrupted();
    expect(events.at(-1)).toEqual(['lost', 'gone']);
  });

  it('is lost if it cannot be prepared', async () => {
    prepared = () => Promise.reject(new Error('no'));
    connection.open();
    await connect();
    expect(events).toEqual([['lost', 'no']]);
  });

  it('reports a server that does not answer, and reconnects after ten seconds', async () => {
    connection.open();
    const silent = await connect();
    clock.advance(2500);
    await flush();
    silent.answers = false;
    clock.advance(5000);
    expect(events).toEqual([['ready'], ['answering', false]]);
    expect(connection.isCurrent(silent)).toBe(true);
    clock.advance(7500);
    expect(events.at(-1)).toEqual(['lost', 'it does not answer']);
    expect([silent.isConnected, connection.isCurrent(silent)]).toEqual([false, false]);
  });

  it('reports a server that answers again', async () => {
    connection.open();
    const slow = await connect();
    const reply = deferred<unknown>();
    vi.spyOn(slow, 'command').mockReturnValueOnce(reply.promise);
    clock.advance(5000);
    reply.resolve('PONG');
    await flush();
    expect(events).toEqual([['ready'], ['answering', false], ['answering', true]]);
  });

  it('rejects what waits when it is closed, and what comes later', async () => {
    connection.open();
    const waiting = connection.use((client) => client.command(['a']));
    connection.close();
    await expect(waiting).rejects.toThrow('the broker is closed');
    await expect(connection.use((client) => client.command(['b']))).rejects.toThrow('the broker is closed');
    connection.open();
    await flush();
    expect([clients.length, client().isConnected, events]).toEqual([1, false, []]);
  });

  it('keeps the process alive only while it is not connected', async () => {
    const set = vi.spyOn(globalThis, 'setInterval');
    const cleared = vi.spyOn(globalThis, 'clearInterval');
    const running = (): number => set.mock.calls.length - cleared.mock.calls.length;
    connection.open();
    expect(running()).toBe(1);
    await connect();
    expect(running()).toBe(0);
    client().events.lost(new Error('gone'));
    expect(running()).toBe(1);
    connection.close();
    expect(running()).toBe(0);
  });
});
