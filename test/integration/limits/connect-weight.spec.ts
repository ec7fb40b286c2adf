/** Clients that send much data with CONNECT, which a server would keep as long as the client stays. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Auth, Gateway, OnConnect } from 'nest-socketio';
import { describe, expect, it, vi } from 'vitest';
import { hostileScene } from '../../support/hostile-scene.js';
import { entered, refused, serve } from '../../support/nest-rig.js';
import { deferred } from '../../support/server-rig.js';

const scene = hostileScene();

const REFUSAL = '{"message":"The data of CONNECT is too large","data":{"code":"too_large","limit":16384}}';

/** `auth` of one million bytes that takes 21 MB when parsed. */
const HEAVY = `{"list":[${'{},'.repeat(333_000)}{}]}`;

function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

describe('a CONNECT with too much data', () => {
  it('is refused with the limit, and the connection stays open', async () => {
    const client = await scene.open();
    for (const nsp of ['', '/custom,', '/nope,']) {
      client.send(`40${nsp}${HEAVY}`);
      expect(await client.next()).toBe(`44${nsp}${REFUSAL}`);
    }
    await client.join();
    await client.idle();
    expect(scene.rig.server.engine.limitCounts.connectWeight).toBe(3);
    expect(scene.rig.log.warnings).toEqual([
      'a CONNECT of a client of "127.0.0.1" was refused: limits.connectWeight (16384) is reached',
    ]);
  });

  it.each([
    ['text', `{"token":"${'x'.repeat(17_000)}"}`],
    ['arrays and objects', `{"list":[${'{},'.repeat(300)}{}]}`],
    ['what is not JSON', '['.repeat(900_000)],
  ])('is refused because of %s', async (_, data) => {
    const client = await scene.open();
    client.send(`40${data}`);
    expect(await client.next()).toBe(`44${REFUSAL}`);
    await client.join();
    await client.idle();
  });

  it('leaves no memory behind, however many clients send it and stay', async () => {
    const before = heapUsed();
    for (let i = 0; i < 30; i++) {
      const client = await scene.open();
      client.send(`40${HEAVY}`);
      expect(await client.next()).toBe(`44${REFUSAL}`);
      await scene.neighbour.idle();
    }
    expect(heapUsed() - before).toBeLessThan(30_000_000); // it was 653 MB when they were kept
    expect(scene.rig.server.engine.limitCounts.connectWeight).toBe(30);
  });

  it('is accepted if the limit is raised or lifted', async () => {
    await scene.restart({ limits: { connectWeight: false } });
    const client = await scene.open();
    client.send(`40{"list":[${'{},'.repeat(300)}{}]}`);
    expect(await client.next()).toMatch(/^40\{"sid"/);
    await client.idle();
  });

  it('is accepted up to the limit, with a large token', async () => {
    const client = await scene.open();
    client.send(`40{"token":"${'x'.repeat(16_000)}"}`);
    expect(await client.next()).toMatch(/^40\{"sid"/);
    await client.idle();
  });

  it('closes the connection if the client is in the namespace already', async () => {
    const client = await scene.open();
    await client.join();
    client.send(`40${HEAVY}`);
    expect(await client.closed).toEqual({ code: 1002 });
  });
});

describe('events that wait for a connect handler', () => {
  it('count by their arrays and objects, and are handled afterwards', async () => {
    const [go, handled] = [deferred(), vi.fn<() => void>()];
    scene.rig
      .of('/slow')
      .onConnect(() => go.promise)
      .onEvent('e', () => handled());
    const client = await scene.open();
    const event = `42/slow,["e",[${'{},'.repeat(500)}{}]]`; // 1.5 kB that weigh 34
    client.send('40/slow,', event, event, event, event, event);
    await expect.poll(() => scene.rig.server.engine.limitCounts.heldWeight).toBe(1);
    await scene.neighbour.idle();
    go.resolve();
    expect(await client.next()).toMatch(/^40\/slow,/);
    await client.idle('/slow');
    expect(handled).toHaveBeenCalledTimes(5);
  });
});

@Gateway()
class Tokens {
  @OnConnect()
  enter(@Auth('token') _token: string): void {}
}

describe('a stock client whose auth is too large', () => {
  it('gets connect_error with the code, does not try again in a loop, and may connect with less', async () => {
    const rig = await serve([Tokens]);
    const healthy = await rig.join();
    const client = rig.connect('/', { auth: { token: 'x'.repeat(20_000) }, reconnection: true });
    expect(await refused(client)).toEqual({
      message: 'The data of CONNECT is too large',
      data: { code: 'too_large', limit: 16_384 },
    });
    expect(client.active).toBe(false); // it will not reconnect
    client.auth = { token: 'short' };
    client.connect();
    await entered(client);
    expect(healthy.connected).toBe(true);
  });
});
