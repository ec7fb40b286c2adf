/** The memory for connection state recovery is bounded for all namespaces of a server together. */
import { describe, expect, it } from 'vitest';
import { hostileScene } from '../../support/hostile-scene.js';
import { memoryInUse } from '../../support/memory-in-use.js';
import { enter, lose, missedBy } from '../../support/resuming-client.js';

const scene = hostileScene({ connectionStateRecovery: {} });

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** Connects a client that joins namespaces and drops its connection. Resolves when the server has noticed. */
async function visit(names: readonly string[]): Promise<void> {
  const client = await scene.open();
  const clients = scene.rig.server.engine.clientsCount;
  client.send(...names.map((name) => `40${name},`));
  for (const name of names) expect(await client.next()).toMatch(new RegExp(`^40${name},`));
  client.terminate();
  await expect.poll(() => scene.rig.server.engine.clientsCount).toBe(clients - 1);
}

describe('the events of many namespaces', () => {
  it('take no more than recoveryBytes, and those of the namespaces that were quiet longest are dropped first', async () => {
    const limit = 5_000_000;
    await scene.restart({ connectionStateRecovery: {}, limits: { recoveryBytes: limit } });
    const { server } = scene.rig;
    const text = 'x'.repeat(100_000);
    const namespaces = times(4, (i) => server.of(`/n${i}`));
    const before = memoryInUse();
    for (const namespace of namespaces) for (let i = 0; i < 40; i++) namespace.emit('news', text); // 16 MB
    expect(server.recoveryBudget.weight).toBeLessThanOrEqual(limit);
    await expect.poll(() => memoryInUse() - before).toBeLessThan(limit * 1.2);
    expect(server.engine.limitCounts.recoveryBytes).toBeGreaterThan(100);
    expect(scene.rig.log.warnings).toEqual([
      `the oldest events or sessions of clients that may resume are dropped: limits.recoveryBytes (${limit}) is reached`,
    ]);
    const ann = await enter(scene.rig, undefined, '/n3');
    await lose(ann);
    for (let i = 0; i < 10; i++) namespaces[3]?.emit('missed', i);
    const back = await enter(scene.rig, { pid: ann.pid }, '/n3');
    expect(missedBy(back, '/n3')).toEqual(times(10, (i) => ['missed', i]));
  });

  it('are dropped when their time has passed, although no further events follow', async () => {
    await scene.restart({
      connectionStateRecovery: { maxDisconnectionDuration: 1_000 },
      pingInterval: 100_000,
      pingTimeout: 100_000,
    });
    const { server, clock } = scene.rig;
    const text = 'x'.repeat(100_000);
    const before = memoryInUse();
    for (const i of times(10, (i) => i)) for (let n = 0; n < 20; n++) server.of(`/n${i}`).emit('news', text);
    expect(server.recoveryBudget.weight).toBeGreaterThan(20_000_000);
    for (let i = 0; i < 3; i++) {
      clock.advance(101_600);
      expect(await scene.neighbour.next()).toBe('2');
      scene.neighbour.send('3');
      await scene.neighbour.idle();
    }
    expect(server.recoveryBudget.weight).toBe(0);
    await expect.poll(() => memoryInUse() - before).toBeLessThan(4_000_000);
  });
});

describe('namespaces by pattern', () => {
  it('do not stay for events that they keep', async () => {
    const { server } = scene.rig;
    server.of(/^\/p\d+$/).onConnect((socket) => void socket.nsp.emit('welcome'));
    const client = await scene.open();
    client.send(...times(100, (i) => `40/p${i},`));
    for (let i = 0; i < 200; i++) await client.next();
    expect(server.recoveryBudget.weight).toBeGreaterThan(0);
    client.send(...times(100, (i) => `41/p${i},`));
    await expect.poll(() => server._nsps.size).toBe(3);
    expect(server.recoveryBudget.weight).toBe(0);
  });

  it('that stay for the sessions of clients that dropped take no more than recoveryBytes', async () => {
    const limit = 2_000_000;
    await scene.restart({ connectionStateRecovery: {}, limits: { recoveryBytes: limit } });
    const { server } = scene.rig;
    server.of(/^\/p\d+$/);
    await visit(times(100, (i) => `/p9${i}`)); // compiles the code
    const before = memoryInUse();
    for (let round = 0; round < 10; round++) await visit(times(100, (i) => `/p${round}${i}`));
    expect(server._nsps.size).toBeLessThan(limit / 6_000);
    expect(server._nsps.size).toBeGreaterThan(200);
    await expect.poll(() => memoryInUse() - before).toBeLessThan(limit * 1.5);
    expect(server.engine.limitCounts.recoveryBytes).toBeGreaterThan(500);
    scene.rig.clock.advance(125_000);
    expect(server._nsps.size).toBe(3);
    expect(server.recoveryBudget.weight).toBe(0);
  });
});

describe('sessions', () => {
  it('count by the rooms that they are in', async () => {
    const limit = 2_000_000;
    await scene.restart({ connectionStateRecovery: {}, limits: { recoveryBytes: limit } });
    const { server } = scene.rig;
    const before = memoryInUse();
    for (let i = 0; i < 10; i++) {
      const client = await enter(scene.rig);
      client.socket.join(times(10_000, (room) => `room ${i} ${room}`));
      await lose(client);
    }
    expect(server.recoveryBudget.weight).toBeLessThanOrEqual(limit);
    await expect.poll(() => memoryInUse() - before).toBeLessThan(limit * 2);
    expect(server.engine.limitCounts.recoveryBytes).toBeGreaterThan(4);
    const ann = await enter(scene.rig);
    await lose(ann);
    expect((await enter(scene.rig, { pid: ann.pid })).sid).toBe(ann.sid);
  });
});
