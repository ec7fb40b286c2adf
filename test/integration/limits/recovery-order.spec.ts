/** A broker that does not answer, with recovery on: what waits for it costs linear time, and is bounded. */
import { describe, expect, it } from 'vitest';
import { hostileScene } from '../../support/hostile-scene.js';
import { memoryInUse } from '../../support/memory-in-use.js';
import { RecoveryBroker } from '../../support/recovery-broker.js';
import type { WireClient } from '../../support/server-wire.js';

const scene = hostileScene();

/** The well-behaved client of the scene is in another namespace. */
const NAME = '/custom';

/** Starts a server with a broker that has not answered the last event, and a client that sends `ask`. */
async function stall(limits: object): Promise<{ broker: RecoveryBroker; client: WireClient }> {
  const broker = new RecoveryBroker();
  await scene.restart({ adapter: broker.adapter, connectionStateRecovery: {}, limits });
  const namespace = scene.rig.server.of(NAME);
  namespace.onEvent('ask', (socket, { id }) => socket.acknowledge(id as number, []));
  const client = await scene.open();
  await client.join(NAME);
  namespace.emit('news');
  return { broker, client };
}

/** Sends `count` events that each request an acknowledgement. */
function ask(client: WireClient, count: number): void {
  for (let sent = 0; sent < count; sent += 1_000) {
    client.send(...Array.from({ length: Math.min(1_000, count - sent) }, (_, i) => `42${NAME},${sent + i}["ask"]`));
  }
}

async function answers(client: WireClient, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const answer = await client.next();
    if (answer !== `43${NAME},${i}[]`) throw new Error(`expected answer ${i}, got ${answer.toString()}`);
  }
}

/** Lets `count` answers wait for the broker. @returns µs of CPU that they take once it answers */
async function release(count: number): Promise<number> {
  const { broker, client } = await stall({ orderedMessages: false, orderedBytes: false });
  ask(client, count);
  client.send(`42${NAME},["done"]`);
  await new Promise((resolve) => void scene.rig.server.of(NAME).onEvent('done', resolve));
  await scene.neighbour.idle();
  const before = process.cpuUsage();
  broker.answer('7-0');
  expect(await client.next()).toBe(`42${NAME},["news","7-0"]`);
  const { user, system } = process.cpuUsage(before);
  await answers(client, count);
  return user + system;
}

describe('messages that wait for a broker', () => {
  it('are sent in linear time once it answers', async () => {
    await release(10_000); // compiles the code
    // Quadratic would be 64. A collection of garbage can fall into one measurement, so the best of two counts.
    const bestOf = async (count: number) => Math.min(await release(count), await release(count));
    expect((await bestOf(40_000)) / (await bestOf(5_000))).toBeLessThan(32);
  });

  it('no longer wait once there are more than orderedMessages, which other clients do not notice', async () => {
    const { broker, client } = await stall({});
    const before = memoryInUse();
    ask(client, 10_000);
    await answers(client, 10_000);
    expect(scene.rig.server.engine.limitCounts).toMatchObject({ orderedMessages: 1, orderedBytes: 0 });
    expect(scene.rig.log.warnings).toEqual([
      `messages in ${NAME} no longer wait for earlier events that are on their way through the broker: limits.orderedMessages (10000) is reached`,
    ]);
    await scene.neighbour.idle();
    await client.idle(NAME);
    await expect.poll(() => memoryInUse() - before).toBeLessThan(6_000_000);
    broker.answer('7-0');
    expect(await client.next()).toBe(`42${NAME},["news","7-0"]`);
  });

  it('no longer wait once they have more than orderedBytes', async () => {
    const { client } = await stall({ orderedBytes: 100_000 });
    const before = memoryInUse();
    const text = 'x'.repeat(10_000);
    const namespace = scene.rig.server.of(NAME);
    namespace.onEvent('ask', (socket, { id }) => socket.acknowledge(id as number, [text]));
    for (let round = 0; round < 10; round++) {
      client.send(...Array.from({ length: 11 }, (_, i) => `42${NAME},${i}["ask"]`));
      if (round > 0) namespace.emit('news');
      for (let i = 0; i < 11; i++) expect(await client.next()).toBe(`43${NAME},${i}["${text}"]`);
    }
    expect(scene.rig.server.engine.limitCounts.orderedBytes).toBeGreaterThan(0);
    await expect.poll(() => memoryInUse() - before).toBeLessThan(3_000_000);
  });
});
