import { Adapter } from 'socket.io-adapter';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NamespaceAdapter } from '../../../lib/server/adapter/adapter.js';
import { type Namespace, ParentNamespace, type Socket } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { deferred, type ServerRig, startServer, told } from '../../support/server-rig.js';
import type { WireClient } from '../../support/server-wire.js';

afterEach(cleanUp);

let rig: ServerRig;
let nsp: Namespace;
let ann: WireClient;
let annHere: Socket;
let bob: WireClient;
let bobHere: Socket;

async function start(options?: Parameters<typeof startServer>[0]): Promise<void> {
  rig = await startServer(options);
  nsp = rig.of('/');
  [ann, annHere] = await rig.join();
  [bob, bobHere] = await rig.join();
}

const everybody = { rooms: new Set<string>(), except: new Set<string>() };
const EVENTS = ['create-room', 'join-room', 'leave-room', 'delete-room'];

/** Collects the events of an adapter from now on. */
function listen(adapter: NamespaceAdapter): unknown[][] {
  const seen: unknown[][] = [];
  for (const event of EVENTS) adapter.on(event, (...args) => seen.push([event, ...args]));
  return seen;
}

/** Members of both adapters: ours behaves like Socket.IO's in each respect. */
describe.each([
  ['without a cluster', {}],
  ["Socket.IO's own", { adapter: Adapter }],
])('the adapter of a namespace, %s', (_what, options) => {
  beforeEach(() => start(options));

  it('shows which socket is in which room, and follows changes', () => {
    const { rooms, sids } = nsp.adapter;
    annHere.join(['x', 'y']);
    bobHere.join(['x', annHere.id]);
    expect([...rooms.keys()].toSorted()).toEqual([annHere.id, bobHere.id, 'x', 'y'].toSorted());
    expect(rooms.size).toBe(4);
    expect([...(rooms.get('x') ?? [])]).toEqual([annHere.id, bobHere.id]);
    expect(rooms.get('x')?.size).toBe(2);
    expect(rooms.get('y')?.has(annHere.id)).toBe(true);
    expect(rooms.get('y')?.has(bobHere.id)).toBe(false);
    expect(rooms.get('y')?.has('unknown')).toBe(false);
    expect(new Set(rooms.get(annHere.id))).toEqual(new Set([annHere.id, bobHere.id]));
    expect(rooms.get(annHere.id)?.size).toBe(2);
    expect(rooms.get(annHere.id)?.has(annHere.id)).toBe(true);
    expect(rooms.get(bobHere.id)?.size).toBe(1);
    expect([rooms.has('x'), rooms.has(bobHere.id), rooms.has('z'), rooms.get('z')]).toEqual([
      true,
      true,
      false,
      undefined,
    ]);

    expect([...sids.keys()]).toEqual([annHere.id, bobHere.id]);
    expect(sids.size).toBe(2);
    expect([...(sids.get(annHere.id) ?? [])]).toEqual([annHere.id, 'x', 'y']);
    expect(sids.get(annHere.id)?.size).toBe(3);
    expect(sids.get(annHere.id)?.has('x')).toBe(true);
    expect(sids.get(annHere.id)?.has(annHere.id)).toBe(true);
    expect(sids.get(annHere.id)?.has('z')).toBe(false);
    expect([sids.has(bobHere.id), sids.has('z'), sids.get('z')]).toEqual([true, false, undefined]);

    annHere.leave('y');
    annHere.leave('x');
    bobHere.leave('x');
    bobHere.leave(annHere.id);
    expect([rooms.size, rooms.has('x'), sids.get(annHere.id)?.size]).toEqual([2, false, 1]);
  });

  it('counts servers, finds sockets and fetches them', async () => {
    annHere.join('x');
    const { adapter } = nsp;
    expect(nsp.adapter).toBe(adapter);
    expect(adapter.nsp.name).toBe('/');
    expect(await adapter.serverCount()).toBe(1);
    expect(await adapter.sockets(new Set())).toEqual(new Set([annHere.id, bobHere.id]));
    expect(await adapter.sockets(new Set(['x', 'z']))).toEqual(new Set([annHere.id]));
    expect([...(adapter.socketRooms(annHere.id) ?? [])]).toEqual([annHere.id, 'x']);
    expect(adapter.socketRooms('unknown')).toBeUndefined();
    const found = await adapter.fetchSockets({ ...everybody, except: new Set(['x']) });
    expect(found.map(({ id }) => id)).toEqual([bobHere.id]);
  });

  it('moves sockets between rooms, broadcasts to them and disconnects them', async () => {
    const { adapter } = nsp;
    void adapter.addAll(annHere.id, new Set(['x', 'y']));
    void adapter.addAll('unknown', new Set());
    void adapter.del(annHere.id, 'y');
    void adapter.del('unknown', 'y');
    expect([...annHere.rooms]).toEqual([annHere.id, 'x']);
    adapter.addSockets(everybody, ['z']);
    adapter.delSockets({ ...everybody, rooms: new Set(['x']) }, ['z']);
    expect([...(adapter.rooms.get('z') ?? [])]).toEqual([bobHere.id]);
    adapter.broadcast({ type: 2, data: ['all', 1] }, { ...everybody, flags: { compress: false } });
    adapter.broadcast({ type: 2, data: ['in x'] }, { ...everybody, rooms: new Set(['x']) });
    expect([await ann.next(), await ann.next(), await bob.next()]).toEqual([
      '42["all",1]',
      '42["in x"]',
      '42["all",1]',
    ]);
    await bob.idle();
    const gone = told(bobHere, 'disconnect');
    adapter.disconnectSockets({ ...everybody, rooms: new Set(['z']) }, false);
    await gone;
    expect(annHere.connected).toBe(true);
  });

  it('emits events of rooms, including the room of each socket id', async () => {
    const seen = listen(nsp.adapter);
    annHere.join('x');
    annHere.join(['x', 'y']);
    bobHere.join('x');
    bobHere.leave('x');
    bobHere.leave('x');
    const gone = told(annHere, 'disconnect');
    annHere.disconnect();
    await gone;
    const [, cidHere] = await rig.join();
    const { id } = annHere;
    expect(seen).toEqual([
      ['create-room', 'x'],
      ['join-room', 'x', id],
      ['create-room', 'y'],
      ['join-room', 'y', id],
      ['join-room', 'x', bobHere.id],
      ['leave-room', 'x', bobHere.id],
      ['leave-room', id, id],
      ['delete-room', id],
      ['leave-room', 'x', id],
      ['delete-room', 'x'],
      ['leave-room', 'y', id],
      ['delete-room', 'y'],
      ['create-room', cidHere.id],
      ['join-room', cidHere.id, cidHere.id],
    ]);
  });
});

