/** Stock clients that lose their connection and resume on another server, over each broker that keeps events. */
import { memoryBroker, type BrokerOption } from 'nest-socketio';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClusterNode, startNode, startNodes } from '../../support/cluster-nodes.js';
import { next, SOON } from '../../support/events.js';
import { type Nats, startNats } from '../../support/nats.js';
import { type Redis, startRedis } from '../../support/redis.js';
import { describeWith } from '../../support/requires.js';

const OPTIONS = { connectionStateRecovery: { maxDisconnectionDuration: 30_000 } };

/** Breaks the connection of a client, which connects to another server when {@link comeTo} is called. */
async function lose(client: Socket, { server }: ClusterNode): Promise<void> {
  client.io.reconnection(false);
  client.io.engine.close();
  await expect.poll(() => server.sockets.sockets.size, SOON).toBe(0);
}

async function comeTo(client: Socket, { url }: ClusterNode): Promise<void> {
  Object.assign(client.io, { uri: url });
  const connected = next(client, 'connect');
  client.connect();
  await connected;
}

function itRecovers(start: () => Promise<BrokerOption> | BrokerOption): void {
  let broker: BrokerOption;
  let nodes: ClusterNode[];
  /** The notices about clients, of each node. */
  let notices: string[][];

  beforeAll(async () => {
    broker = await start();
    nodes = await startNodes(2, broker, OPTIONS);
    notices = nodes.map(({ server }) => {
      const seen: string[] = [];
      server.sockets.observe({
        connected: () => seen.push('connected'),
        dropped: () => seen.push('dropped'),
        returned: () => seen.push('returned'),
        moved: () => seen.push('moved'),
        ended: () => seen.push('ended'),
      });
      return seen;
    });
  });

  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.close()));
  });

  it('resumes a client on another server, with its rooms and data, and with each event once', async () => {
    const [a, b] = nodes as [ClusterNode, ClusterNode];
    const client = await a.connect();
    const { id } = client;
    const heard: unknown[] = [];
    client.on('said', (number) => heard.push(number));
    const [socket] = [...a.server.sockets.sockets.values()];
    socket?.join('den');
    Object.assign(socket?.data, { name: 'Ann' });
    a.server.to('den').emit('said', 1);
    b.server.to('den').emit('said', 2);
    await expect.poll(() => heard.length, SOON).toBe(2);

    let from = a;
    for (const [index, to] of [b, a, b].entries()) {
      const first = 3 + 4 * index;
      await lose(client, from);
      a.server.to('den').emit('said', first, Buffer.from([1]));
      b.server.to('den').emit('said', first + 1);
      a.server.to('elsewhere').emit('said', 'not for the den');
      b.server.to(id as string).emit('said', first + 2);
      await comeTo(client, to);
      expect(client.recovered).toBe(true);
      expect(client.id).toBe(id);
      from.server.to('den').emit('said', first + 3);
      await expect.poll(() => heard.length, SOON).toBe(first + 3);
      from = to;
    }
    expect(new Set(heard)).toEqual(new Set(Array.from({ length: 14 }, (_, i) => i + 1)));
    const [resumed] = [...b.server.sockets.sockets.values()];
    expect(resumed?.rooms).toEqual(new Set([id, 'den']));
    expect(resumed?.data).toEqual({ name: 'Ann' });
    client.disconnect();
    await expect
      .poll(() => notices, SOON)
      .toEqual([
        ['connected', 'dropped', 'moved', 'returned', 'dropped', 'moved'],
        ['returned', 'dropped', 'moved', 'returned', 'ended'],
      ]);
  });

  it('resumes on a server that starts while the client is away', async () => {
    const [a] = nodes as [ClusterNode];
    const client = await a.connect();
    const heard: unknown[] = [];
    client.on('said', (number) => heard.push(number));
    a.server.emit('said', 1);
    await expect.poll(() => heard, SOON).toEqual([1]);
    await lose(client, a);
    for (let number = 2; number <= 50; number++) a.server.emit('said', number);
    const late = await startNode(broker, OPTIONS);
    try {
      await comeTo(client, late);
      expect(client.recovered).toBe(true);
      await expect.poll(() => heard, SOON).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
      client.disconnect();
    } finally {
      await late.close();
    }
  });

  it('has lost nothing', () => {
    for (const { server, log } of nodes) {
      expect(server.cluster.health).toMatchObject({ degraded: null, dropped: 0, failed: 0, unreadable: 0, missed: 0 });
      expect(log.errors).toEqual([]);
    }
  });
}

describe('recovery in memory', () => itRecovers(memoryBroker));

describeWith('redis-server', 'recovery over Redis', () => {
  let redis: Redis;
  afterAll(() => redis.stop());

  itRecovers(async () => {
    redis = await startRedis();
    return `redis://127.0.0.1:${redis.port}`;
  });
});

describeWith('nats-server', 'recovery over NATS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nest-socketio-nats-'));
  let nats: Nats;
  afterAll(async () => {
    await nats.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  itRecovers(async () => {
    nats = await startNats({ folder });
    return nats.url;
  });
});
