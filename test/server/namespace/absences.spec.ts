/** Clients that lose their connection and may return, in memory, in a cluster and through a published adapter. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCluster, memoryBroker } from '../../../lib/cluster/internal.js';
import type { ObservedSocket, ServerOptions, SocketObserver } from '../../../lib/server/internal.js';
import { ConnectionRefused } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { turn } from '../../support/engine-rig.js';
import { answered, enter, enterDen, lose } from '../../support/resuming-client.js';
import { RecoveryBroker } from '../../support/recovery-broker.js';
import { deferred, type ServerRig, startServer } from '../../support/server-rig.js';

const MINUTE = 60_000;

let seen: string[] = [];
beforeEach(() => (seen = []));
afterEach(cleanUp);

/** Records the notices of a namespace, with the rooms and the data of the sockets. */
function observer(name = ''): SocketObserver {
  const record = (what: string, { id, rooms, data }: ObservedSocket, reason?: string): void => {
    const names = [...rooms].map((room) => (room === id ? 'own' : room)).join();
    const text = JSON.stringify(data);
    seen.push([name, what, reason ?? '', names, text === '{}' ? '' : text].filter((part) => part !== '').join(' '));
  };
  return {
    connected: (socket) => record('connected', socket),
    dropped: (socket, reason) => record('dropped', socket, reason),
    returned: (socket) => record('returned', socket),
    ended: (socket, reason) => record('ended', socket, reason),
    moved: (socket) => record('moved', socket),
  };
}

async function start(options: ServerOptions = {}, name = ''): Promise<ServerRig> {
  const rig = await startServer({ connectionStateRecovery: { maxDisconnectionDuration: MINUTE }, ...options });
  rig.of('/').observe(observer(name));
  return rig;
}

async function startTwo(options: ServerOptions = {}): Promise<[a: ServerRig, b: ServerRig]> {
  const broker = memoryBroker();
  const nodes = [];
  for (const name of ['A', 'B']) {
    const rig = await start({ broker: createCluster(broker), ...options }, name);
    await rig.server.joinCluster();
    nodes.push(rig);
  }
  await turns();
  return nodes as [ServerRig, ServerRig];
}

