/** The option `rateLimit`. In each test, the scene checks a healthy client. */
import { describe, expect, it } from 'vitest';
import { SOON } from '../../support/events.js';
import { hostileScene } from '../../support/hostile-scene.js';

const scene = hostileScene();
const counts = () => scene.rig.server.engine.limitCounts;

async function echoing() {
  const { client, socket } = await scene.join();
  const heard: unknown[] = [];
  socket.on('n', (n: number) => void heard.push(n));
  return { client, socket, heard };
}

describe('rateLimit', () => {
  it('slows down a client that sends too many messages, and loses none of them', async () => {
    await scene.restart({ rateLimit: { events: 100, per: 1_000 } });
    const { client, heard } = await echoing();
    client.send(...Array.from({ length: 250 }, (_, n) => `42["n",${n}]`));
    await expect.poll(() => counts().rateLimit, SOON).toBe(1);
    await scene.neighbour.idle();
    expect(heard).toHaveLength(100); // the CONNECT was the first of a hundred; the one that exceeds is handled
    for (const total of [110, 120]) {
      scene.rig.clock.advance(100);
      await expect.poll(() => heard.length, SOON).toBe(total);
    }
    for (let i = 0; i < 30 && heard.length < 250; i++) {
      scene.rig.clock.advance(100);
      const { length } = heard;
      await expect.poll(() => heard.length, SOON).toBeGreaterThan(Math.min(249, length));
    }
    expect(heard).toEqual(Array.from({ length: 250 }, (_, n) => n));
    scene.rig.clock.advance(1_000);
    await client.idle();
  });

  it('counts bytes', async () => {
    await scene.restart({ rateLimit: { bytes: 10_000, per: 1_000 } });
    const { client, heard } = await echoing();
    client.send(...Array.from({ length: 4 }, (_, n) => `42["n",${n},"${'x'.repeat(9_000)}"]`));
    await expect.poll(() => counts().rateLimit, SOON).toBe(1);
    await scene.neighbour.idle();
    expect(heard).toEqual([0, 1]);
    scene.rig.clock.advance(10_000);
    await expect.poll(() => heard, SOON).toEqual([0, 1, 2, 3]);
  });

  it.each(['3', '6', '42["unknown"]', '437[]'])('counts %s', async (message) => {
    await scene.restart({ rateLimit: { events: 10 } });
    const { client } = await echoing();
    client.send(...Array.from({ length: 10 }, () => message));
    await expect.poll(() => counts().rateLimit, SOON).toBe(1);
    scene.rig.clock.advance(1_000);
    await client.idle();
  });

  it("closes the connection with 1008 if exceeded is 'disconnect'", async () => {
    await scene.restart({ rateLimit: { events: 10, exceeded: 'disconnect' } });
    const { client, told } = await scene.join();
    client.send(...Array.from({ length: 30 }, () => '3'));
    expect(await client.closed).toEqual({ code: 1008 });
    expect(told.at(-1)).toEqual(['disconnect', 'transport error', expect.objectContaining({ code: 'RATE_LIMITED' })]);
  });
});
