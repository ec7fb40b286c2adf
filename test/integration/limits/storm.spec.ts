/** Thousands of clients that vanish and return at once are served, and leave nothing behind. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Crowd } from '../../support/crowd.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { ask, next } from '../../support/events.js';
import { connectStock } from '../../support/stock-client.js';

const CLIENTS = 2_000;
const RETURNS = 3;
const ROOMS = 100;
const AT_ONCE = 500; // as many as the kernel accepts ahead of Node

/** Bytes that may be left of 6,000 connections, which took about 27 MB of heap. */
const HEAP_BOUND = 5_000_000;
/** V8 and malloc keep some pages for later. */
const RSS_BOUND = 60_000_000;

afterEach(cleanUp);

describe('a storm of 2,000 clients that vanish and return, three times', () => {
  it('is served without a failure, and memory returns to its base line', async () => {
    const crowd = await Crowd.start();
    const healthy = connectStock(`http://127.0.0.1:${crowd.port}`);
    await next(healthy, 'connect');
    let drops = 0;
    healthy.on('disconnect', () => drops++);
    const answers: unknown[] = [];
    const progress = { isOver: false };
    const asking = (async () => {
      while (!progress.isOver) {
        answers.push(...(await ask(healthy, 'echo', String(answers.length))));
        await sleep(5);
      }
    })();

    const storm = async (): Promise<void> => {
      await crowd.open(CLIENTS, AT_ONCE); // while the server still removes the clients before
      await crowd.join(ROOMS);
      expect(await crowd.vanish()).toBeNull();
    };
    const emptied = async () => {
      await expect.poll(() => crowd.connections(), { timeout: 20_000 }).toBe(1);
      return crowd.memory();
    };

    await storm(); // the first one compiles code, and sizes pools
    const before = await emptied();
    for (let i = 0; i < RETURNS; i++) await storm();
    const after = await emptied();
    progress.isOver = true;
    await asking;

    const measured = `bytes: ${JSON.stringify({ before, after })}; ${answers.length} answers meanwhile`;
    expect(after.heap - before.heap, measured).toBeLessThan(HEAP_BOUND);
    expect(after.rss - before.rss, measured).toBeLessThan(RSS_BOUND);
    expect(answers.length, measured).toBeGreaterThan(10);
    expect(answers).toEqual(answers.map((_, i) => String(i)));
    expect([healthy.connected, drops]).toEqual([true, 0]);
  }, 120_000);
});
