/**
 * What an application may do wrong, and what its clients notice of it: nothing. Each fault is logged with
 * its place; whoever called us wrongly gets the error; what was begun is undone.
 */
import { describe, expect, it, vi } from 'vitest';
import type { Socket } from '../../lib/server/index.js';
import { hostileScene } from '../support/hostile-scene.js';
import { deferred } from '../support/server-rig.js';

const scene = hostileScene();

const oops = (): never => {
  throw new Error('oops');
};
const FAILING = [
  ['throws', oops],
  ['rejects', () => Promise.reject(new Error('oops'))],
] as const;
const UNSENDABLE: readonly (readonly [what: string, value: unknown])[] = [
  ['whose toJSON throws', { toJSON: oops }],
  [
    'with a getter that throws',
    {
      get value(): never {
        return oops();
      },
    },
  ],
  ['that no JSON can hold', { n: 1n }],
];

describe.each(FAILING)('something that %s', (_how, fail) => {
  it.each<[what: string, prepare: (socket: Socket) => unknown, fault: string]>([
    ['a listener', (socket) => socket.on('e', fail), 'a listener of "e"'],
    ['a handler', (socket) => socket.nsp.onEvent('e', fail), 'the handler of "e"'],
    ['a catch-all listener', (socket) => socket.onAny((name) => name === 'e' && fail()), 'a catch-all listener'],
    [
      'an event middleware',
      (socket) => socket.use(([name], next) => (name === 'e' ? fail() : next())),
      'a middleware of the event "e"',
    ],
    [
      'a listener of disconnecting',
      (socket) => socket.on('e', () => socket.disconnect()).on('disconnecting', fail),
      'a listener of "disconnecting"',
    ],
    [
      'a listener of disconnect',
      (socket) => socket.on('e', () => socket.disconnect()).on('disconnect', fail),
      'a listener of "disconnect"',
    ],
    [
      'a disconnect handler',
      (socket) => socket.on('e', () => socket.disconnect()).nsp.onDisconnect(fail),
      'a disconnect handler',
    ],
    ['a callback of an acknowledgement', (socket) => socket.emit('ask', fail), 'the acknowledgement callback of "ask"'],
    [
      'a catch-all listener of what is sent',
      (socket) => socket.onAnyOutgoing(fail).on('e', () => socket.emit('back')),
      'a catch-all listener',
    ],
  ])('%s is logged; the connection and what follows are not disturbed', async (_what, prepare, fault) => {
    const [client, socket] = await scene.rig.join('/other');
    const after = vi.fn<() => void>();
    prepare(socket);
    socket.on('after', after);
    client.send('42/other,["e"]', '43/other,0[]', '42/other,["after"]');
    await expect.poll(() => scene.rig.log.errors).toHaveLength(1);
    if (socket.connected) await expect.poll(() => after.mock.calls).toHaveLength(1);
    expect(scene.faults()).toEqual([`${fault} in /other failed`]);
    expect([...scene.rig.of('/other').sockets.values()]).toEqual(socket.connected ? [socket] : []);
    expect(socket.conn.readyState).toBe('open');
  });

  it('a connection listener leaves the client where it is', async () => {
    scene.rig.of('/other').on('connection', fail);
    const [client] = await scene.rig.join('/other');
    await client.idle('/other');
    expect(scene.faults()).toEqual(['a listener of "connection" in /other failed']);
  });

  it('a middleware or connect handler refuses, and says nothing of why', async () => {
    scene.rig.of('/custom').use(fail);
    scene.rig.of('/other').onConnect(fail);
    const client = await scene.open();
    client.send('40/custom,', '40/other,');
    expect([await client.next(), await client.next()].map(String).toSorted()).toEqual([
      '44/custom,{"message":"Internal server error"}',
      '44/other,{"message":"Internal server error"}',
    ]);
    await client.join();
    await client.idle();
    expect(scene.faults()).toHaveLength(2);
  });

  it('a middleware that has called next lets the client in', async () => {
    scene.rig.of('/other').use((_socket, next) => {
      next();
      return fail();
    });
    const [client] = await scene.rig.join('/other');
    await client.idle('/other');
  });
});