describe('a client that is lost, in memory', () => {
  it('is dropped and returns, with its rooms and data', async () => {
    const rig = await start();
    const ann = await enter(rig);
    ann.socket.join('den');
    ann.socket.data = 1;
    await lose(ann);
    expect([...ann.socket.rooms]).toEqual([ann.sid, 'den']);
    const back = await enter(rig, { pid: ann.pid });
    expect(seen).toEqual(['connected own', 'dropped transport close own,den 1', 'returned own,den 1']);
    expect([...ann.socket.rooms]).toEqual([]);
    rig.clock.advance(2 * MINUTE);
    back.client.send('41');
    await vi.waitFor(() => expect(seen.at(-1)).toBe('ended client namespace disconnect own,den 1'));
    expect(seen).toHaveLength(4);
  });

  it('is dropped and returns if it resumes before the loss was noticed', async () => {
    const rig = await start();
    const ann = await enter(rig);
    await enter(rig, { pid: ann.pid });
    expect(seen).toEqual(['connected own', 'dropped transport close own', 'returned own']);
  });

  it('has ended when its session expires, with its rooms and data', async () => {
    const rig = await start();
    await lose(await enterDen(rig));
    rig.clock.advance(MINUTE - 1);
    expect(seen.at(-1)).toMatch(/^dropped/);
    rig.clock.advance(MINUTE);
    expect(seen.at(-1)).toBe('ended transport close own,den 1');
    expect(seen).toHaveLength(3);
  });

  it('has ended at once when its session is evicted', async () => {
    const rig = await start({ connectionStateRecovery: { maxSessions: 1 } });
    const [ann, bob] = [await enterDen(rig), await enter(rig)];
    await lose(ann);
    await lose(bob);
    expect(seen.slice(-2).toSorted()).toEqual(['dropped transport close own', 'ended transport close own,den 1']);
  });

  it('has ended without a drop when its session is too large to be kept', async () => {
    const rig = await start({ limits: { recoveryBytes: 10_000 } }); // 7,000 for the namespace
    await lose(await enter(rig));
    expect(seen).toEqual(['connected own', 'ended transport close own']);
  });

  it('has ended when its user is disconnected', async () => {
    const rig = await start();
    rig.server.use((socket, next) => {
      socket.user = { sub: 'ann' };
      next();
    });
    await lose(await enter(rig));
    rig.server.disconnectUser('bob');
    expect(seen.at(-1)).toMatch(/^dropped/);
    rig.server.disconnectUser('ann');
    expect(seen.at(-1)).toMatch(/^ended transport close/);
    expect(seen).toHaveLength(3);
  });

  it('has ended when its session cannot be restored', async () => {
    const rig = await start();
    const ann = await enter(rig);
    await lose(ann);
    await enter(rig, { pid: ann.pid, offset: 'unknown' });
    expect(seen).toEqual([
      'connected own',
      'dropped transport close own',
      'ended transport close own',
      'connected own',
    ]);
  });

  it('has ended when it is refused', async () => {
    const rig = await start();
    const ann = await enter(rig);
    await lose(ann);
    rig.server.sockets.onConnect(() => {
      throw new ConnectionRefused('banned');
    });
    const client = await rig.open();
    client.send(`40{"pid":"${ann.pid}"}`);
    await answered(client);
    expect(seen).toEqual(['connected own', 'dropped transport close own', 'ended transport close own']);
  });

  it('stays absent if it is lost once more before it is accepted', async () => {
    const rig = await start();
    const ann = await enter(rig);
    await lose(ann);
    const decision = deferred();
    let deciding = 0;
    rig.server.use((_socket, next) => {
      deciding++;
      void decision.promise.then(() => next());
    });
    const client = await rig.open();
    client.send(`40{"pid":"${ann.pid}"}`);
    await vi.waitFor(() => expect(deciding).toBe(1));
    client.terminate();
    await rig.deserted();
    decision.resolve();
    await turn();
    expect(seen).toHaveLength(2);
    await enter(rig, { pid: ann.pid });
    expect(seen.slice(2)).toEqual(['returned own']);
  });

  it('is dropped again if it is lost while it is accepted', async () => {
    const rig = await start();
    const ann = await enter(rig);
    await lose(ann);
    const decision = deferred();
    let deciding = 0;
    rig.server.sockets.onConnect(() => {
      deciding++;
      return decision.promise;
    });
    const client = await rig.open();
    client.send(`40{"pid":"${ann.pid}"}`);
    await vi.waitFor(() => expect(deciding).toBe(1));
    client.terminate();
    await rig.deserted();
    decision.resolve();
    await vi.waitFor(() => expect(seen.slice(2)).toEqual(['returned own', 'dropped transport close own']));
  });

  it('has ended when the server closes', async () => {
    const rig = await start();
    const ann = await enterDen(rig);
    await enter(rig);
    await lose(ann);
    seen = [];
    const closed = rig.server.close();
    rig.clock.advance(5_000);
    await closed;
    expect(seen.toSorted()).toEqual(['ended server shutting down own', 'ended transport close own,den 1']);
  });

  it('keeps its namespace', async () => {
    const rig = await startServer({ connectionStateRecovery: {}, cleanupEmptyChildNamespaces: true });
    rig.server.of(/^\/room-/).observe(observer());
    await lose(await enter(rig, undefined, '/room-1'));
    expect(rig.server.has('/room-1')).toBe(true);
    rig.clock.advance(3 * MINUTE);
    expect(seen.at(-1)).toBe('ended transport close own');
    expect(rig.server.has('/room-1')).toBe(false);
  });
});

