/** Clients that ask for too much: everything they can ask for is bounded, and ends. */
import { Adapter } from 'socket.io-adapter';
import { describe, expect, it, vi } from 'vitest';
import { SocketIoError } from '../../../lib/errors.js';
import type { Namespace } from '../../../lib/server/internal.js';
import { turn } from '../../support/engine-rig.js';
import { hostileScene } from '../../support/hostile-scene.js';
import { type Deferred, deferred } from '../../support/server-rig.js';

const scene = hostileScene();

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

describe('namespaces by pattern', () => {
  it('are created up to limits.namespaces for one client, and removed with it, as are their adapters', async () => {
    let [made, closed] = [0, 0];
    class Counting extends Adapter {
      override init(): void {
        made++;
      }

      override close(): void {
        closed++;
      }
    }
    await scene.restart({ adapter: Counting });
    const before = made;
    const parent = scene.rig.server.of(/^\/p\d+$/);
    const client = await scene.open();
    client.send(...times(1_000, (i) => `40/p${i},`));
    expect(await client.closed).toEqual({ code: 1002 });
    expect([made - before, closed]).toEqual([100, 100]);
    expect((parent as Namespace & { children: Set<Namespace> }).children.size).toBe(0);
  });

  it('can be joined and left in turn without end', async () => {
    scene.rig.server.of(/^\/p\d+$/);
    const client = await scene.open();
    await client.join();
    for (let round = 0; round < 10; round++) {
      client.send(...times(500, (i) => [`40/p${round}${i},`, `41/p${round}${i},`]).flat());
      for (let i = 0; i < 500; i++) expect(await client.next()).toMatch(/^40\/p\d+,\{"sid":"[\w-]{20}"\}$/);
      await client.idle();
    }
    expect([scene.rig.server.has('/p00'), scene.rig.server.has('/p9499')]).toEqual([false, false]);
  });

  it('are not created beyond limits.namespaces while the middleware of their parent decides', async () => {
    const nexts: (() => void)[] = [];
    scene.rig.server.of(/^\/p\d+$/).use((_socket, next) => void nexts.push(next));
    const client = await scene.open();
    client.send(...times(1_000, (i) => `40/p${i},`));
    expect(await client.closed).toEqual({ code: 1002 });
    expect(nexts).toHaveLength(100);
    for (const next of nexts) next();
    await turn();
    expect([scene.rig.server.has('/p0'), scene.rig.server.has('/p99')]).toEqual([false, false]);
    expect(client.heard).toEqual([]);
  });

  it('count until their disconnect handlers have settled', async () => {
    const handlers: Deferred<void>[] = [];
    scene.rig.server.of(/^\/p\d+$/).onDisconnect(() => (handlers[handlers.length] = deferred()).promise);
    const client = await scene.open();
    client.send(...times(1_000, (i) => [`40/p${i},`, `41/p${i},`]).flat());
    expect(await client.closed).toEqual({ code: 1002 });
    expect(handlers).toHaveLength(100);
    for (const { resolve } of handlers) resolve();
    await expect.poll(() => times(100, (i) => scene.rig.server.has(`/p${i}`)).includes(true)).toBe(false);
  });
});

describe('connections', () => {
  it('that join nothing are all closed after connectTimeout', async () => {
    const clients = await Promise.all(times(200, () => scene.open()));
    expect(scene.rig.server.engine.clientsCount).toBe(201);
    scene.rig.clock.advance(46_000);
    for (const { closed } of clients) expect(await closed).toEqual({ code: 1000 });
    await expect.poll(() => scene.rig.server.engine.clientsCount).toBe(1);
  });

  it('whose CONNECTs are never decided are closed after connectTimeout, and leave nothing behind', async () => {
    scene.rig.server.of(/^\/p\d+$/).use(() => {});
    const clients = await Promise.all(times(20, () => scene.open()));
    for (const client of clients) client.send(...times(10, (i) => `40/p${i},`));
    await expect.poll(() => scene.rig.server.has('/p9')).toBe(true);
    await scene.neighbour.idle();
    scene.rig.clock.advance(46_000);
    for (const { closed } of clients) expect(await closed).toEqual({ code: 1000 });
    expect(times(10, (i) => scene.rig.server.has(`/p${i}`))).not.toContain(true);
    expect(new Set(scene.faults().map((fault) => fault.replace(/p\d/, 'p0')))).toEqual(
      new Set(['a middleware did not call next in /p0 within connectTimeout, 45000 ms: the client is refused']),
    );
  });
});