describe.each(UNSENDABLE)('a value %s', (_what, value) => {
  it('is thrown to whoever emits it; nothing goes out, nothing is waited for', async () => {
    const { client, socket } = await scene.join();
    socket.join('room');
    const { timers } = scene.rig.clock;
    expect(() => socket.emit('e', value)).toThrow();
    expect(() => socket.timeout(1_000).emit('e', value, oops)).toThrow();
    expect(() => scene.rig.server.to('room').emit('e', value)).toThrow();
    expect(() => scene.rig.server.timeout(1_000).emit('e', value, oops)).toThrow();
    await expect((async () => socket.emitWithAck('e', value))()).rejects.toThrow();
    expect(scene.rig.clock.timers).toBe(timers);
    socket.emit('sound', 1);
    scene.rig.server.to('room').emit('sound', 2);
    expect([await client.next(), await client.next()]).toEqual(['42["sound",1]', '42["sound",2]']);
    await client.idle();
  });

  it('as acknowledgement is logged as the listener’s fault; another may be given', async () => {
    const { client, socket } = await scene.join();
    socket.on('ask', (ack: (answer: unknown) => void) => {
      try {
        ack(value);
      } finally {
        ack('instead');
      }
    });
    client.send('427["ask"]');
    expect(await client.next()).toBe('437["instead"]');
    await client.idle();
    expect(scene.faults()).toEqual(['a listener of "ask" in / failed']);
  });

  it('as data of a refusal refuses all the same', async () => {
    scene.rig.of('/other').use((_socket, next) => next(Object.assign(new Error('no'), { data: value })));
    const client = await scene.open();
    client.send('40/other,');
    expect(await client.next()).toBe('44/other,{"message":"Internal server error"}');
    expect(scene.faults()).toEqual(['a middleware or connect handler of /other failed: the client is refused']);
  });
});

describe('a disconnect within a handler', () => {
  it.each([
    ['of the namespace', false, '41'],
    ['of all', true, '41'],
  ])('hides what comes later in the same burst: %s', async (_what, close, bye) => {
    const { client, socket, told: heard } = await scene.join();
    socket.on('bye', () => socket.disconnect(close));
    client.send('42["bye"]', '42["late"]', '420["late"]', '41');
    expect(await client.next()).toBe(bye);
    if (close) expect(await client.closed).toEqual({ code: 1000 });
    else await client.join();
    const reason = 'server namespace disconnect';
    expect(heard).toEqual([
      ['event', 'bye'],
      ['disconnecting', reason, undefined],
      ['disconnect', reason, undefined],
    ]);
  });

  it('hides it from the other listeners’ acknowledgements too: none goes out', async () => {
    const { client, socket } = await scene.join();
    socket.on('ask', () => socket.disconnect());
    socket.on('ask', (ack: () => void) => ack());
    client.send('420["ask"]');
    expect(await client.next()).toBe('41');
    await client.join();
    await client.idle();
  });
});

describe('an emit within a disconnect handler', () => {
  it('reaches the others in its rooms, and not who leaves', async () => {
    const { client, socket } = await scene.join();
    const [other, peer] = await scene.rig.join();
    for (const member of [socket, peer]) member.join('room');
    const failed = deferred<unknown>();
    socket.on('disconnecting', () => {
      socket.emit('self');
      socket.to('room').emit('left', [...socket.rooms].includes('room'));
      scene.rig.server.to('room').emit('left', 'again');
      void socket.emitWithAck('ask').catch(failed.resolve);
    });
    client.send('41');
    expect([await other.next(), await other.next()]).toEqual(['42["left",true]', '42["left","again"]']);
    expect(await failed.promise).toMatchObject({ code: 'CLIENT_GONE' });
    await client.join();
    await client.idle();
  });

  it('that takes its time reaches them too, and is not in the way of a new socket of the same client', async () => {
    const go = deferred();
    scene.rig.of('/other').onDisconnect(async (socket) => {
      await go.promise;
      socket.to('room').emit('left', socket.id);
    });
    const [client, socket] = await scene.rig.join('/other');
    socket.join('room');
    client.send('41/other,');
    const sid = await client.join('/other');
    scene.rig.of('/other').sockets.get(sid)?.join('room');
    go.resolve();
    expect(await client.next()).toBe(`42/other,["left","${socket.id}"]`);
    await client.idle('/other');
  });
});
