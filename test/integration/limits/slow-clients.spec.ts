/** Clients that do not read what they are sent, or read slowly. In each test, the scene checks a healthy client. */
import { describe, expect, it, vi } from 'vitest';
import { turn } from '../../support/engine-rig.js';
import { SOON } from '../../support/events.js';
import { memoryBase, memoryInUse } from '../../support/memory-in-use.js';
import { hostileScene } from '../../support/hostile-scene.js';

const scene = hostileScene();
const KB_100 = 'x'.repeat(100_000);
const MB = 'x'.repeat(980_000);

const counts = () => scene.rig.server.engine.limitCounts;

describe('a client that asks for large answers and does not read them', () => {
  it('is not read from: about bufferedBytes wait for it, and it gets all answers once it reads', async () => {
    const { client, socket } = await scene.join();
    let answered = 0;
    socket.on('ask', (done: (answer: string) => void) => {
      answered++;
      done(KB_100);
    });
    const count = 400; // 5 kB of requests, 40 MB of answers
    client.pause();
    client.send(...Array.from({ length: count }, (_, id) => `42${id}["ask"]`));
    await expect.poll(() => counts().bufferedBytes, SOON).toBeGreaterThan(0);
    await scene.neighbour.idle();
    await turn();
    expect(socket.conn.bufferedAmount).toBeLessThan(1_300_000);
    expect(answered).toBeLessThan(100); // the kernel takes some MB as well
    client.resume();
    for (let id = 0; id < count; id++) expect((await client.next()).length).toBe(`43${id}["${KB_100}"]`.length);
    await client.idle();
    expect(counts()).toMatchObject({ backlogBytes: 0, slowTime: 0 });
  });

  it('is disconnected when it takes nothing for slowTime, although it answers no ping', async () => {
    const { client, socket, told } = await scene.join();
    socket.on('ask', (done: (answer: string) => void) => done(KB_100));
    client.pause();
    client.send(...Array.from({ length: 200 }, (_, id) => `42${id}["ask"]`));
    await expect.poll(() => counts().bufferedBytes, SOON).toBeGreaterThan(0);
    scene.rig.clock.advance(9_900);
    expect(socket.connected).toBe(true);
    // The kernel took some of it at first, which was progress.
    for (let i = 0; i < 20 && socket.connected; i++) {
      scene.rig.clock.advance(10_200);
      await scene.neighbour.idle();
    }
    expect(told.at(-1)).toEqual(['disconnect', 'transport error', expect.objectContaining({ code: 'SLOW_CLIENT' })]);
    expect(counts().slowTime).toBe(1);
    expect(scene.rig.log.warnings.at(-1)).toMatch(
      /^a client of "127\.0\.0\.1" was disconnected with \d+ bytes waiting: limits\.slowTime \(10000\) is reached$/,
    );
  });
});

describe('members of a room who read steadily', () => {
  it('stay when another one posts large messages faster than they read', async () => {
    const readers = await Promise.all(Array.from({ length: 5 }, () => scene.join()));
    for (const { socket } of readers) socket.join('room');
    const [poster, socket] = await scene.rig.join();
    socket.on('post', (text: string) => socket.to('room').emit('posted', text));
    for (const { client } of readers) client.pause();
    const before = await memoryBase();
    poster.send(...Array.from({ length: 12 }, () => `42["post","${MB}"]`));
    await poster.idle();
    expect(readers.every(({ socket: reader }) => reader.conn.bufferedAmount > 1_000_000)).toBe(true);
    await scene.neighbour.idle();
    await expect.poll(() => memoryInUse() - before, SOON).toBeLessThan(15_000_000); // the readers share 11.8 MB
    for (const { client } of readers) client.resume();
    for (const { client } of readers) {
      for (let i = 0; i < 12; i++) expect((await client.next()).length).toBeGreaterThan(980_000);
      await client.idle();
    }
    expect(counts()).toMatchObject({ backlogBytes: 0, slowTime: 0 });
  });
});

describe('slowClients', () => {
  it("'drop-volatile' keeps a client that does not read, without what is volatile", async () => {
    await scene.restart({ slowClients: 'drop-volatile' });
    const { client, socket } = await scene.join();
    client.pause();
    while (counts().bufferedBytes === 0) {
      socket.emit('n', KB_100);
      await turn();
    }
    scene.rig.clock.advance(60_000);
    socket.volatile.emit('lost');
    socket.emit('kept');
    expect(socket.connected).toBe(true);
    client.resume();
    let frame = '';
    while (!frame.includes('kept')) {
      frame = String(await client.next());
      expect(frame).not.toContain('lost');
    }
    await client.idle();
  });

  it('may be a function, which decides each time slowTime passes without progress', async () => {
    const decide = vi.fn<() => 'wait' | 'disconnect'>();
    decide.mockReturnValueOnce('wait').mockReturnValueOnce('wait').mockReturnValue('disconnect');
    await scene.restart({ slowClients: decide });
    const { client, socket, told } = await scene.join();
    client.pause();
    while (counts().bufferedBytes === 0) {
      socket.emit('n', KB_100);
      await turn();
    }
    scene.rig.clock.advance(10_200);
    scene.rig.clock.advance(10_200);
    expect(socket.connected).toBe(true);
    expect(decide).toHaveBeenLastCalledWith({
      id: socket.conn.id,
      remoteAddress: '127.0.0.1',
      bufferedAmount: socket.bufferedAmount,
      takenBytes: expect.any(Number),
      laggingFor: expect.any(Number),
    });
    scene.rig.clock.advance(10_200);
    expect(told.at(-1)?.slice(0, 2)).toEqual(['disconnect', 'transport error']);
  });

  it('disconnects the client if the function throws', async () => {
    await scene.restart({
      slowClients: () => {
        throw new Error('oops');
      },
    });
    const { client, socket } = await scene.join();
    client.pause();
    while (counts().bufferedBytes === 0) {
      socket.emit('n', KB_100);
      await turn();
    }
    scene.rig.clock.advance(10_200);
    expect(socket.connected).toBe(false);
    expect(scene.faults()).toEqual(['the function given as slowClients failed: the client is disconnected']);
  });
});

describe('socket.drained()', () => {
  it('lets a handler send a stream no faster than the client reads', async () => {
    const { client, socket } = await scene.join();
    let [most, sent] = [0, 0];
    socket.on('stream', async (done: () => void) => {
      for (; sent < 1_000; sent++) {
        socket.emit('part', KB_100);
        await socket.drained();
        most = Math.max(most, socket.bufferedAmount);
      }
      done();
    });
    client.pause();
    client.send('420["stream"]');
    await scene.neighbour.idle();
    await turn();
    expect(sent).toBeLessThan(200); // the kernel takes that many
    client.resume();
    for (let i = 0; i < 1_000; i++) expect((await client.next()).length).toBeGreaterThan(100_000);
    expect(await client.next()).toBe('430[]');
    expect(most).toBeLessThan(300_000);
  });

  it('resolves at once for a client that has taken everything, and when the connection ends', async () => {
    const { client, socket } = await scene.join();
    await socket.drained();
    client.pause();
    while (socket.bufferedAmount < 1_000_000) {
      socket.emit('part', KB_100);
      await turn();
    }
    const drained = socket.drained();
    client.terminate();
    await drained;
    await expect.poll(() => socket.connected, SOON).toBe(false);
    await socket.drained();
  });
});
