/** Work that a client starts: handlers that run, events that wait, CONNECTs that are not decided. */
import { describe, expect, it } from 'vitest';
import { turn } from '../../support/engine-rig.js';
import { SOON } from '../../support/events.js';
import { memoryBase, memoryInUse } from '../../support/memory-in-use.js';
import { hostileScene } from '../../support/hostile-scene.js';
import { deferred } from '../../support/server-rig.js';

const scene = hostileScene();
const counts = () => scene.rig.server.engine.limitCounts;

describe('a client that starts handlers faster than they end', () => {
  it('has runningHandlers of them at most, and loses no event', async () => {
    const go = deferred();
    let [running, most, ended] = [0, 0, 0];
    scene.rig.of('/').onEvent('work', async () => {
      most = Math.max(most, ++running);
      await go.promise;
      running--;
      ended++;
    });
    const { client } = await scene.join();
    client.send(...Array.from({ length: 20_000 }, () => '42["work"]'));
    await expect.poll(() => counts().runningHandlers, SOON).toBeGreaterThan(0);
    await scene.neighbour.idle();
    await turn();
    expect(running).toBe(1_000);
    expect(scene.rig.log.warnings.at(-1)).toBe(
      'a client of "127.0.0.1" is not read from: limits.runningHandlers (1000) is reached',
    );
    go.resolve();
    await expect.poll(() => ended, { timeout: 15_000 }).toBe(20_000);
    expect(most).toBe(1_000);
    await client.idle();
  });

  it('has handlers with runningWeight of payload at most', async () => {
    const go = deferred();
    let [running, ended] = [0, 0];
    scene.rig.of('/').onEvent('work', async () => {
      running++;
      await go.promise;
      ended++;
    });
    const { client } = await scene.join();
    const text = 'x'.repeat(900_000);
    client.send(...Array.from({ length: 20 }, () => `42["work","${text}"]`));
    await expect.poll(() => counts().runningWeight, SOON).toBeGreaterThan(0);
    await scene.neighbour.idle();
    expect(running).toBe(5);
    go.resolve();
    await expect.poll(() => ended, SOON).toBe(20);
    await client.idle();
  });

  it('has listeners and middlewares counted like handlers', async () => {
    await scene.restart({ limits: { runningHandlers: 10 } });
    const go = deferred();
    const { client, socket } = await scene.join();
    let running = 0;
    socket.on('work', async () => {
      running++;
      await go.promise;
    });
    let passed = 0;
    socket.use((event, next) => {
      if (event[0] !== 'wait') return next();
      passed++;
      return go.promise.then(() => next());
    });
    client.send(...Array.from({ length: 100 }, () => '42["work"]'));
    await expect.poll(() => counts().runningHandlers, SOON).toBeGreaterThan(0);
    await scene.neighbour.idle();
    expect(running).toBe(10);
    go.resolve();
    await expect.poll(() => running, SOON).toBe(100);
    client.send(...Array.from({ length: 100 }, () => '42["wait"]'));
    await expect.poll(() => passed, SOON).toBe(100);
    await client.idle();
  });

  it('is not disconnected for a pong that the server does not read', async () => {
    await scene.restart({ limits: { runningHandlers: 1 }, pingInterval: 25_000, pingTimeout: 20_000 });
    const go = deferred();
    scene.rig.of('/').onEvent('work', () => go.promise);
    const { client, socket } = await scene.join();
    client.send('42["work"]');
    await expect.poll(() => counts().runningHandlers, SOON).toBeGreaterThan(0);
    scene.rig.clock.advance(25_400);
    expect([await client.next(), await scene.neighbour.next()]).toEqual(['2', '2']);
    client.send('3');
    scene.neighbour.send('3');
    await scene.neighbour.idle();
    scene.rig.clock.advance(20_400);
    expect(socket.connected).toBe(true);
    go.resolve();
    await client.idle();
    expect(socket.connected).toBe(true);
  });
});

describe('a client whose CONNECT is being decided', () => {
  it('is refused in one namespace when others broadcast more than bufferedBytes to it', async () => {
    const go = deferred();
    scene.rig.of('/slow').onConnect(() => go.promise);
    const { client } = await scene.join();
    client.send('40/slow,');
    await expect.poll(() => scene.rig.server.of('/slow').members.size, SOON).toBe(1);
    const before = await memoryBase();
    for (let i = 0; i < 12; i++) {
      scene.rig.server.of('/slow').emit('n', 'x'.repeat(100_000));
      await turn();
    }
    expect(await client.next()).toBe(
      '44/slow,{"message":"Too much was sent before the connect handlers had finished"}',
    );
    await expect.poll(() => memoryInUse() - before, SOON).toBeLessThan(500_000); // of 1.2 MB
    await scene.neighbour.idle();
    go.resolve();
    await client.idle(); // its socket in `/` has not noticed
  });
});

describe('rooms', () => {
  it('are bounded for each socket, in number and in the length of their names', async () => {
    await scene.restart({ limits: { rooms: 3 } });
    const { client, socket } = await scene.join();
    const errors: unknown[] = [];
    socket.on('join', (room: string, done: (...answer: unknown[]) => void) => {
      try {
        socket.join(room);
        done('ok');
      } catch (error) {
        errors.push(error);
        done((error as { code: string }).code);
      }
    });
    client.send(...['a', 'b', 'c', 'd', 'x'.repeat(256)].map((room, id) => `42${id}["join","${room}"]`));
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await client.next());
    expect(answers).toEqual([
      '430["ok"]',
      '431["ok"]',
      '432["ok"]',
      '433["TOO_MANY_ROOMS"]',
      '434["ROOM_NAME_TOO_LONG"]',
    ]);
    expect(errors.map(String)).toEqual([
      'SocketIoError: a client may be in 3 rooms of /: join fewer or shorter names, or raise limits.rooms',
      'SocketIoError: the name of a room may have 255 characters, got 256: join fewer or shorter names, or raise limits.roomLength',
    ]);
    expect([...socket.rooms]).toEqual([socket.id, 'a', 'b', 'c']);
    expect(counts()).toMatchObject({ rooms: 1, roomLength: 1 });
  });

  it('take no more memory, however many a client asks for and however long their names are', async () => {
    await scene.restart({ limits: { rooms: 500 } });
    const [client, socket] = await scene.rig.join();
    const refused: Record<string, number> = {};
    socket.on('join', (room: string) => {
      try {
        socket.join(room);
      } catch (error) {
        const { code } = error as { code: string };
        refused[code] = (refused[code] ?? 0) + 1;
      }
    });
    const before = await memoryBase();
    const long = 'x'.repeat(900_000);
    for (let i = 0; i < 5; i++) client.send(`42["join","${long}${i}"]`);
    client.send(...Array.from({ length: 5_000 }, (_, i) => `42["join","room ${i}"]`));
    await client.idle();
    await scene.neighbour.idle();
    expect(refused).toEqual({ ROOM_NAME_TOO_LONG: 5, TOO_MANY_ROOMS: 4_500 });
    expect(scene.rig.server.sockets.adapter.rooms.size).toBe(502); // and the rooms of both ids
    await expect.poll(() => memoryInUse() - before, SOON).toBeLessThan(500 * 1_500); // bytes for each room, which takes 240
  });
});
