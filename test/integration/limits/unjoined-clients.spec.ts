/** Clients that are connected without being in a namespace: those that left, and those that are refused. */
import { ConnectionRefused } from 'nest-socketio';
import { describe, expect, it, vi } from 'vitest';
import { hostileScene } from '../../support/hostile-scene.js';
import { deferred } from '../../support/server-rig.js';

const scene = hostileScene();

const connections = (): number => scene.rig.server.engine.clientsCount;

/** More than `connectTimeout`, which is rounded up. */
const CONNECT_TIME = 46_000;

describe('a client that leaves its last namespace', () => {
  it('is closed if it joins none within connectTimeout', async () => {
    const { client } = await scene.join();
    scene.rig.clock.advance(CONNECT_TIME);
    client.send('41');
    await vi.waitUntil(() => scene.rig.server.sockets.sockets.size === 1);
    scene.rig.clock.advance(44_000);
    expect(connections()).toBe(2);
    scene.rig.clock.advance(2_000);
    expect(await client.closed).toEqual({ code: 1000 });
  });

  it('is closed also if the server has disconnected it', async () => {
    const { client, socket } = await scene.join();
    socket.disconnect();
    expect(await client.next()).toBe('41');
    scene.rig.clock.advance(CONNECT_TIME);
    expect(await client.closed).toEqual({ code: 1000 });
  });

  it('stays if it joins again in time', async () => {
    const { client } = await scene.join();
    for (let round = 0; round < 5; round++) {
      client.send('41');
      await client.join();
      scene.rig.clock.advance(CONNECT_TIME);
    }
    await client.idle();
  });

  it('stays while it is in another namespace', async () => {
    const { client } = await scene.join();
    await client.join('/other');
    client.send('41');
    await client.idle('/other');
    scene.rig.clock.advance(CONNECT_TIME);
    await client.idle('/other');
    client.send('41/other,');
    await vi.waitUntil(() => scene.rig.server.of('/other').sockets.size === 0);
    scene.rig.clock.advance(CONNECT_TIME);
    expect(await client.closed).toEqual({ code: 1000 });
  });

  it('has until connectTimeout after the CONNECT that it then waits for is refused', async () => {
    const go = deferred();
    scene.rig.of('/custom').onConnect(async () => {
      await go.promise;
      throw new ConnectionRefused('no');
    });
    const { client } = await scene.join();
    client.send('40/custom,', '41');
    await vi.waitUntil(() => scene.rig.server.sockets.sockets.size === 1);
    go.resolve();
    expect(await client.next()).toBe('44/custom,{"message":"no"}');
    scene.rig.clock.advance(CONNECT_TIME);
    expect(await client.closed).toEqual({ code: 1000 });
  });

  it('counts towards limits.unjoinedConnections again', async () => {
    await scene.restart({ limits: { unjoinedConnections: 3 } });
    for (let i = 0; i < 3; i++) {
      const { client } = await scene.join();
      client.send('41');
      await vi.waitUntil(() => scene.rig.server.sockets.sockets.size === 1);
    }
    await expect(scene.rig.open()).rejects.toThrow('code 1006');
    expect(scene.rig.server.engine.limitCounts.unjoinedConnections).toBe(1);
    scene.rig.clock.advance(CONNECT_TIME);
    await scene.open();
  });

  it('leaves no deadline behind when its connection ends', async () => {
    scene.rig.clock.advance(CONNECT_TIME);
    const { timers } = scene.rig.clock;
    for (let i = 0; i < 20; i++) {
      const { client } = await scene.join();
      client.terminate();
    }
    await vi.waitUntil(() => connections() === 1);
    scene.rig.clock.advance(CONNECT_TIME);
    expect(scene.rig.clock.timers).toBe(timers);
    await scene.restart({ limits: { unjoinedConnections: 1 } });
    const { client } = await scene.join();
    client.terminate();
    await vi.waitUntil(() => connections() === 1);
    await scene.open(); // the client that has left does not count
  });
});

describe('a client whose CONNECTs are refused', () => {
  it('keeps the deadline for its first namespace', async () => {
    const client = await scene.open();
    scene.rig.clock.advance(44_000);
    client.send('40/nope,');
    expect(await client.next()).toBe('44/nope,{"message":"Invalid namespace"}');
    scene.rig.clock.advance(2_000);
    expect(await client.closed).toEqual({ code: 1000 });
  });

  it('is closed with the refusal that reaches limits.refusedConnects', async () => {
    const tried: unknown[] = [];
    scene.rig.of('/custom').onConnect(({ auth }) => {
      tried.push(auth);
      throw new ConnectionRefused('wrong password');
    });
    const client = await scene.open();
    for (let i = 0; i < 10; i++) {
      client.send(`40/custom,{"password":"${i}"}`);
      expect(await client.next()).toBe('44/custom,{"message":"wrong password"}');
    }
    client.send('40/custom,{"password":"more"}');
    expect(await client.closed).toEqual({ code: 1008 });
    expect(tried).toHaveLength(10);
    expect(scene.rig.server.engine.limitCounts.refusedConnects).toBe(1);
    expect(scene.rig.log.warnings).toEqual([
      'closed a connection of "127.0.0.1": limits.refusedConnects (10) is reached',
    ]);
  });

  it.each([
    ['by a middleware', '/custom', '44/custom,{"message":"no"}'],
    ['for an unknown namespace', '/nope', '44/nope,{"message":"Invalid namespace"}'],
  ])('%s is closed, too', async (_, nsp, answer) => {
    await scene.restart({ limits: { refusedConnects: 3 } });
    scene.rig.of('/custom').use((_socket, next) => next(new Error('no')));
    const { client } = await scene.join();
    for (let i = 0; i < 3; i++) {
      client.send(`40${nsp},`);
      expect(await client.next()).toBe(answer);
    }
    expect(await client.closed).toEqual({ code: 1008 });
  });

  it('is closed, too, if it was accepted first', async () => {
    await scene.restart({ limits: { refusedConnects: 3 }, acceptFirst: true });
    scene.rig.of('/custom').onConnect(() => {
      throw new ConnectionRefused('no');
    });
    const client = await scene.open();
    for (let i = 0; i < 3; i++) {
      await client.join('/custom');
      expect(await client.next()).toBe('41/custom,');
    }
    expect(await client.closed).toEqual({ code: 1008 });
  });

  it('is not closed below that number, and its other namespaces stay', async () => {
    const { client } = await scene.join();
    for (let i = 0; i < 9; i++) {
      client.send(`40/nope${i},`);
      expect(await client.next()).toBe(`44/nope${i},{"message":"Invalid namespace"}`);
    }
    await client.idle();
  });

  it('leaves its other namespaces with the reason', async () => {
    await scene.restart({ limits: { refusedConnects: 1 } });
    const { client, told } = await scene.join();
    client.send('40/nope,');
    expect(await client.closed).toEqual({ code: 1008 });
    const cause = expect.objectContaining({
      code: 'CONNECTION_REFUSED',
      message: 'too many CONNECTs of this connection were refused',
    }) as unknown;
    expect(told).toEqual([
      ['disconnecting', 'forced close', cause],
      ['disconnect', 'forced close', cause],
    ]);
  });
});