describe('events', () => {
  it('without a handler are counted, and logged once a minute', async () => {
    const { client } = await scene.join();
    const [other] = await scene.rig.join('/other');
    other.send(...times(5_000, (i) => `42/other,${i}["e${i}",{"a":[${i}]}]`));
    await other.idle('/other');
    expect(scene.rig.of('/other').unhandledEvents).toBe(5_000);
    expect(scene.rig.log.debugs.filter((line) => line.startsWith('no handler for'))).toHaveLength(1);
    await client.idle();
  });

  it('of great depth and width reach catch-all listeners, and change nothing', async () => {
    const { client, told } = await scene.join();
    const wide = `[${times(33_000, () => '[[{}]]').join()}]`;
    client.send(`42["e",${wide}]`, `42["e",${'['.repeat(63)}${']'.repeat(63)}]`);
    await client.idle();
    expect(told).toHaveLength(2);
  });

  it('of one client do not delay those of others', async () => {
    const { client, told } = await scene.join();
    client.send(...times(5_000, () => '42["e"]'));
    await scene.neighbour.idle();
    await client.idle();
    expect(told).toHaveLength(5_000);
  });
});

describe('unsolicited pongs', () => {
  it('postpone neither the next ping nor the timeout', async () => {
    await scene.restart({ pingInterval: 25_000, pingTimeout: 20_000 });
    const { client, told } = await scene.join();
    client.send(...times(5_000, () => '3'));
    await client.idle();
    scene.rig.clock.advance(25_400);
    expect([await client.next(), await scene.neighbour.next()]).toEqual(['2', '2']);
    scene.neighbour.send('3');
    await scene.neighbour.idle();
    scene.rig.clock.advance(20_400);
    expect(await client.closed).toEqual({ code: 1006 });
    expect(told.at(-1)).toEqual(['disconnect', 'ping timeout', undefined]);
  });
});

describe('a client that never reads', () => {
  it('is cut off when more than limits.backlogBytes wait; other clients get everything, in order', async () => {
    await scene.restart({ limits: { backlogBytes: 2_000_000 } });
    const { client, socket, told } = await scene.join();
    socket.join('room');
    const [reader, other] = await scene.rig.join();
    other.join('room');
    client.pause();
    const text = 'x'.repeat(100_000);
    let [sent, most] = [0, 0];
    while (socket.connected && sent < 500) {
      scene.rig.server.to('room').emit('n', sent++, text);
      most = Math.max(most, socket.conn.bufferedAmount);
      expect(await reader.next()).toBe(`42["n",${sent - 1},"${text}"]`);
    }
    expect(most).toBeLessThan(3_300_000);
    expect(told.at(-1)).toEqual(['disconnect', 'transport error', expect.any(SocketIoError)]);
    expect(told.at(-1)?.[2]).toMatchObject({ code: 'SLOW_CLIENT' });
    client.resume();
    await client.closed;
    await reader.idle();
  });

  it('loses what is volatile, and gets the rest in order', async () => {
    await scene.restart({ limits: { bufferedBytes: 100_000_000 } });
    const { client, socket } = await scene.join();
    client.pause();
    const text = 'x'.repeat(100_000);
    let sent = 0;
    while (socket.conn.bufferedAmount === 0) {
      socket.emit('n', sent++, text);
      await turn();
    }
    for (let i = 0; i < 100; i++) {
      socket.volatile.emit('lost');
      socket.emit('n', sent++);
    }
    client.resume();
    for (let i = 0; i < sent; i++) expect(String(await client.next())).toMatch(new RegExp(`^42\\["n",${i}[,\\]]`));
    await client.idle();
    expect(client.heard.some((message) => message.toString().includes('lost'))).toBe(false);
  });
});

describe('a client that never acknowledges', () => {
  it('is asked at most limits.pendingAcks times; further questions fail, and all of them when it leaves', async () => {
    await scene.restart({ limits: { pendingAcks: 100 } });
    const { client, socket } = await scene.join();
    const { timers } = scene.rig.clock;
    const asked = times(100, () => socket.timeout(1_000_000).emitWithAck('ask'));
    expect(() => socket.emit('ask', vi.fn())).toThrow(expect.objectContaining({ code: 'TOO_MANY_ACKS' }));
    for (let i = 0; i < 100; i++) expect(await client.next()).toBe(`42${i}["ask"]`);
    await client.idle();
    const gone = Promise.allSettled(asked);
    client.terminate();
    for (const { status } of await gone) expect(status).toBe('rejected');
    expect(scene.rig.clock.timers).toBe(timers);
  });

  it('is asked again once a question has timed out', async () => {
    await scene.restart({ limits: { pendingAcks: 2 } });
    const { client, socket } = await scene.join();
    for (let round = 0; round < 5; round++) {
      const asked = times(2, () => socket.timeout(100).emitWithAck('ask'));
      scene.rig.clock.advance(100);
      for (const result of await Promise.allSettled(asked)) {
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ACK_TIMEOUT' } });
      }
    }
    client.send(...times(10, (id) => `43${id}["late"]`));
    for (let id = 0; id < 10; id++) expect(await client.next()).toBe(`42${id}["ask"]`);
    await client.idle();
  });
});
