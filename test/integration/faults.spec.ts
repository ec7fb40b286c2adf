/**
 * Mistakes of an application, which its clients do not notice. Each fault is logged with its place. A wrong call
 * throws in the caller, and leaves nothing half done.
 */
import { describe, expect, it, vi } from 'vitest';
import type { Socket } from '../../lib/server/internal.js';
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

describe.each(FAILING)('a function that %s', (_how, fail) => {
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
      'a catch-all listener for outgoing events',
      (socket) => socket.onAnyOutgoing(fail).on('e', () => socket.emit('back')),
      'a catch-all listener',
    ],
  ])('as %s is logged; the connection and later events are unaffected', async (_what, prepare, fault) => {
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

  it('as a connection listener leaves the client connected', async () => {
    scene.rig.of('/other').on('connection', fail);
    const [client] = await scene.rig.join('/other');
    await client.idle('/other');
    expect(scene.faults()).toEqual(['a listener of "connection" in /other failed']);
  });

  it('as a middleware or connect handler refuses the client without revealing the reason', async () => {
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

  it('as a middleware that has already called next lets the client in', async () => {
    scene.rig.of('/other').use((_socket, next) => {
      next();
      return fail();
    });
    const [client] = await scene.rig.join('/other');
    await client.idle('/other');
  });
});

describe.each(UNSENDABLE)('a value %s', (_what, value) => {
  it('throws in the caller of emit; nothing is sent, and nothing is awaited', async () => {
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

  it('as an acknowledgement is logged as the listener’s fault; the listener can give another', async () => {
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

  it('as the data of a refusal still refuses the client', async () => {
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
  ])('drops later packets of the same burst: %s', async (_what, close, bye) => {
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

  it('also drops the acknowledgements of other listeners', async () => {
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
  it('reaches other clients in its rooms, but not the leaving client', async () => {
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

  it('reaches them from an asynchronous handler too, and does not block a new socket of the same client', async () => {
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
