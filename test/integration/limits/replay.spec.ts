/** Clients that come back for the events they missed, and do not read them. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ServerOptions } from '../../../lib/server/server-options.js';
import { turn } from '../../support/engine-rig.js';
import { type ServerRig, startServer } from '../../support/server-rig.js';
import type { WireClient } from '../../support/server-wire.js';
import { cleanUp } from '../../support/engine-clean-up.js';

afterEach(cleanUp);

const KB_100 = 'x'.repeat(100_000);

/** Connects a client to `/`. */
async function enter(rig: ServerRig): Promise<WireClient> {
  const client = await rig.open();
  client.send('40');
  await client.next();
  return client;
}

/** A server on which a client has lost its connection and missed 9 MB. */
async function missed(options: ServerOptions = {}) {
  const rig = await startServer({ connectionStateRecovery: {}, ...options });
  const namespace = rig.of('/');
  const client = await rig.open();
  client.send('40');
  const { pid } = JSON.parse(String(await client.next()).slice(2)) as { pid: string };
  namespace.emit('first');
  const [, offset] = JSON.parse(String(await client.next()).slice(2)) as [string, string];
  client.terminate();
  await expect.poll(() => namespace.sockets.size).toBe(0);
  for (let i = 0; i < 90; i++) namespace.emit('n', i, KB_100);
  const resume = async (pause = true): Promise<WireClient> => {
    const returning = await rig.open();
    if (pause) returning.pause();
    returning.send(`40${JSON.stringify({ pid, offset })}`);
    return returning;
  };
  return { rig, resume };
}

describe('a client that missed much', () => {
  it('gets it as fast as it reads', async () => {
    const { rig, resume } = await missed();
    const healthy = await enter(rig);
    const client = await resume(false);
    for (let i = 0; i < 90; i++) expect(String(await client.next())).toContain(`["n",${i},"xxx`);
    expect(await client.next()).toMatch(/^40{"sid":/);
    rig.of('/').emit('after');
    expect(await client.next()).toMatch(/^42\["after",/);
    expect(await healthy.next()).toMatch(/^42\["after",/);
  });

  it('does not make it wait in the memory of the server, however often it returns without reading', async () => {
    const { rig, resume } = await missed();
    const healthy = await enter(rig);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 30; i++) {
      await resume();
      await turn();
      await healthy.idle();
    }
    const waiting = [...rig.of('/').members.keys()].length;
    expect(waiting).toBeLessThanOrEqual(31);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40_000_000);
    expect(rig.log.errors).toEqual([]);
  });

  it('is closed when it has not read everything within connectTimeout, and the log says so', async () => {
    const { rig, resume } = await missed({ connectTimeout: 1_000 });
    const healthy = await enter(rig);
    const client = await resume();
    await expect.poll(() => rig.of('/').members.size).toBe(2);
    rig.clock.advance(1_100);
    const cause = 'a client did not read the events that it missed in / within connectTimeout, 1000 ms';
    expect(rig.log.errors).toEqual([[`${cause}: the client is refused`, undefined]]);
    expect(rig.of('/').members.size).toBe(1);
    await healthy.idle();
    client.resume();
    expect(await client.closed).toEqual({ code: 1000 }); // it is in no namespace
  });

  it('is closed when a middleware does not call next, and the log does not name connect handlers', async () => {
    const { rig, resume } = await missed({ connectTimeout: 1_000 });
    const healthy = await enter(rig);
    let asked = false;
    rig.of('/').use(() => void (asked = true));
    const client = await resume();
    await expect.poll(() => asked).toBe(true);
    rig.clock.advance(1_100);
    const cause = 'a middleware did not call next in / within connectTimeout, 1000 ms';
    expect(rig.log.errors).toEqual([[`${cause}: the client is refused`, undefined]]);
    await healthy.idle();
    client.resume();
    expect(await client.closed).toEqual({ code: 1000 }); // it is in no namespace
  });
});