describe('a client that is lost, in a cluster', () => {
  it('moves to another node', async () => {
    const [a, b] = await startTwo();
    const ann = await enterDen(a);
    await lose(ann);
    await turns();
    await enter(b, ann.claim);
    await vi.waitFor(() => expect(seen).toHaveLength(4));
    expect(seen).toEqual([
      'A connected own',
      'A dropped transport close own,den 1',
      'B returned own,den 1',
      'A moved own,den 1',
    ]);
    a.clock.advance(2 * MINUTE);
    expect(seen).toHaveLength(4);
  });

  it('is dropped before it moves, if its former node has not noticed the loss', async () => {
    const [a, b] = await startTwo();
    const ann = await enterDen(a);
    await turns();
    await enter(b, ann.claim);
    await vi.waitFor(() => expect(seen).toHaveLength(4));
    expect(seen.map((notice) => notice.slice(0, 10))).toEqual(['A connecte', 'A dropped ', 'B returned', 'A moved ow']);
  });

  it('has ended on its former node when another one refuses it', async () => {
    const [a, b] = await startTwo();
    const ann = await enterDen(a);
    await lose(ann);
    await turns();
    b.server.sockets.onConnect(() => {
      throw new ConnectionRefused('banned');
    });
    const client = await b.open();
    client.send(`40${JSON.stringify(ann.claim)}`);
    await answered(client);
    await vi.waitFor(() => expect(seen.at(-1)).toBe('A ended transport close own,den 1'));
    expect(seen).toHaveLength(3);
  });

  it('has ended on its former node when another one cannot restore its session', async () => {
    const [a, b] = await startTwo();
    const ann = await enterDen(a);
    await lose(ann);
    await turns();
    await enter(b, { pid: ann.pid, offset: 'unknown' });
    await vi.waitFor(() => expect(seen.at(-1)).toBe('A ended transport close own,den 1'));
    expect(seen.slice(2, -1)).toEqual(['B connected own']);
  });

  it('returns to the same node', async () => {
    const [a] = await startTwo();
    const ann = await enterDen(a);
    await lose(ann);
    await enter(a, ann.claim);
    expect(seen.slice(1)).toEqual(['A dropped transport close own,den 1', 'A returned own,den 1']);
  });

  it('has ended when its time is over, when there are too many, or when its user is disconnected', async () => {
    const bounds = { maxSessions: 2, maxDisconnectionDuration: MINUTE };
    const [a, b] = await startTwo({ connectionStateRecovery: bounds });
    a.server.use((socket, next) => {
      socket.userId = String(socket.handshake.auth['user']);
      next();
    });
    for (const user of ['ann', 'bob', 'cid']) await lose(await enter(a, { user }));
    expect(seen.filter((notice) => notice.startsWith('A ended'))).toHaveLength(1);
    b.server.disconnectUser('bob');
    await vi.waitFor(() => expect(seen.filter((notice) => notice.startsWith('A ended'))).toHaveLength(2));
    a.clock.advance(2 * MINUTE);
    expect(seen.filter((notice) => notice.startsWith('A ended'))).toHaveLength(3);
  });

  it('has not ended when its node closes', async () => {
    const [a, b] = await startTwo();
    const [ann, bob] = [await enterDen(a), await enterDen(a)];
    await lose(ann);
    const closed = a.server.close();
    a.clock.advance(5_000);
    await closed;
    await turns();
    expect(seen.filter((notice) => notice.startsWith('A ended'))).toEqual([]);
    expect(seen.at(-1)).toMatch(/^A dropped/);
    await enter(b, bob.claim);
    expect(seen.at(-1)).toMatch(/^B returned/);
  });
});

describe('a client that is lost, with a published adapter', () => {
  it('returns, or has ended when its time is over', async () => {
    const broker = new RecoveryBroker();
    const rig = await start({ adapter: broker.adapter });
    const [ann, bob] = [await enter(rig), await enter(rig)];
    ann.socket.join('den');
    await lose(ann);
    await lose(bob);
    await enter(rig, { pid: ann.pid, offset: '7-0' });
    expect(seen.slice(2)).toEqual([
      'dropped transport close own,den',
      'dropped transport close own',
      'returned own,den',
    ]);
    rig.clock.advance(2 * MINUTE);
    expect(seen.slice(5)).toEqual(['ended transport close own']);
  });

  it('is observed in its rooms', async () => {
    const rig = await startServer({ adapter: new RecoveryBroker().adapter, connectionStateRecovery: {} });
    rig.server.sockets.observe({
      joined: (_socket, room) => void seen.push(`joined ${room}`),
      left: (_socket, room) => void seen.push(`left ${room}`),
    });
    const { socket } = await enter(rig);
    socket.join(['den', 'den', 'attic', socket.id]);
    socket.leave('den');
    socket.leave('den');
    expect(seen).toEqual(['joined den', 'joined attic', 'left den']);
  });
});

async function turns(): Promise<void> {
  for (let i = 0; i < 4; i++) await turn();
}
