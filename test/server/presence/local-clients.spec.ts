/** Presence in a cluster whose clients resume their sessions: in memory, and over Redis. */
import { memoryBroker } from 'nest-socketio';
import type { Socket as StockSocket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PresenceDiff, PresentDevice, Socket } from '../../../lib/server/internal.js';
import { type ClusterNode, startNodes } from '../../support/cluster-nodes.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { ask, next, SOON } from '../../support/events.js';
import { type Redis, startRedis } from '../../support/redis.js';
import { describeWith } from '../../support/requires.js';

describe('presence with recovery in memory', () => itFollowsClients(() => memoryBroker()));

describeWith('redis-server', 'presence with recovery over Redis', () => {
  let redis: Redis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  itFollowsClients(() => `redis://127.0.0.1:${redis.port}`);
});

function itFollowsClients(brokerOf: () => Parameters<typeof startNodes>[1]): void {
  let nodes: ClusterNode[] = [];
  afterEach(async () => {
    await cleanUp();
    await Promise.all(nodes.map((node) => node.close()));
  });

  it('does not announce a client that resumes on another server', async () => {
    nodes = await startNodes(2, brokerOf(), {
      connectionStateRecovery: {},
      presence: { grace: 5_000, interval: 10 },
    });
    const [web, app] = nodes as [ClusterNode, ClusterNode];
    for (const { server } of nodes) serve(server);
    const ben = await app.connect();
    const heard = follow(ben);
    await ask(ben, 'enter', 'ben');
    await expect.poll(() => heard, SOON).toHaveLength(1); // the state, before the next client changes it
    const ann = await web.connect();
    const known = follow(ann);
    await ask(ann, 'enter', 'ann');
    await expect.poll(() => heard, SOON).toHaveLength(2);
    const { id } = ann;

    const lost = next(ann, 'disconnect');
    ann.io.engine.close();
    await lost;
    await expect.poll(() => devices(app), SOON).toEqual([]);
    (ann.io as unknown as { uri: string }).uri = app.url;
    await next(ann.connect(), 'connect');
    expect([ann.id, ann.recovered]).toEqual([id, true]);
    const [{ id: node } = { id: '' }] = app.server.cluster.nodes;
    const device = { id, node, meta: { name: 'ann' }, since: expect.any(Date) };
    for (const one of nodes) await expect.poll(() => devices(one), SOON).toEqual([device]);

    // The client gets the state again. No other client has heard of it.
    const state = ['presence_state', 'lobby', expect.anything()];
    await expect.poll(() => known.filter(([event]) => event === 'presence_state'), SOON).toEqual([state, state]);
    const left = ann.disconnect();
    expect(left.connected).toBe(false);
    await expect.poll(() => heard, SOON).toHaveLength(3);
    expect(heard.slice(1)).toEqual([
      ['presence_diff', 'lobby', { joins: [['ann', { name: 'ann' }]], leaves: [] }],
      ['presence_diff', 'lobby', { joins: [], leaves: ['ann'] }],
    ]);
  });
}

function devices({ server }: ClusterNode): readonly PresentDevice[] {
  return server.sockets.presence.user('ann')?.devices ?? [];
}

function serve(server: ClusterNode['server']): void {
  void server.sockets.presence;
  server.on('connection', (socket: Socket) =>
    socket.on('enter', (user: string, done: () => void) => {
      server.sockets.presence.track(socket, { user, meta: { name: user } });
      socket.join('lobby');
      done();
    }),
  );
}

/** Collects the presence events of a client. */
function follow(client: StockSocket): unknown[][] {
  const events: unknown[][] = [];
  client.on('presence_state', (room: string, users: unknown) => events.push(['presence_state', room, users]));
  client.on('presence_diff', (room: string, diff: PresenceDiff) => events.push(['presence_diff', room, diff]));
  return events;
}
