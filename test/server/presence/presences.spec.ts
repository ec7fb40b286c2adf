import { createCluster, memoryBroker } from 'nest-socketio';
import type { Socket as StockSocket } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PresenceDiff, PresentUser, Socket } from '../../../lib/server/internal.js';
import { acquainted, type ClusterNode, SilentNode, startNode } from '../../support/cluster-nodes.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { turn } from '../../support/engine-rig.js';
import { next, SOON } from '../../support/events.js';
import { fakeAdapter } from '../../support/fake-adapter.js';
import { startServer } from '../../support/server-rig.js';

describe('the presences of a cluster', () => {
  const options = { presence: { grace: 300, interval: 10 } };
  let broker: ReturnType<typeof memoryBroker>;
  let nodes: ClusterNode[];
  let web: ClusterNode;
  let app: ClusterNode;

  beforeEach(async () => {
    broker = memoryBroker();
    nodes = [await startNode(broker, options), await startNode(broker, options)];
    [web, app] = nodes as [ClusterNode, ClusterNode];
    await acquainted(nodes);
    for (const { server } of nodes) serve(server);
  });
  afterEach(async () => {
    await cleanUp();
    await Promise.all(nodes.map((node) => node.close()));
  });

  it('lets each server know the clients of all', async () => {
    const ann = await enter(web, 'ann', 'x');
    const ben = await enter(app, 'ben');
    const expected = [
      { user: 'ann', meta: 'x', devices: 1 },
      { user: 'ben', meta: null, devices: 1 },
    ];
    for (const node of nodes) await expect.poll(() => listOf(node).toSorted(byUser), SOON).toEqual(expected);
    const users = new Map([
      ['ann', 'x'],
      ['ben', null],
    ]);
    for (const known of [ann, ben]) await expect.poll(() => known.users, SOON).toEqual(users);
    ann.client.disconnect();
    await expect.poll(() => ben.users, SOON).toEqual(new Map([['ben', null]]));
    expect(app.server.sockets.presence.user('ben')?.devices[0]?.node).toBe(app.server.cluster.nodes[0]?.id);
  });

  it('is known to a server that joins later, and to one that turns presence on later', async () => {
    const namespace = web.server.of('/late');
    namespace.presence.count('');
    namespace.on('connection', (socket) => {
      socket.join('lobby');
      namespace.presence.track(socket, { user: 'zoe' });
    });
    await web.connect('/late');
    await enter(web, 'ann');
    const late = await startNode(broker, options);
    nodes.push(late);
    serve(late.server);
    await expect.poll(() => listOf(late), SOON).toEqual([{ user: 'ann', meta: null, devices: 1 }]);
    const zoe = [{ user: 'zoe', meta: null, devices: 1 }];
    await expect.poll(() => app.server.of('/late').presence.list('lobby'), SOON).toEqual(zoe);
  });

  it('does not announce a client that returns on another server within the grace', async () => {
    const ben = await enter(app, 'ben');
    const ann = await enter(web, 'ann');
    await expect.poll(() => ben.users.size, SOON).toBe(2);
    const { diffs } = ben;
    ann.client.io.engine.close();
    await expect.poll(() => listOf(app).find(({ user }) => user === 'ann')?.devices, SOON).toBe(0);
    await enter(app, 'ann');
    await expect.poll(() => listOf(web).find(({ user }) => user === 'ann')?.devices, SOON).toBe(1);
    await expect.poll(() => web.server.sockets.presence.user('ann')?.devices.length, SOON).toBe(1);
    expect(ben.diffs).toBe(diffs);
  });

  it('lets the clients of a server that left go after the grace', async () => {
    const ben = await enter(app, 'ben');
    await enter(web, 'ann');
    await expect.poll(() => ben.users.size, SOON).toBe(2);
    await nodes.shift()?.close();
    await expect.poll(() => listOf(app), SOON).toContainEqual({ user: 'ann', meta: null, devices: 0 });
    await expect.poll(() => ben.users, SOON).toEqual(new Map([['ben', null]]));
    expect(listOf(app)).toEqual([{ user: 'ben', meta: null, devices: 1 }]);
  });

  it('disconnects a user on all servers, and forgets it', async () => {
    web.server.use((socket, done) => {
      socket.userId = 'ann';
      done();
    });
    await enter(web, 'ann');
    await expect.poll(() => listOf(app).length, SOON).toBe(1);
    app.server.disconnectUser('ann');
    await expect.poll(() => listOf(app), SOON).toEqual([]);
  });
});