describe('the adapter of a namespace without a cluster', () => {
  beforeEach(() => start());

  it('emits events of rooms before and while the CONNECT is decided', async () => {
    const late = rig.of('/late');
    const seen = listen(late.adapter);
    const refusing = deferred();
    let id = '';
    late.use((socket, next) => {
      id = socket.id;
      socket.join('before');
      next(socket.handshake.auth['stranger'] === true ? new Error('no') : undefined);
    });
    late.onConnect(() => refusing.promise);
    const client = await rig.open();
    client.send('40/late,{"stranger":true}');
    expect(await client.next()).toBe('44/late,{"message":"no"}');
    const before = [
      ['create-room', 'before'],
      ['join-room', 'before', id],
    ];
    const after = [
      ['leave-room', 'before', id],
      ['delete-room', 'before'],
    ];
    expect(seen.splice(0)).toEqual([...before, ...after]);

    client.send('40/late,');
    await expect.poll(() => late.members.size).toBe(1);
    expect([...late.adapter.sids.keys()]).toEqual([id]);
    expect([...(late.adapter.rooms.get(id) ?? [])]).toEqual([id]);
    refusing.reject(new Error('no'));
    expect(await client.next()).toMatch(/^44\/late,/);
    expect(seen).toEqual([
      ['create-room', 'before'],
      ['join-room', 'before', id],
      ['create-room', id],
      ['join-room', id, id],
      ['leave-room', id, id],
      ['delete-room', id],
      ['leave-room', 'before', id],
      ['delete-room', 'before'],
    ]);
  });

  it('makes a socket leave all its rooms', () => {
    annHere.join(['x', 'y']);
    nsp.adapter.delAll(annHere.id);
    nsp.adapter.delAll('unknown');
    expect([...annHere.rooms]).toEqual([annHere.id]);
  });

  it('shows the rooms of a leaving socket, but not its id', async () => {
    const leaving = deferred();
    nsp.onDisconnect(() => leaving.promise);
    annHere.join('x');
    const seen = listen(nsp.adapter);
    annHere.disconnect();
    expect([...(nsp.adapter.rooms.get('x') ?? [])]).toEqual([annHere.id]);
    expect([nsp.adapter.sids.has(annHere.id), seen]).toEqual([false, []]);
    leaving.resolve();
    await told(annHere, 'disconnect');
    expect(seen.map(([event]) => event)).toEqual(['leave-room', 'delete-room', 'leave-room', 'delete-room']);
  });

  it('removes listeners, and logs their exceptions', () => {
    const broken = new Error('x');
    const throwing = (): never => {
      throw broken;
    };
    nsp.adapter.once('create-room', throwing);
    nsp.adapter.on('join-room', throwing).off('join-room', throwing);
    annHere.join(['x', 'y']);
    expect(rig.log.errors).toEqual([['a listener of "create-room" in / failed', broken]]);
  });

  it('broadcasts to all children of a pattern', async () => {
    const parent = rig.server.of(/^\/room-/);
    expect(parent).toBeInstanceOf(ParentNamespace);
    const client = await rig.open();
    await client.join('/room-1');
    parent.adapter.broadcast({ type: 2, data: ['all'] }, everybody);
    expect(await client.next()).toBe('42/room-1,["all"]');
    expect(parent.adapter).toBe(parent.adapter);
    expect(parent.adapter.rooms.size).toBe(0);
  });
});
