/** Clients that do not read cost the server a bounded amount of memory, and the others nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Crowd } from '../../support/crowd.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { WireClient } from '../../support/server-wire.js';

const CLIENTS = 1_000;
const SILENT = 10; // clients that do not read
const BROADCASTS = 10_000;
const PER_TURN = 250;

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

    const progress = { sent: 0, isSending: true };
    const ask = async (): Promise<void> => {
      for (const end = Math.min(QUESTIONS, progress.sent + 10); progress.sent < end; progress.sent++) {
        for (const { ws } of silent) if (ws.bufferedAmount < 1_000_000) ws.send(QUESTION);
      }
      await sleep(50);
    };
    do await ask();
    while ((await measure()) < 2_000_000 && progress.sent < QUESTIONS); // until TCP takes no more

    await crowd.listen(BROADCASTS);
    const watch = async (): Promise<void> => {
      while (progress.isSending) {
        for (let i = 0; i < 10 && progress.isSending; i++) await ask(); // a collection after each would take most of the time
        await measure();
      }
    };
    await Promise.all([crowd.broadcast(BROADCASTS, PER_TURN).finally(() => (progress.isSending = false)), watch()]);
    const heard = await crowd.heard();
    await measure();

    const highest = Math.max(...growth);
    const measured = `growth in MB: ${growth.map((bytes) => (bytes / 1e6).toFixed(1)).join(', ')}; ${progress.sent} questions`;
    expect(heard, measured).toEqual({ count: (CLIENTS - SILENT) * BROADCASTS, failure: null, wall: expect.anything() });
    expect(highest, measured).toBeLessThan(BOUND);
    expect(highest, `${measured}: TCP took everything, so that nothing was tested`).toBeGreaterThan(1_000_000);

    for (const client of silent) client.terminate();
    await expect.poll(() => crowd.connections(), { timeout: 5_000 }).toBe(CLIENTS - SILENT);
    expect(await measure(), measured).toBeLessThan(5_000_000);
  }, 60_000);
});

async function openSilent(port: number): Promise<WireClient> {
  const client = await WireClient.open(port);
  await client.join();
  client.pause();
  return client;
}