describe('a server in a cluster with presence', () => {
  afterEach(cleanUp);

  it('keeps the clients of a server that falls silent for the grace', async () => {
    const broker = memoryBroker();
    const rig = await startServer({ broker: createCluster(broker) });
    await rig.server.joinCluster();
    const { presence } = rig.server.sockets;
    const node = await SilentNode.start(broker, 'silentnode', { onAsk: () => [] });
    const say = (...content: unknown[]): Promise<void> =>
      node.send('channel', 'presence', null, 'changes', '/', ...content);
    const ann = ['id of ann', 'ann', { name: 'Ann' }, 1, 1_000, 0, ['lobby']];
    // Its changes are taken once it has answered that it has no other entries.
    await vi.waitFor(() => expect(rig.server.cluster.nodes).toHaveLength(2));
    await turn();
    await say(0, 'one', []);
    await say(0, 1, [ann]);
    await vi.waitFor(() =>
      expect(presence.list('lobby')).toEqual([{ user: 'ann', meta: { name: 'Ann' }, devices: 1 }]),
    );
    expect(presence.user('ann')?.devices).toEqual([
      { id: 'id of ann', node: 'silentnode', meta: { name: 'Ann' }, since: new Date(1_000) },
    ]);
    expect(rig.log.warnings).toEqual([
      expect.stringMatching(/^a message from the broker was ignored: TypeError: the version of a presence/),
    ]);
    for (let passed = 0; passed < 15_000; passed += 3_000) {
      rig.clock.advance(3_000);
      if (passed === 9_000) expect(presence.list('lobby')).toMatchObject([{ user: 'ann', devices: 0 }]);
    }
    rig.clock.advance(10_000);
    expect(presence.list('lobby')).toEqual([]);
    await node.close();
  });
});

