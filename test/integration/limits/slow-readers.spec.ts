/** Clients that do not read cost the server a bounded amount of memory, and the others nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Crowd } from '../../support/crowd.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { WireClient } from '../../support/server-wire.js';

const CLIENTS = 1_000;
const SILENT = 10; // clients that do not read
const BROADCASTS = 10_000;
const BATCH = 2_000; // after which the readers must have everything, so that they stay readers on a busy machine
const PER_TURN = 500;

/** Each silent client asks for 15 MB: three times what TCP takes, so an unbounded server would keep 100 MB. */
const QUESTION = `421["echo","${'x'.repeat(50_000)}"]`;
const QUESTIONS = 300;

/** Bytes that the ten may cost together: the 1 MB each at which a client is slow, twice, and what is in flight. */
const BOUND = 40_000_000;

afterEach(cleanUp);

describe('clients that do not read', () => {
  it('leave the memory of the server flat while 1,000 clients get 10,000 broadcasts', async () => {
    const crowd = await Crowd.start();
    await crowd.open(CLIENTS - SILENT, 64);
    const silent = await Promise.all(Array.from({ length: SILENT }, () => openSilent(crowd.port)));
    const before = (await crowd.memory()).heap;
    const growth: number[] = [];
    const measure = async (): Promise<number> => {
      const bytes = (await crowd.memory()).heap - before;
      growth.push(bytes);
      return bytes;
    };

    const heard: unknown[] = [];
    const progress = { sent: 0, isSending: true };
    const ask = async (): Promise<void> => {
      for (const end = Math.min(QUESTIONS, progress.sent + 10); progress.sent < end; progress.sent++) {
        for (const { ws } of silent) if (ws.bufferedAmount < 1_000_000) ws.send(QUESTION);
      }
      await sleep(50);
    };
    do await ask();
    while ((await measure()) < 2_000_000 && progress.sent < QUESTIONS); // until TCP takes no more

    const watch = async (): Promise<void> => {
      while (progress.isSending) {
        // To measure after each would take most of the server's time.
        for (let i = 0; i < 10 && progress.isSending; i++) await ask();
        await measure();
      }
    };
    const broadcast = async (): Promise<void> => {
      for (let i = 0; i < BROADCASTS / BATCH; i++) {
        await crowd.listen(BATCH);
        await crowd.broadcast(BATCH, PER_TURN);
        heard.push(await crowd.heard());
      }
    };
    await Promise.all([broadcast().finally(() => (progress.isSending = false)), watch()]);

    const highest = Math.max(...growth);
    const inMb = growth.map((bytes) => (bytes / 1e6).toFixed(1)).join(', ');
    const measured = `growth in MB: ${inMb}; ${progress.sent} questions`;
    const complete = { count: (CLIENTS - SILENT) * BATCH, failure: null };
    expect(heard, measured).toMatchObject(Array.from({ length: BROADCASTS / BATCH }, () => complete));
    expect(highest, measured).toBeLessThan(BOUND);
    expect(highest, `${measured}: TCP took everything, so that nothing was tested`).toBeGreaterThan(1_000_000);

    for (const client of silent) client.terminate();
    await expect.poll(() => crowd.connections(), { timeout: 20_000 }).toBe(CLIENTS - SILENT);
    expect(await measure(), measured).toBeLessThan(5_000_000);
  }, 120_000);
});

async function openSilent(port: number): Promise<WireClient> {
  const client = await WireClient.open(port);
  await client.join();
  client.pause();
  return client;
}
