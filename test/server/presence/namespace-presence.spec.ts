import type { Socket as StockSocket } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NamespacePresence, PresenceDiff, ServerOptions, Socket } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { turn } from '../../support/engine-rig.js';
import { ask, next } from '../../support/events.js';
import { type ServerRig, startServer } from '../../support/server-rig.js';

describe('NamespacePresence', () => {
  let rig: ServerRig;
  let presence: NamespacePresence<{ name: string } | string | number>;

  async function start(options: ServerOptions = {}): Promise<void> {
    rig = await startServer(options);
    presence = rig.server.sockets.presence;
    rig.server.on('connection', (socket) => {
      socket.on('enter', (room: string, done: () => void) => {
        socket.join(room);
        done();
      });
      socket.on('exit', (room: string, done: () => void) => {
        socket.leave(room);
        done();
      });
    });
  }
  beforeEach(() => start());
  afterEach(cleanUp);

  /** Connects a client. Resolves with it and its socket on the server. */
  async function join(...rooms: string[]): Promise<[client: StockSocket, socket: Socket]> {
    const client = rig.stock();
    await next(client, 'connect');
    for (const room of rooms) await ask(client, 'enter', room);
    return [client, rig.server.sockets.sockets.get(client.id as string) as Socket];
  }

  /** Lets the changes of an interval be announced, and waits until a client has received them. */
  async function announce(client: StockSocket): Promise<void> {
    rig.clock.advance(100);
    await turn();
    await ask(client, 'fence');
  }

  it('lists the users in a room, with their meta and devices', async () => {
    const [, ann] = await join('lobby');
    const [, again] = await join('lobby');
    const [, ben] = await join('lobby');
    presence.track(ann, { user: 'ann', meta: { name: 'Ann' } });
    presence.track(again, { user: 'ann' });
    presence.track(ben, { user: 7 });
    expect(presence.list('lobby')).toEqual([
      { user: 'ann', meta: null, devices: 2 },
      { user: '7', meta: null, devices: 1 },
    ]);
    presence.update(ann, { name: 'Ann' });
    expect(presence.list('lobby')[0]).toEqual({ user: 'ann', meta: { name: 'Ann' }, devices: 2 });
    expect(presence.count('lobby')).toBe(2);
    expect(presence.list('den')).toEqual([]);
    expect(presence.count('den')).toBe(0);
  });

  it('shows the devices and rooms of a user', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    const [, ann] = await join('lobby');
    const [, again] = await join('den');
    presence.track(ann, { user: 'ann', meta: 'phone' });
    presence.track(again, { user: 'ann', meta: 'desk' });
    const since = new Date();
    vi.useRealTimers();
    expect(presence.user('ann')).toEqual({
      user: 'ann',
      meta: 'desk',
      devices: [
        { id: ann.id, node: '', meta: 'phone', since },
        { id: again.id, node: '', meta: 'desk', since },
      ],
      rooms: ['lobby', 'den'],
    });
    expect(presence.user('ben')).toBeNull();
  });

  it('takes the userId of a client for its user', async () => {
    const [, ann] = await join('lobby');
    expect(() => presence.track(ann)).toThrow(/track\(\) needs the id of a user/);
    ann.userId = 'ann';
    presence.track(ann);
    expect(presence.list('lobby')).toEqual([{ user: 'ann', meta: null, devices: 1 }]);
  });

  it('tracks a client in its connect handler, once it is accepted', async () => {
    rig.server.sockets.onConnect((socket) => {
      socket.join('lobby');
      presence.track(socket, { user: 'ann', meta: 'x' });
      presence.update(socket, (meta: string) => `${meta}y`);
      presence.track(socket, { user: 'ann' });
      if (socket.handshake.auth['refused'] === true) throw new Error('refused');
    });
    const refused = rig.stock('/', { auth: { refused: true } });
    await next(refused, 'connect_error');
    expect(presence.count('lobby')).toBe(0);
    await join();
    expect(presence.list('lobby')).toEqual([{ user: 'ann', meta: 'xy', devices: 1 }]);
  });

  it('sends a state, then diffs, in the form that the documentation shows', async () => {
    const [bob, socket] = await join('lobby');
    const { events, rooms } = follow(bob);
    presence.track(socket, { user: 'bob', meta: { name: 'Bob' } });
    await announce(bob);
    const [, ann] = await join('lobby');
    presence.track(ann, { user: 'ann' });
    await announce(bob);
    presence.update(ann, (meta: unknown) => ({ name: meta === null ? 'Ann' : meta }));
    presence.untrack(socket);
    await announce(bob);
    expect(events).toEqual([
      ['presence_state', 'lobby', [['bob', { name: 'Bob' }]]],
      ['presence_diff', 'lobby', { joins: [['ann', null]], leaves: [] }],
      ['presence_diff', 'lobby', { joins: [['ann', { name: 'Ann' }]], leaves: ['bob'] }],
    ]);
    expect(rooms.get('lobby')).toEqual(new Map([['ann', { name: 'Ann' }]]));
  });

  it('sends the users as of the last announcement to a client that joins', async () => {
    const [, ann] = await join('lobby');
    presence.track(ann, { user: 'ann' });
    rig.clock.advance(100);
    presence.update(ann, 'busy');
    const [bob] = await join();
    const { events } = follow(bob);
    await ask(bob, 'enter', 'lobby');
    await turn();
    await ask(bob, 'fence');
    expect(events).toEqual([['presence_state', 'lobby', [['ann', null]]]]);
    await announce(bob);
    expect(events[1]).toEqual(['presence_diff', 'lobby', { joins: [['ann', 'busy']], leaves: [] }]);
  });

  it('sends nothing if a change is undone within the interval', async () => {
    const [bob, socket] = await join('lobby');
    const { events } = follow(bob);
    presence.track(socket, { user: 'bob', meta: 'here' });
    await announce(bob);
    presence.untrack(socket);
    presence.track(socket, { user: 'bob', meta: 'here' });
    await announce(bob);
    expect(events).toHaveLength(1);
  });

  it('does not let a user leave with one of its clients', async () => {
    const [bob, socket] = await join('lobby');
    const [tab, second] = await join('lobby');
    const { events } = follow(bob);
    presence.track(socket, { user: 'bob' });
    presence.track(second, { user: 'bob' });
    await announce(bob);
    await ask(tab, 'exit', 'lobby');
    await announce(bob);
    expect(events).toHaveLength(1);
    await ask(bob, 'exit', 'lobby');
    expect(presence.count('lobby')).toBe(0);
  });

  it('keeps a user whose connection was lost for the grace', async () => {
    const [bob] = await join('lobby');
    const [tab, ann] = await join('lobby');
    const { events } = follow(bob);
    presence.track(ann, { user: 'ann', meta: 'x' });
    await announce(bob);
    tab.io.engine.close();
    await vi.waitFor(() => expect(presence.list('lobby')).toEqual([{ user: 'ann', meta: 'x', devices: 0 }]));
    rig.clock.advance(9_000);
    const [, returned] = await join('lobby');
    presence.track(returned, { user: 'ann', meta: 'x' });
    rig.clock.advance(20_000);
    await announce(bob);
    expect(presence.list('lobby')).toEqual([{ user: 'ann', meta: 'x', devices: 1 }]);
    expect(events).toHaveLength(1);
  });

  it('lets a user leave that has not returned within the grace', async () => {
    const [tab, ann] = await join('lobby');
    presence.track(ann, { user: 'ann' });
    tab.io.engine.close();
    await vi.waitFor(() => expect(presence.list('lobby')).toEqual([{ user: 'ann', meta: null, devices: 0 }]));
    rig.clock.advance(10_200);
    expect(presence.list('lobby')).toEqual([]);
    expect(presence.user('ann')).toBeNull();
  });

  it.each<[string, (client: StockSocket, socket: Socket) => unknown]>([
    ['the client disconnects', (client) => client.disconnect()],
    ['the server disconnects it', (_client, socket) => socket.disconnect()],
    ['the server closes its connection', (_client, socket) => socket.disconnect(true)],
    ['its user is disconnected', () => rig.server.disconnectUser('ann')],
  ])('lets a user leave at once if %s', async (_what, leave) => {
    const [client, socket] = await join('lobby');
    socket.userId = 'ann';
    presence.track(socket);
    leave(client, socket);
    await vi.waitFor(() => expect(presence.count('lobby')).toBe(0));
  });

  it('lets a user leave at once that is disconnected within its grace', async () => {
    for (const disconnect of [() => rig.server.disconnectUser('ann'), () => rig.server.sockets.disconnectUser('ann')]) {
      const [client, socket] = await join('lobby');
      presence.track(socket, { user: 'ann' });
      client.io.engine.close();
      await vi.waitFor(() => expect(presence.list('lobby')).toEqual([{ user: 'ann', meta: null, devices: 0 }]));
      disconnect();
      expect(presence.count('lobby')).toBe(0);
    }
  });

  it('follows a client that resumes its session, after the grace too', async () => {
    await cleanUp();
    await start({ connectionStateRecovery: {} });
    const [bob] = await join('lobby');
    const client = rig.stock('/', { reconnection: true, reconnectionDelay: 10 });
    const { events } = follow(client);
    await next(client, 'connect');
    const id = client.id as string;
    await ask(client, 'enter', 'lobby');
    presence.track(rig.server.sockets.sockets.get(id) as Socket, { user: 'ann', meta: 'x' });
    await announce(bob);
    for (const away of [0, 20_000]) {
      client.io.reconnection(false);
      client.io.engine.close();
      await vi.waitFor(() => expect(presence.list('lobby')).toEqual([{ user: 'ann', meta: 'x', devices: 0 }]));
      rig.clock.advance(away);
      expect(presence.count('lobby')).toBe(away === 0 ? 1 : 0);
      client.io.reconnection(true).connect();
      client.connect();
      await next(client, 'connect');
      expect([client.id, client.recovered]).toEqual([id, true]);
      expect(presence.list('lobby')).toEqual([{ user: 'ann', meta: 'x', devices: 1 }]);
      await announce(client);
    }
    // Each time, the client gets the state, which recovery does not keep.
    const state = ['presence_state', 'lobby', [['ann', 'x']]];
    expect(events.filter(([event]) => event === 'presence_state')).toEqual([state, state, state]);
  });

  it('calls the listeners of a room', async () => {
    const [bob, socket] = await join('lobby');
    const diffs: PresenceDiff[] = [];
    const stop = presence.watch('lobby', (diff) => void diffs.push(diff));
    presence.watch('lobby', () => {
      throw new Error('not my fault');
    });
    presence.track(socket, { user: 'bob' });
    await announce(bob);
    stop();
    presence.untrack(socket);
    await announce(bob);
    expect(diffs).toEqual([{ joins: [['bob', null]], leaves: [] }]);
    expect(rig.log.errors).toEqual([['a listener of presence of / failed', new Error('not my fault')]]);
  });

  it('calls the listeners of all users, once for each user, in any room or in none', async () => {
    const [bob, socket] = await join('lobby');
    presence.track(socket, { user: 'bob' });
    const diffs: PresenceDiff[] = [];
    const stop = presence.watchUsers((diff) => void diffs.push(diff));
    const [tab, ann] = await join();
    const [, other] = await join('lobby', 'den');
    presence.track(ann, { user: 'ann' });
    presence.track(other, { user: 'ann', meta: 'x' });
    await announce(bob);
    presence.update(other, 'y');
    await announce(bob);
    expect(diffs.splice(0)).toEqual([
      { joins: [['ann', 'x']], leaves: [] },
      { joins: [['ann', 'y']], leaves: [] },
    ]);
    other.leave('den');
    other.disconnect();
    await announce(bob);
    expect(diffs.splice(0)).toEqual([{ joins: [['ann', null]], leaves: [] }]);
    tab.io.engine.close();
    await vi.waitFor(() => expect(presence.user('ann')?.devices).toEqual([]));
    rig.clock.advance(9_000);
    await announce(bob);
    expect(diffs).toEqual([]);
    rig.clock.advance(1_200);
    await announce(bob);
    expect(diffs.splice(0)).toEqual([{ joins: [], leaves: ['ann'] }]);
    stop();
    presence.untrack(socket);
    await announce(bob);
    expect(diffs).toEqual([]);
  });

  it('merges the metas of the clients of a user, and shows the most recent one if that fails', async () => {
    await cleanUp();
    const merge = vi.fn((metas: readonly string[]): unknown => metas.toSorted().join());
    await start({ presence: { merge, metaBytes: 10 } });
    const [bob, one] = await join('lobby');
    const [, other] = await join('lobby');
    const { events } = follow(bob);
    presence.track(one, { user: 'ann', meta: 'a' });
    presence.track(other, { user: 'ann', meta: 'b' });
    await announce(bob);
    presence.update(other, 'b');
    await announce(bob);
    expect(events.splice(0)).toEqual([['presence_state', 'lobby', [['ann', 'a,b']]]]);
    const failures: [result: () => unknown, message: RegExp][] = [
      [() => 'x'.repeat(20), /^meta must have at most 10 bytes as JSON, got 22/],
      [
        () => Promise.reject(new Error('late')),
        /must return the meta, got a promise: write a function that is not async/,
      ],
      [
        () => {
          throw new Error('my fault');
        },
        /^my fault$/,
      ],
    ];
    for (const [index, [result, message]] of failures.entries()) {
      merge.mockImplementation(result);
      presence.update(one, index);
      await announce(bob);
      expect(events.pop()).toEqual(['presence_diff', 'lobby', { joins: [['ann', index]], leaves: [] }]);
      const failed = expect.objectContaining({ message: expect.stringMatching(message) });
      expect(rig.log.errors.splice(0)).toEqual([['the option "presence.merge" of / failed', failed]]);
    }
  });

  it('tracks the clients with a user if the option says so', async () => {
    await cleanUp();
    await start({ presence: { auto: true } });
    rig.server.use((socket, done) => {
      socket.userId = socket.handshake.auth['user'] as string;
      done();
    });
    const client = rig.stock('/', { auth: { user: 'ann' } });
    await ask(client, 'enter', 'lobby');
    await join('lobby');
    expect(presence.list('lobby')).toEqual([{ user: 'ann', meta: null, devices: 1 }]);
  });

  it('tracks clients that were connected before it was first read', async () => {
    const other = rig.of('/other');
    const [, socket] = await rig.join('/other');
    socket.join('lobby');
    other.presence.track(socket, { user: 'ann' });
    socket.join('den');
    expect(other.presence.user('ann')?.rooms).toEqual(['lobby', 'den']);
  });

  it('refuses what it cannot track', async () => {
    const [, socket] = await join('lobby');
    const track =
      (options: object, client: unknown = socket) =>
      () =>
        presence.track(client as Socket, options);
    expect(track({ user: '' })).toThrow(/must be a number or a text of 1 to 255 characters, got ""/);
    expect(track({ user: 'a', meta: 'x'.repeat(1_000) })).toThrow(
      expect.objectContaining({
        code: 'META_TOO_LARGE',
        message: expect.stringMatching(/1000 bytes as JSON, got 1002/),
      }),
    );
    const wrong = 'meta must be a value that JSON supports, got';
    expect(track({ user: 'a', meta: 1n })).toThrow(`${wrong} one that fails: Do not know how to serialize a BigInt`);
    expect(track({ user: 'a', meta: () => 1 })).toThrow(`${wrong} a function`);
    const circular: unknown[] = [];
    circular.push(circular);
    expect(track({ user: 'a', meta: circular })).toThrow(expect.objectContaining({ code: 'VALUE_TOO_DEEP' }));
    expect(track({}, { id: socket.id })).toThrow(/got a value that is no client: write/);
    expect(() => rig.of('/other').presence.track(socket, { user: 'a' })).toThrow(/got a client of \//);
    const other = await startServer();
    expect(() => other.server.sockets.presence.track(socket, { user: 'a' })).toThrow(
      /got a client of \/ on another one/,
    );
    expect(() => presence.update(socket, 'x')).toThrow(/needs a client that is tracked/);
    socket.disconnect();
    presence.track(socket, { user: 'ann' });
    presence.update(socket, 'x');
    expect(presence.user('ann')).toBeNull();
  });

  it('belongs to one namespace, and not to a pattern', () => {
    const parent = rig.server.of(/^\/room-\d+$/);
    expect(() => parent.presence).toThrow(/presence belongs to one namespace/);
  });
});

/** Collects the presence events of a client, and the users that it knows of. */
function follow(client: StockSocket): { events: unknown[][]; rooms: Map<string, Map<string, unknown>> } {
  const events: unknown[][] = [];
  const rooms = new Map<string, Map<string, unknown>>();
  client.on('presence_state', (room: string, users: [string, unknown][]) => {
    events.push(['presence_state', room, users]);
    rooms.set(room, new Map(users));
  });
  client.on('presence_diff', (room: string, { joins, leaves }: PresenceDiff) => {
    events.push(['presence_diff', room, { joins, leaves }]);
    const users = rooms.get(room) as Map<string, unknown>;
    for (const [user, meta] of joins) users.set(user, meta);
    for (const user of leaves) users.delete(user);
  });
  return { events, rooms };
}