describe('the presences of a server', () => {
  afterEach(cleanUp);

  it('forget a namespace that clients have chosen, when the last client is gone', async () => {
    const rig = await startServer({ namespaces: '*' });
    const { presences } = rig.server;
    for (const lost of [false, true]) {
      const client = rig.stock('/chosen');
      await next(client, 'connect'); // a client that does not know of it yet does not say that it leaves
      const namespace = rig.server._nsps.get('/chosen') as typeof rig.server.sockets;
      const [socket] = namespace.sockets.values();
      namespace.presence.track(socket as Socket, { user: 'ann' });
      const { presence } = namespace;
      if (lost) client.io.engine.close();
      else client.disconnect();
      await vi.waitFor(() => expect(rig.server.has('/chosen')).toBe(false));
      if (lost) {
        expect(presences.of('/chosen')).toBe(presence);
        rig.clock.advance(10_200);
      }
      expect(presences.of('/chosen')).not.toBe(presence);
      presences.closed({ name: '/chosen' });
    }
  });

  it('go on to call the listeners of a namespace that was removed, and keep it no longer than them', async () => {
    const rig = await startServer({ namespaces: '*', presence: { interval: 10 } });
    const { presences } = rig.server;
    const presence = presences.of('/chosen');
    const diffs: PresenceDiff[] = [];
    const end = presence.watch('lobby', (diff) => diffs.push(diff));
    for (let visit = 1; visit <= 2; visit++) {
      const client = rig.stock('/chosen');
      await next(client, 'connect');
      const [socket] = (rig.server._nsps.get('/chosen') as typeof rig.server.sockets).sockets.values();
      socket?.join('lobby');
      presences.of('/chosen').track(socket as Socket, { user: 'ann' });
      rig.clock.advance(10);
      expect(diffs.splice(0)).toEqual([{ joins: [['ann', null]], leaves: [] }]);
      client.disconnect();
      await vi.waitFor(() => expect(rig.server.has('/chosen')).toBe(false));
      rig.clock.advance(10);
      expect(diffs.splice(0)).toEqual([{ joins: [], leaves: ['ann'] }]);
    }
    expect(presences.of('/chosen')).toBe(presence);
    end();
    const later = presences.of('/chosen');
    expect(later).not.toBe(presence);
    presence.watch('lobby', () => {})(); // of a presence that was dropped
    expect(presences.of('/chosen')).toBe(later);
  });

  it('keep nothing of a namespace that was removed', async () => {
    const rig = await startServer({ namespaces: '*' });
    const client = rig.stock('/chosen');
    await next(client, 'connect');
    const namespace = rig.server._nsps.get('/chosen') as typeof rig.server.sockets;
    const [socket] = namespace.sockets.values();
    client.disconnect();
    await vi.waitFor(() => expect(rig.server.has('/chosen')).toBe(false));
    namespace.presence.track(socket as Socket, { user: 'ann' });
    expect(namespace.presence).not.toBe(namespace.presence);
  });

  it('follow the clients of a server that was closed and opened again', async () => {
    const rig = await startServer();
    const { presence } = rig.server.sockets;
    rig.server.on('connection', (socket) => {
      socket.join('lobby');
      presence.track(socket, { user: 'ann' });
    });
    const first = rig.stock();
    const told = next(first, 'presence_state');
    await vi.waitFor(() => expect(presence.count('lobby')).toBe(1));
    rig.clock.advance(100);
    await told;
    await rig.server.close();
    expect(presence.count('lobby')).toBe(0);
    rig.server.attach(rig.http);
    const second = rig.stock();
    const again = next(second, 'presence_state');
    await vi.waitFor(() => expect(presence.count('lobby')).toBe(1));
    rig.clock.advance(100);
    expect(await again).toEqual(['lobby', [['ann', null]]]);
  });

  it('warn that a published adapter carries none, and refuse it with recovery', async () => {
    const rig = await startServer({ adapter: () => fakeAdapter() });
    void rig.server.sockets.presence;
    void rig.of('/other').presence;
    expect(rig.log.warnings).toEqual([expect.stringMatching(/^presence knows the clients of this server only/)]);
    const sessions = { persistSession: () => {}, restoreSession: () => Promise.resolve(null) };
    const recovering = await startServer({ adapter: () => fakeAdapter(sessions), connectionStateRecovery: {} });
    expect(() => recovering.server.sockets.presence).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });
});

function serve(server: ClusterNode['server']): void {
  void server.sockets.presence;
  server.on('connection', (socket: Socket) => {
    const { user, meta } = socket.handshake.auth as { user: string; meta?: string };
    socket.join('lobby');
    server.sockets.presence.track(socket, { user, meta });
  });
}

function listOf({ server }: ClusterNode): PresentUser[] {
  return server.sockets.presence.list('lobby');
}

/** Connects a client that knows the users of the lobby. */
async function enter(
  node: ClusterNode,
  user: string,
  meta?: string,
): Promise<{ client: StockSocket; users: Map<string, unknown>; diffs: number }> {
  const known = { client: null as unknown as StockSocket, users: new Map<string, unknown>(), diffs: 0 };
  known.client = await node.connect('/', { auth: { user, meta } });
  known.client.on('presence_state', (_room, users: [string, unknown][]) => (known.users = new Map(users)));
  known.client.on('presence_diff', (_room, { joins, leaves }: PresenceDiff) => {
    known.diffs++;
    for (const [joined, value] of joins) known.users.set(joined, value);
    for (const left of leaves) known.users.delete(left);
  });
  return known;
}

function byUser(a: { user: string }, b: { user: string }): number {
  return a.user < b.user ? -1 : 1;
}
