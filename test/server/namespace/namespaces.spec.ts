import { afterEach, describe, expect, it, vi } from 'vitest';
import type { NamespaceMatcher } from '../../../lib/server/namespace/patterns.js';
import { type Namespace, ParentNamespace } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { deferred, startServer, told } from '../../support/server-rig.js';

afterEach(cleanUp);

const INVALID = (nsp: string): string => `44${nsp},{"message":"Invalid namespace"}`;

/** Adds a handler that answers fences to all namespaces of a pattern. */
function fenced(namespace: Namespace): Namespace {
  return namespace.onEvent('fence', (socket, { id }) => socket.acknowledge(id as number, []));
}

describe('a namespace by pattern', () => {
  it('is created for the first client that asks for a matching name; other names are refused', async () => {
    const rig = await startServer();
    fenced(rig.server.of(/^\/room-\d+$/));
    const made: string[] = [];
    rig.server.on('new_namespace' as 'connection', ((namespace: Namespace) => made.push(namespace.name)) as never);
    const client = await rig.open();
    await client.join('/room-7');
    await client.idle('/room-7');
    client.send('40/room-x,');
    expect(await client.next()).toBe(INVALID('/room-x'));
    const other = await rig.open();
    await other.join('/room-7');
    expect(made).toEqual(['/room-7']);
    expect(rig.server.of('/room-7').sockets.size).toBe(2);
  });

  it.each([/room/g, /room/y])('does not depend on lastIndex: %s', async (pattern) => {
    const rig = await startServer();
    rig.server.of(pattern.sticky ? /\/room/y : pattern);
    const client = await rig.open();
    for (const name of ['/room-1', '/room-2', '/room-3']) await client.join(name);
  });

  it('copies the middlewares, handlers and listeners that its parent has when it is created', async () => {
    const rig = await startServer();
    const calls: string[] = [];
    const parent = rig.server.of(/^\/a/, (socket) => calls.push(`connection ${socket.nsp.name}`));
    parent
      .use((_socket, next) => {
        calls.push('middleware');
        next();
      })
      .onConnect(() => void calls.push('connect'))
      .onDisconnect(() => void calls.push('disconnect'))
      .onEvent('e', () => void calls.push('event'))
      .onEvent('*', () => void calls.push('any'));
    fenced(parent);
    const client = await rig.open();
    await client.join('/a1');
    client.send('42/a1,["e"]', '42/a1,["f"]');
    await client.idle('/a1');
    client.send('41/a1,');
    await expect.poll(() => calls.at(-1)).toBe('disconnect');
    expect(calls).toEqual(['middleware', 'connect', 'connection /a1', 'event', 'any', 'disconnect']);
  });

  it('is removed when its last client leaves or is refused', async () => {
    const rig = await startServer();
    rig.server
      .of(/^\/a/)
      .use((socket, next) => next(socket.handshake.auth['no'] === true ? new Error('no') : undefined));
    const client = await rig.open();
    const sid = await client.join('/a1');
    const left = told(rig.server.of('/a1').sockets.get(sid) as never, 'disconnect');
    client.send('41/a1,');
    await left;
    expect(rig.server.has('/a1')).toBe(false);
    client.send('40/a2,{"no":true}');
    expect(await client.next()).toBe('44/a2,{"message":"no"}');
    expect(rig.server.has('/a2')).toBe(false);
    await client.join('/a1');
    expect(rig.server.has('/a1')).toBe(true);
  });

  it('stays on request, and if it was created by name', async () => {
    const rig = await startServer({ cleanupEmptyChildNamespaces: false });
    const parent = rig.server.of(/^\/a/) as ParentNamespace;
    const byName = rig.server.of('/a0');
    const client = await rig.open();
    await client.join('/a0');
    await client.join('/a1');
    client.send('41/a0,', '41/a1,');
    await client.join('/a2');
    expect([...parent.children].map(({ name }) => name)).toEqual(['/a0', '/a1', '/a2']);
    expect(rig.server.of('/a0')).toBe(byName);
  });

  it('is looked up by name first, then in the order of the patterns', async () => {
    const rig = await startServer();
    const seen: string[] = [];
    rig.server.of('/a', () => seen.push('name'));
    rig.server.of(/^\/b/, () => seen.push('first'));
    rig.server.of(/^\/[ab]/, () => seen.push('second'));
    const client = await rig.open();
    for (const name of ['/a', '/b', '/ab']) await client.join(name);
    expect(seen).toEqual(['name', 'first', 'second']);
  });
});

describe('a name that a client invented', () => {
  it('is quoted in the log, so that it cannot forge a line', async () => {
    const rig = await startServer();
    rig.server.of(/^\/room/).use((socket, next) => {
      if (socket.handshake.auth['ok'] !== true) throw new Error('oops');
      next();
    });
    const client = await rig.open();
    client.send('40/room\n[ERROR] forged,');
    expect(await client.next()).toBe('44/room\n[ERROR] forged,{"message":"Internal server error"}');
    client.send('40/room\n[ERROR] forged,{"ok":true}', '42/room\n[ERROR] forged,["e"]');
    expect(await client.next()).toMatch(/^40/);
    await expect.poll(() => rig.log.debugs).toHaveLength(1);
    expect([...rig.log.errors.map(([line]) => line), ...rig.log.debugs]).toEqual([
      'a middleware or connect handler of "/room\\n[ERROR] forged" failed: the client is refused',
      'no handler for event "e" in "/room\\n[ERROR] forged"',
    ]);
  });
});

describe('a namespace by function', () => {
  it.each<[string, NamespaceMatcher]>([
    ['at once', (name, auth, next) => next(null, name === '/a' && auth['token'] === 1)],
    ['later', (name, auth, next) => void setImmediate(() => next(undefined, name === '/a' && auth['token'] === 1))],
  ])('is decided on %s, by name and auth', async (_when, matcher) => {
    const rig = await startServer();
    rig.server.of(matcher);
    const client = await rig.open();
    client.send('40/a,');
    expect(await client.next()).toBe(INVALID('/a'));
    client.send('40/a,{"token":1}');
    expect(await client.next()).toMatch(/^40\/a,\{"sid":/);
  });

  it.each<[string, NamespaceMatcher, boolean]>([
    ['names an error', (_name, _auth, next) => next(new Error('x'), true), false],
    [
      'throws',
      () => {
        throw new Error('x');
      },
      true,
    ],
    ['is rejected', () => Promise.reject(new Error('x')), true],
  ])('is refused if the function %s; the next pattern is tried', async (_what, matcher, logged) => {
    const rig = await startServer();
    rig.server.of(matcher);
    rig.server.of(/^\/b/);
    const client = await rig.open();
    client.send('40/a,');
    expect(await client.next()).toBe(INVALID('/a'));
    await client.join('/b');
    expect(rig.log.errors.length > 0).toBe(logged);
  });

  it('buffers the packets that the client sends in the meantime, and counts towards limits.namespaces', async () => {
    const rig = await startServer({ limits: { namespaces: 1 } });
    const go = deferred();
    const handled: unknown[] = [];
    rig.server
      .of((_name, _auth, next) => void go.promise.then(() => next(null, true)))
      .onEvent('e', (_socket, { data }) => void handled.push(data[1]));
    const client = await rig.open();
    client.send('40/a,', '42/a,["e",1]', `451-/a,["e",{"_placeholder":true,"num":0}]`, Buffer.from([2]));
    client.send('42/a,["e",3]');
    go.resolve();
    expect(await client.next()).toMatch(/^40\/a,/);
    await expect.poll(() => handled).toEqual([1, Buffer.from([2]), 3]);
    client.send('40/b,');
    expect(await client.closed).toEqual({ code: 1002 });
  });

  it('closes the connection on CONNECT_ERROR while it is being decided', async () => {
    const rig = await startServer();
    rig.server.of(() => {});
    const client = await rig.open();
    client.send('40/a,', '44/a,{}');
    expect(await client.closed).toEqual({ code: 1002 });
  });

  it('is asked for once, however often the client sends CONNECT before the answer', async () => {
    const rig = await startServer();
    const nexts: Parameters<NamespaceMatcher>[2][] = [];
    rig.server.of((_name, _auth, next) => void nexts.push(next));
    const client = await rig.open();
    client.send('40/a,', '40/a,');
    await expect.poll(() => nexts.length).toBe(1);
    nexts[0]?.(null, true);
    expect(await client.next()).toMatch(/^40\/a,/);
    await client.join();
    await client.idle();
    expect(nexts.length).toBe(1);
  });

  it('is not created if the function does not answer within connectTimeout, which is logged', async () => {
    const rig = await startServer({ connectTimeout: 6_400 });
    const [[client], nexts] = [await rig.join(), [] as Parameters<NamespaceMatcher>[2][]];
    rig.server.of((_name, _auth, next) => void nexts.push(next));
    client.send('40/a,');
    await client.idle();
    rig.clock.advance(6_500);
    expect(await client.next()).toBe(INVALID('/a'));
    nexts[0]?.(null, true);
    client.send('40/b,');
    await client.idle();
    nexts[1]?.(null, true);
    expect(await client.next()).toMatch(/^40\/b,/);
    rig.clock.advance(6_500);
    expect(rig.server.has('/a')).toBe(false);
    expect(rig.log.errors).toEqual([
      [
        'a function that decides on namespaces did not call next within connectTimeout: the client is refused',
        undefined,
      ],
    ]);
  });

  it('is not created for a client that has left in the meantime', async () => {
    const rig = await startServer();
    const go = deferred();
    const seen = vi.fn<() => void>();
    rig.server.of((_name, _auth, next) => void go.promise.then(() => next(null, true)), seen);
    const gone = await rig.open();
    gone.send('40/a,');
    const other = await rig.open();
    await other.join('/');
    gone.send('1');
    await gone.closed;
    go.resolve();
    await other.idle();
    expect(seen).not.toHaveBeenCalled();
  });
});

describe('a parent', () => {
  it('broadcasts to all children, collects their acknowledgements, and fetches and moves their sockets', async () => {
    const rig = await startServer();
    const parent = rig.server.of(/^\/a/);
    const client = await rig.open();
    const ids = [await client.join('/a1'), await client.join('/a2')];
    parent.emit('all', 1);
    expect([await client.next(), await client.next()]).toEqual(['42/a1,["all",1]', '42/a2,["all",1]']);

    const answers = parent.timeout(50).emitWithAck('ask');
    expect([await client.next(), await client.next()]).toEqual(['42/a1,0["ask"]', '42/a2,0["ask"]']);
    client.send('43/a1,0["one"]', '43/a2,0["two"]');
    expect(await answers).toEqual(['one', 'two']);
    const failed = expect(parent.timeout(50).emitWithAck('ask')).rejects.toMatchObject({
      responses: ['one'],
      message: '1 of 2 clients acknowledged: the client did not acknowledge within 50 ms',
    });
    expect([await client.next(), await client.next()]).toEqual(['42/a1,1["ask"]', '42/a2,1["ask"]']);
    client.send('43/a1,1["one"]');
    await client.join('/a3');
    rig.clock.advance(50);
    await failed;

    expect((await parent.fetchSockets()).map(({ id }) => id).slice(0, 2)).toEqual(ids);
    parent.socketsJoin('x');
    expect(await parent.in('x').fetchSockets()).toHaveLength(3);
    parent.in(ids[0] as string).socketsLeave('x');
    expect(await parent.in('x').fetchSockets()).toHaveLength(2);
    expect(parent.serverSideEmit('news')).toBe(true);
    parent.in('x').disconnectSockets();
    expect([await client.next(), await client.next()]).toEqual(['41/a2,', '41/a3,']);
    expect(await parent.fetchSockets()).toHaveLength(1);
  });
});
