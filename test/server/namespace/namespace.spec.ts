import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  ConnectionRefused,
  type Middleware,
  type Namespace,
  type ServerOptions,
  type Socket,
} from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { turn } from '../../support/engine-rig.js';
import { deferred, type ServerRig, startServer, told } from '../../support/server-rig.js';
import type { WireClient } from '../../support/server-wire.js';

afterEach(cleanUp);

const PART = '{"_placeholder":true,"num":0}';

/** The number of sockets of a namespace in a room, connected or not. */
const sizeOf = (namespace: Namespace, room: string) => namespace.adapter.rooms.get(room)?.size ?? 0;

/** A server with a namespace `/x`, and a client in `/` that has not joined `/x` yet. */
async function start(): Promise<{ rig: ServerRig; x: Namespace; client: WireClient }> {
  const rig = await startServer();
  const x = rig.of('/x');
  const [client] = await rig.join();
  return { rig, x, client };
}

describe('middlewares', () => {
  it('run for each CONNECT, in order, each when the one before calls next', async () => {
    const { x, client } = await start();
    const steps: string[] = [];
    const first = deferred();
    expect(
      x.use((socket, next) => {
        steps.push(`first ${String(socket.handshake.auth['token'])}`);
        void first.promise.then(() => next());
      }),
    ).toBe(x);
    x.use((_socket, next) => {
      steps.push('second');
      next();
    });
    client.send('40/x,{"token":"t"}');
    await client.idle();
    expect(steps).toEqual(['first t']);
    first.resolve();
    expect(await client.next()).toMatch(/^40\/x,\{"sid":"[\w-]{20}"\}$/);
    expect(steps).toEqual(['first t', 'second']);
  });

  const REFUSING: readonly [what: string, middleware: Middleware, answer: string][] = [
    ['next(error)', (_socket, next) => next(new Error('no')), '44/x,{"message":"no"}'],
    [
      'next(error) with data',
      (_socket, next) => next(Object.assign(new Error('no'), { data: { code: 7 } })),
      '44/x,{"message":"no","data":{"code":7}}',
    ],
    [
      'throwing ConnectionRefused',
      () => {
        throw new ConnectionRefused('no', [1]);
      },
      '44/x,{"message":"no","data":[1]}',
    ],
    [
      'next(error) twice: the first counts',
      (_socket, next) => {
        next(new Error('one'));
        next(new Error('two'));
        next();
      },
      '44/x,{"message":"one"}',
    ],
  ];

  it.each(REFUSING)('refuse by %s', async (_what, middleware, answer) => {
    const { rig, x, client } = await start();
    const after = vi.fn<Middleware>();
    const [entered, left] = [vi.fn<() => void>(), vi.fn<() => void>()];
    x.use(middleware).use(after).onConnect(entered).onDisconnect(left);
    client.send('40/x,');
    expect(await client.next()).toBe(answer);
    await client.idle();
    expect(x.sockets.size).toBe(0);
    for (const skipped of [after, entered, left]) expect(skipped).not.toHaveBeenCalled();
    expect(rig.log.errors).toEqual([]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('secret');
      },
    ],
    ['rejects', () => Promise.reject(new Error('secret'))],
  ] satisfies [string, Middleware][])(
    'refuse without a reason if one %s, which is logged',
    async (_how, middleware) => {
      const { rig, x, client } = await start();
      x.use(middleware);
      client.send('40/x,');
      expect(await client.next()).toBe('44/x,{"message":"Internal server error"}');
      await client.idle();
      expect(rig.log.errors).toEqual([
        ['a middleware or connect handler of /x failed: the client is refused', new Error('secret')],
      ]);
    },
  );

  it('let the client in once, however often next is called', async () => {
    const { x, client } = await start();
    const connected = vi.fn<() => void>();
    x.use((_socket, next) => {
      next();
      next();
      next(new Error('late'));
    }).on('connection', connected);
    await client.join('/x');
    await client.idle('/x');
    expect(connected).toHaveBeenCalledOnce();
  });

  it('treat null as no error', async () => {
    const { x, client } = await start();
    x.use((_socket, next) => next(null as unknown as undefined));
    await client.join('/x');
    await client.idle('/x');
  });

  it('stop if the client leaves in the meantime, without any event', async () => {
    const { rig, x, client } = await start();
    const [asked, go] = [deferred<Socket>(), deferred()];
    const [after, entered, left] = [vi.fn<Middleware>(), vi.fn<() => void>(), vi.fn<() => void>()];
    x.use(async (socket, next) => {
      socket.join('room');
      asked.resolve(socket);
      await go.promise;
      next();
    });
    x.use(after).onConnect(entered).onDisconnect(left).on('connection', entered);
    client.send('40/x,');
    const socket = await asked.promise;
    expect(sizeOf(x, 'room')).toBe(1);
    const gone = told([...rig.server.sockets.sockets.values()][0] as Socket, 'disconnect');
    client.terminate();
    await gone;
    go.resolve();
    await turn();
    expect(socket.isReachable).toBe(false);
    expect(sizeOf(x, 'room')).toBe(0);
    for (const skipped of [after, entered, left]) expect(skipped).not.toHaveBeenCalled();
    expect(rig.log.errors).toEqual([]);
  });

  it('may disconnect the client instead of refusing it', async () => {
    const { x, client } = await start();
    const left = vi.fn<() => void>();
    x.use((socket, next) => {
      socket.disconnect();
      next();
    }).onDisconnect(left);
    client.send('40/x,');
    expect(await client.next()).toBe('44/x,{"message":"Disconnected by the server"}');
    await client.idle();
    expect(left).not.toHaveBeenCalled();
  });

  it('may emit to the client, which gets the event after the answer', async () => {
    const { x, client } = await start();
    x.use((socket, next) => {
      socket.emit('session', 1);
      next();
    });
    await client.join('/x');
    expect(await client.next()).toBe('42/x,["session",1]');
  });

  it('may emit to the others in a room without emitting to the client itself', async () => {
    const { rig, x, client } = await start();
    const [other, member] = await rig.join('/x');
    member.join('room');
    x.use((socket, next) => {
      socket.join('room');
      socket.to('room').emit('coming');
      next();
    });
    await client.join('/x');
    await client.idle('/x');
    expect(await other.next()).toBe('42/x,["coming"]');
  });
});

describe('connect handlers', () => {
  it('run after the middlewares and before the answer, one after the other', async () => {
    const { x, client } = await start();
    const steps: string[] = [];
    const first = deferred();
    x.on('connection', () => steps.push('connection'));
    expect(
      x.onConnect(async (socket) => {
        steps.push(`first ${socket.connected}`);
        await first.promise;
      }),
    ).toBe(x);
    x.onConnect(() => void steps.push('second'));
    x.use((_socket, next) => {
      steps.push('middleware');
      next();
    });
    client.send('40/x,');
    await client.idle();
    expect(steps).toEqual(['middleware', 'first false']);
    expect(x.sockets.size).toBe(0);
    first.resolve();
    expect(await client.next()).toMatch(/^40\/x,/);
    expect(steps).toEqual(['middleware', 'first false', 'second', 'connection']);
    expect(x.sockets.size).toBe(1);
  });

  it('may emit and broadcast: the client gets the events after the answer, in order', async () => {
    const { rig, x, client } = await start();
    const [asked, go] = [deferred<Socket>(), deferred()];
    x.onConnect(async (socket) => {
      socket.join('room');
      socket.emit('direct');
      asked.resolve(socket);
      await go.promise;
      socket.emit('last', Buffer.from([1]));
    });
    client.send('40/x,');
    const socket = await asked.promise;
    rig.server.of('/x').emit('everybody');
    rig.server.of('/x').to('room').emit('room');
    rig.server.of('/x').to(socket.id).emit('id');
    rig.server.of('/x').volatile.emit('volatile');
    rig.server.of('/x').except('room').emit('others');
    await client.idle();
    go.resolve();
    const frames = [];
    for (let i = 0; i < 7; i++) frames.push(await client.next());
    expect(frames).toEqual([
      `40/x,{"sid":"${socket.id}"}`,
      '42/x,["direct"]',
      '42/x,["everybody"]',
      '42/x,["room"]',
      '42/x,["id"]',
      `451-/x,["last",${PART}]`,
      Buffer.from([1]),
    ]);
    await client.idle('/x');
  });

  it('refuse by ConnectionRefused: the rooms are left, no disconnect handler runs, the connection stays', async () => {
    const { rig, x, client } = await start();
    const [connected, left] = [vi.fn<() => void>(), vi.fn<() => void>()];
    let refused: Socket | undefined;
    x.onConnect((socket) => {
      refused = socket;
      socket.join(['lobby', 'bar']);
      socket.emit('never');
      throw new ConnectionRefused('unknown token', { retry: false });
    });
    x.onDisconnect(left).on('connection', connected);
    client.send('40/x,{"token":"?"}');
    expect(await client.next()).toBe('44/x,{"message":"unknown token","data":{"retry":false}}');
    await client.idle();
    expect([sizeOf(x, 'lobby'), sizeOf(x, 'bar'), x.sockets.size, x.members.size]).toEqual([0, 0, 0, 0]);
    expect(refused?.connected).toBe(false);
    expect(refused?.rooms).toEqual(new Set());
    client.terminate();
    await told([...rig.server.sockets.sockets.values()][0] as Socket, 'disconnect');
    for (const skipped of [connected, left]) expect(skipped).not.toHaveBeenCalled();
    expect(rig.log.errors).toEqual([]);
  });

  it('let a refused client try again', async () => {
    const { x, client } = await start();
    x.onConnect((socket) => {
      if (socket.handshake.auth['token'] !== 'right') throw new ConnectionRefused('unknown token');
    });
    client.send('40/x,{"token":"wrong"}');
    expect(await client.next()).toBe('44/x,{"message":"unknown token"}');
    client.send('40/x,{"token":"right"}');
    expect(await client.next()).toMatch(/^40\/x,/);
    await client.idle('/x');
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('secret');
      },
    ],
    ['rejects', () => Promise.reject(new Error('secret'))],
  ])('refuse without a reason if one %s, which is logged', async (_how, handler) => {
    const { rig, x, client } = await start();
    const after = vi.fn<() => void>();
    x.onConnect(handler).onConnect(after);
    client.send('40/x,');
    expect(await client.next()).toBe('44/x,{"message":"Internal server error"}');
    await client.idle();
    expect(after).not.toHaveBeenCalled();
    expect(rig.log.errors).toEqual([
      ['a middleware or connect handler of /x failed: the client is refused', new Error('secret')],
    ]);
  });

  it('refuse even if their data cannot be sent, which is logged', async () => {
    const { rig, x, client } = await start();
    x.onConnect(() => {
      throw new ConnectionRefused('no', { big: 1n });
    });
    client.send('40/x,');
    expect(await client.next()).toBe('44/x,{"message":"Internal server error"}');
    await client.idle();
    expect(rig.log.errors).toEqual([
      ['a middleware or connect handler of /x failed: the client is refused', expect.any(TypeError)],
    ]);
    expect(x.members.size).toBe(0);
  });

  it('fail the outstanding acknowledgements of a client that they refuse', async () => {
    const { x, client } = await start();
    const answers = deferred<Promise<unknown>>();
    x.onConnect((socket) => {
      answers.resolve(expect(socket.emitWithAck('ask')).rejects.toMatchObject({ code: 'CLIENT_GONE' }));
      throw new ConnectionRefused('no');
    });
    client.send('40/x,');
    expect(await client.next()).toBe('44/x,{"message":"no"}');
    await answers.promise;
  });

  it('finish if the client leaves in the meantime; then its disconnect handlers run, and no other code', async () => {
    const { rig, x, client } = await start();
    const [asked, go, left] = [deferred(), deferred(), deferred<unknown[]>()];
    const connected = vi.fn<() => void>();
    x.onConnect(async (socket) => {
      socket.join('room');
      asked.resolve();
      await go.promise;
    });
    x.on('connection', connected).onDisconnect((socket, reason) => left.resolve([[...socket.rooms].slice(1), reason]));
    client.send('40/x,');
    await asked.promise;
    const gone = told([...rig.server.sockets.sockets.values()][0] as Socket, 'disconnect');
    client.terminate();
    await gone;
    go.resolve();
    expect(await left.promise).toEqual([['room'], 'transport close']);
    expect(connected).not.toHaveBeenCalled();
    expect([x.sockets.size, x.members.size, sizeOf(x, 'room')]).toEqual([0, 0, 0]);
  });

  it('may disconnect the client: it is accepted, then disconnected', async () => {
    const { x, client } = await start();
    const handled = vi.fn<() => void>();
    const left = deferred<string>();
    x.onConnect((socket) => {
      socket.emit('bye');
      socket.disconnect();
    });
    x.onEvent('e', handled).onDisconnect((_socket, reason) => left.resolve(reason));
    client.send('40/x,', '42/x,["e"]');
    expect(await client.next()).toMatch(/^40\/x,/);
    expect(await client.next()).toBe('42/x,["bye"]');
    expect(await client.next()).toBe('41/x,');
    expect(await left.promise).toBe('server namespace disconnect');
    await client.idle();
    expect(handled).not.toHaveBeenCalled();
  });
});

/** A client in `/` that can ask for `/x` and wait; `asked` is resolved when it waits. */
async function startWaiting() {
  const rig = await startServer({ connectTimeout: 6_400 });
  const [x, [client], asked] = [rig.of('/x'), await rig.join(), deferred()];
  return { rig, x, client, asked };
}

describe('an undecided client', () => {
  const LATE = '44/x,{"message":"The server did not decide in time"}';

  it('is refused after connectTimeout, and the log names the middleware or handler at fault', async () => {
    const { rig, x, client, asked } = await startWaiting();
    x.use((socket) => {
      socket.join('room');
      asked.resolve();
    });
    client.send('40/x,', '42/x,["e"]');
    await asked.promise;
    rig.clock.advance(6_399);
    await client.idle();
    rig.clock.advance(101);
    expect(await client.next()).toBe(LATE);
    expect(sizeOf(x, 'room')).toBe(0);
    const fault = 'a middleware did not call next in /x within connectTimeout, 6400 ms: the client is refused';
    expect(rig.log.errors).toEqual([[fault, undefined]]);
    await client.idle();
  });

  it('stays refused if next is called late, and may try again', async () => {
    const { rig, x, client } = await startWaiting();
    const [nexts, further] = [[] as (() => void)[], vi.fn<Middleware>((_socket, next) => next())];
    x.use((_socket, next) => void nexts.push(next)).use(further);
    client.send('40/x,');
    await client.idle();
    rig.clock.advance(6_500);
    expect(await client.next()).toBe(LATE);
    client.send('40/x,');
    await client.idle();
    nexts[0]?.();
    await turn();
    expect(further).not.toHaveBeenCalled();
    nexts[1]?.();
    expect(await client.next()).toMatch(/^40\/x,/);
    expect(x.sockets.size).toBe(1);
  });

  it.each([
    ['finishes', () => {}, []],
    ['refuses', () => Promise.reject(new ConnectionRefused('no')), []],
    [
      'fails',
      () => Promise.reject(new Error('oops')),
      [['a middleware or connect handler of /x failed: the client is refused', new Error('oops')]],
    ],
  ])(
    'is refused when a connect handler takes too long; nothing comes of it when that %s at last',
    async (_, end, log) => {
      const { rig, x, client, asked } = await startWaiting();
      const [go, left] = [deferred(), vi.fn<() => void>()];
      x.onConnect(async (socket) => {
        asked.resolve();
        await go.promise;
        socket.join('late');
        await end();
      }).onDisconnect(left);
      client.send('40/x,');
      await asked.promise;
      rig.clock.advance(6_500);
      expect(await client.next()).toBe(LATE);
      expect(x.members.size).toBe(0);
      await x.settled(); // at once: the overdue handler is not awaited
      go.resolve();
      await turn();
      const fault = 'a connect handler did not finish in /x within connectTimeout, 6400 ms: the client is refused';
      expect(rig.log.errors).toEqual([[fault, undefined], ...log]);
      expect([x.sockets.size, sizeOf(x, 'late')]).toEqual([0, 0]);
      expect(left).not.toHaveBeenCalled();
      await client.idle();
    },
  );

  it('does not keep a namespace that was created for it, even if it has left', async () => {
    const { rig, client, asked } = await startWaiting();
    rig.server.of(/^\/made$/).use(() => asked.resolve());
    client.send('40/made,');
    await asked.promise;
    client.terminate();
    await rig.deserted();
    expect(rig.server.has('/made')).toBe(true);
    rig.clock.advance(6_500);
    expect(rig.server.has('/made')).toBe(false);
  });

  it('is no longer overdue once it is decided', async () => {
    const { rig, x, client } = await startWaiting();
    x.use((socket, next) => next(socket.handshake.auth['ok'] === true ? undefined : 'no'));
    client.send('40/x,');
    expect(await client.next()).toBe('44/x,{"message":"no"}');
    client.send('40/x,{"ok":true}');
    expect(await client.next()).toMatch(/^40\/x,/);
    rig.clock.advance(20_000);
    await client.idle('/x');
    expect(rig.log.errors).toEqual([]);
  });
});

/** A server that answers before its connect handlers run, and a client that has not joined `/x` yet. */
async function startAcceptingFirst(options: ServerOptions = {}) {
  const rig = await startServer({ acceptFirst: true, ...options });
  const x = rig.of('/x');
  const [client] = await rig.join();
  return { rig, x, client, asked: deferred<Socket>(), go: deferred() };
}

describe('a client that is accepted first', () => {
  it('is answered before its connect handlers run, and gets their events at once', async () => {
    const { rig, x, client, asked, go } = await startAcceptingFirst();
    x.onConnect(async (socket) => {
      socket.join('room');
      socket.emit('direct');
      asked.resolve(socket);
      await go.promise;
    });
    client.send('40/x,');
    expect(await client.next()).toMatch(/^40\/x,\{"sid":"[\w-]{20}"\}$/);
    expect(await client.next()).toBe('42/x,["direct"]');
    const socket = await asked.promise;
    expect([socket.connected, x.sockets.size]).toEqual([false, 0]);
    rig.server.of('/x').to('room').volatile.emit('all');
    expect(await client.next()).toBe('42/x,["all"]');
    const connected = told(x as never, 'connection');
    go.resolve();
    expect(await connected).toEqual([socket]);
    expect([socket.connected, x.sockets.size]).toEqual([true, 1]);
    await client.idle('/x');
  });

  it('has its events buffered until its connect handlers finish, which may wait for its answers', async () => {
    const { x, client } = await startAcceptingFirst();
    const steps: unknown[] = [];
    x.onEvent('e', () => void steps.push('event'));
    x.onConnect(async (socket) => void steps.push(await socket.emitWithAck('who')));
    client.send('40/x,');
    expect(await client.next()).toMatch(/^40\/x,/);
    expect(await client.next()).toBe('42/x,0["who"]');
    client.send('42/x,["e"]', '43/x,0["Ann"]');
    await client.idle('/x');
    expect(steps).toEqual(['Ann', 'event']);
  });

  it('fails the acknowledgements that its connect handlers wait for when it leaves', async () => {
    const { rig, x, client, asked } = await startAcceptingFirst();
    const failed = deferred<unknown>();
    x.onConnect(async (socket) => {
      const answer = socket.emitWithAck('who');
      asked.resolve(socket);
      await answer.catch(failed.resolve);
    });
    client.send('40/x,');
    await asked.promise;
    client.terminate();
    expect(await failed.promise).toMatchObject({ code: 'CLIENT_GONE' });
    await rig.deserted();
  });

  it('is disconnected with a reason if they refuse; no disconnect handler runs, and it may try again', async () => {
    const { rig, x, client } = await startAcceptingFirst();
    const left = vi.fn<() => void>();
    x.onConnect(async (socket) => {
      await turn();
      if (socket.handshake.auth['token'] === undefined) throw new ConnectionRefused('no token', { retry: true });
    }).onDisconnect(left);
    client.send('40/x,');
    expect(await client.next()).toMatch(/^40\/x,/);
    expect(await client.next()).toBe('42/x,["disconnect_reason",{"code":"refused","message":"no token"}]');
    expect(await client.next()).toBe('41/x,');
    client.send('42/x,["e"]'); // it was on its way
    await client.idle();
    expect([sizeOf(x, 'room'), x.sockets.size, x.members.size]).toEqual([0, 0, 0]);
    client.send('40/x,{"token":"t"}');
    expect(await client.next()).toMatch(/^40\/x,/);
    await client.idle('/x');
    expect(left).not.toHaveBeenCalled();
    expect(rig.log.errors).toEqual([]);
  });

  it('is refused with a reason by middlewares, which run before', async () => {
    const { x, client } = await startAcceptingFirst();
    x.use((_socket, next) => next('no')).onConnect(() => {});
    client.send('40/x,');
    expect(await client.next()).toBe('44/x,{"message":"no"}');
    await client.idle();
  });

  it('is disconnected if they do not finish within connectTimeout', async () => {
    const { rig, x, client, asked, go } = await startAcceptingFirst({ connectTimeout: 6_400 });
    x.onConnect((socket) => {
      asked.resolve(socket);
      return go.promise;
    });
    client.send('40/x,');
    expect(await client.next()).toMatch(/^40\/x,/);
    await asked.promise;
    rig.clock.advance(6_500);
    const reason = '{"code":"refused","message":"The server did not decide in time"}';
    expect(await client.next()).toBe(`42/x,["disconnect_reason",${reason}]`);
    expect(await client.next()).toBe('41/x,');
    go.resolve();
    await client.idle();
    expect(x.sockets.size).toBe(0);
  });

  it('gets the reason "io server disconnect" in the stock client', async () => {
    const { rig, x } = await startAcceptingFirst();
    x.onConnect(() => {
      throw new ConnectionRefused('no');
    });
    const root = rig.stock('/');
    await told(root, 'connect');
    expect(await told(root.io.socket('/x', {}), 'disconnect')).toEqual(['io server disconnect', undefined]);
    expect(root.connected).toBe(true);
  });
});

describe('a client that is accepted', () => {
  it('is passed to the listeners of connect and connection, after the answer', async () => {
    const { x, client } = await start();
    const told: string[] = [];
    x.on('connection', (socket) => {
      told.push(`connection ${socket.connected}`);
      socket.emit('hello');
    });
    x.on('connect', (socket) => told.push(`connect ${x.sockets.has(socket.id)}`));
    await client.join('/x');
    expect(await client.next()).toBe('42/x,["hello"]');
    expect(told).toEqual(['connect true', 'connection true']);
  });

  it('stays if a listener throws or rejects, which is logged', async () => {
    const { rig, x, client } = await start();
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')];
    const last = vi.fn<() => void>();
    x.on('connection', () => {
      throw thrown;
    });
    x.on('connection', () => Promise.reject(rejected));
    x.on('connection', last);
    await client.join('/x');
    await client.idle('/x');
    expect(last).toHaveBeenCalledOnce();
    expect(rig.log.errors).toEqual([
      ['a listener of "connection" in /x failed', thrown],
      ['a listener of "connection" in /x failed', rejected],
    ]);
  });
});

describe('the event table', () => {
  it('has one handler per event, the latest, which gets the whole packet', async () => {
    const { x, client } = await start();
    const replaced = vi.fn<() => void>();
    const handled: unknown[] = [];
    x.onEvent('e', replaced);
    expect(x.onEvent('e', (socket, { data, id }) => void handled.push([socket.id, data, id]))).toBe(x);
    const sid = await client.join('/x');
    client.send('42/x,["e",1,[2]]', '42/x,0["e"]');
    await client.idle('/x');
    expect(handled).toEqual([
      [sid, ['e', 1, [2]], undefined],
      [sid, ['e'], 0],
    ]);
    expect(replaced).not.toHaveBeenCalled();
  });

  it("calls the handler of '*' for events without a handler, including an event named *", async () => {
    const { x, client } = await start();
    const handled: unknown[] = [];
    x.onEvent('e', () => {}).onEvent('*', (_socket, { data }) => void handled.push(data));
    await client.join('/x');
    client.send('42/x,["e"]', '42/x,["other",1]', '42/x,["*"]', '42/x,["__proto__"]', '42/x,[5]');
    await client.idle('/x');
    expect(handled).toEqual([['other', 1], ['*'], ['__proto__'], [5]]);
    expect(x.unhandledEvents).toBe(0);
  });

  it('treats a numeric event name as a string of its digits', async () => {
    const { x, client } = await start();
    const handled: unknown[] = [];
    x.onEvent('5', (_socket, { data }) => void handled.push(data));
    await client.join('/x');
    client.send('42/x,[5]', '42/x,["5"]');
    await client.idle('/x');
    expect(handled).toEqual([[5], ['5']]);
  });

  it('starts handlers in the order of arrival without waiting for them', async () => {
    const { x, client } = await start();
    const started: unknown[] = [];
    const first = deferred();
    x.onEvent('e', (_socket, { data }) => {
      started.push(data[1]);
      return first.promise;
    });
    await client.join('/x');
    client.send('42/x,["e",1]', '42/x,["e",2]', '42/x,["e",3]');
    await client.idle('/x');
    expect(started).toEqual([1, 2, 3]);
    first.resolve();
  });

  it('logs a handler that throws or rejects; the client stays', async () => {
    const { rig, x, client } = await start();
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')];
    x.onEvent('throws', () => {
      throw thrown;
    });
    x.onEvent('*', () => Promise.reject(rejected));
    await client.join('/x');
    client.send('42/x,["throws"]', '42/x,["any\\nthing"]');
    await client.idle('/x');
    expect(rig.log.errors).toEqual([
      ['the handler of "throws" in /x failed', thrown],
      [String.raw`the handler of "any\nthing" in /x failed`, rejected],
    ]);
  });

  it('leaves the acknowledgement to its handlers: listeners get it only for events without a handler', async () => {
    const { x, client } = await start();
    const heard: unknown[] = [];
    x.onEvent('e', (socket, { id }) => socket.acknowledge(id as number, ['handler']));
    const socket = x.sockets.get(await client.join('/x')) as Socket;
    for (const event of ['e', 'other']) socket.on(event, (...args: unknown[]) => heard.push([event, ...args]));
    client.send('42/x,7["e"]', '42/x,8["other"]');
    expect(await client.next()).toBe('43/x,7["handler"]');
    x.onEvent('*', () => {});
    await client.idle('/x');
    client.send('42/x,9["other"]');
    await client.idle('/x');
    expect(heard).toEqual([['e'], ['other', expect.any(Function)], ['other']]);
  });

  it('counts and logs events without a handler', async () => {
    const { rig, x, client } = await start();
    x.onEvent('message', () => {});
    await client.join('/x');
    expect(x.unhandledEvents).toBe(0);
    client.send('42/x,["mesage"]', '42/x,7["other"]', '42/x,["message"]');
    await client.idle('/x');
    expect(x.unhandledEvents).toBe(2);
    expect(rig.log.debugs).toEqual(['no handler for event "mesage" in /x (did you mean "message"?)']);
  });
});

describe('disconnect handlers', () => {
  it('run once, with the reason; rooms and data are kept until they have settled', async () => {
    const { x, client } = await start();
    const [done, ended] = [deferred(), deferred<unknown[]>()];
    const seen: unknown[] = [];
    expect(
      x.onDisconnect(async (socket, reason, description) => {
        seen.push([reason, description, socket.data, [...socket.rooms], socket.connected]);
        await done.promise;
        seen.push([socket.data, [...socket.rooms]]);
      }),
    ).toBe(x);
    const sid = await client.join('/x');
    const socket = x.sockets.get(sid) as Socket;
    socket.data = { name: 'Ann' };
    socket.join('room');
    socket.on('disconnect', (...args) => ended.resolve([...args, [...socket.rooms]]));
    client.send('41/x,');
    await client.idle();
    expect(seen).toEqual([['client namespace disconnect', undefined, { name: 'Ann' }, [sid, 'room'], false]]);
    expect([x.sockets.size, sizeOf(x, 'room')]).toEqual([0, 1]);
    done.resolve();
    expect(await ended.promise).toEqual(['client namespace disconnect', undefined, []]);
    expect(seen.slice(1)).toEqual([[{ name: 'Ann' }, [sid, 'room']]]);
    expect(sizeOf(x, 'room')).toBe(0);
  });

  it('run after the socket has stopped receiving: no event is sent to it, and no answer is awaited', async () => {
    const { rig, x, client } = await start();
    const done = deferred();
    const answers = deferred<unknown[]>();
    x.onDisconnect(async (socket) => {
      void x.to('room').emitWithAck('left', socket.id).then(answers.resolve);
      await done.promise;
    });
    const [other, member] = await rig.join('/x');
    const leaving = x.sockets.get(await client.join('/x')) as Socket;
    const tapped = vi.fn<() => void>();
    leaving.onAnyOutgoing(tapped).join('room');
    member.join('room');
    client.send('41/x,');
    expect(await other.next()).toBe(`42/x,0["left","${leaving.id}"]`);
    await expect(x.fetchSockets()).resolves.toEqual([member]);
    await expect(x.in('room').fetchSockets()).resolves.toEqual([member]);
    x.to('room').emit('more');
    other.send('43/x,0["yes"]');
    expect(await answers.promise).toEqual(['yes']);
    expect(tapped).not.toHaveBeenCalled();
    await client.idle();
    done.resolve();
  });

  it('may throw or reject, which is logged; the others run', async () => {
    const { rig, x, client } = await start();
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')];
    const last = vi.fn<() => void>();
    x.onDisconnect(() => {
      throw thrown;
    });
    x.onDisconnect(() => Promise.reject(rejected)).onDisconnect(last);
    const socket = x.sockets.get(await client.join('/x')) as Socket;
    const ended = told(socket, 'disconnect');
    client.send('41/x,');
    expect(await ended).toEqual(['client namespace disconnect', undefined]);
    expect(last).toHaveBeenCalledOnce();
    expect(rig.log.errors).toEqual([
      ['a disconnect handler in /x failed', thrown],
      ['a disconnect handler in /x failed', rejected],
    ]);
  });
});

describe('settled', () => {
  it('resolves at once if no handler is running', async () => {
    const { x } = await start();
    await expect(x.settled()).resolves.toBeUndefined();
  });

  it('waits for connect handlers, and for the disconnect handlers that follow them', async () => {
    const { rig, x, client } = await start();
    const [entered, entering, leaving] = [deferred(), deferred(), deferred()];
    const steps: string[] = [];
    x.onConnect(() => {
      entered.resolve();
      return entering.promise;
    }).onDisconnect(async () => {
      steps.push('leaving');
      await leaving.promise;
    });
    client.send('40/x,');
    await entered.promise;
    const settled = x.settled().then(() => steps.push('settled'));
    const gone = told([...rig.server.sockets.sockets.values()][0] as Socket, 'disconnect');
    client.terminate();
    await gone;
    entering.resolve();
    await turn();
    expect(steps).toEqual(['leaving']);
    leaving.resolve();
    await settled;
    expect(steps).toEqual(['leaving', 'settled']);
  });
});

/** Three clients in `/x`, of which the first two are in `room`. */
async function startWithThree(options = {}) {
  const rig = await startServer(options);
  const x = rig.of('/x');
  const joined = await Promise.all([rig.join('/x'), rig.join('/x'), rig.join('/x')]);
  for (const [, socket] of joined.slice(0, 2)) socket.join('room');
  const clients = joined.map(([client]) => client) as [WireClient, WireClient, WireClient];
  const sockets = joined.map(([, socket]) => socket) as [Socket, Socket, Socket];
  return { rig, x, clients, sockets };
}

describe('broadcasts', () => {
  it('reach the selected clients of this namespace, each once', async () => {
    const { rig, x, clients } = await startWithThree();
    const [stranger] = await rig.join('/');
    x.emit('all', 1);
    x.to('room').emit('room');
    x.except('room').emit('rest');
    x.to([]).emit('no one');
    expect([await clients[0].next(), await clients[0].next()]).toEqual(['42/x,["all",1]', '42/x,["room"]']);
    expect([await clients[1].next(), await clients[1].next()]).toEqual(['42/x,["all",1]', '42/x,["room"]']);
    expect([await clients[2].next(), await clients[2].next()]).toEqual(['42/x,["all",1]', '42/x,["rest"]']);
    for (const client of clients) await client.idle('/x');
    await stranger.idle();
  });

  it('carry binary parts', async () => {
    const { x, clients } = await startWithThree();
    x.to('room').emit('file', { bytes: new Uint8Array([1, 2]) });
    for (const client of clients.slice(0, 2)) {
      expect(await client.next()).toBe(`451-/x,["file",{"bytes":${PART}}]`);
      expect(await client.next()).toEqual(Buffer.from([1, 2]));
    }
  });

  it('collect acknowledgements, with increasing ids, in the order of arrival', async () => {
    const { x, clients } = await startWithThree();
    const first = x.to('room').emitWithAck('ask');
    const second = x.to('room').emitWithAck('ask');
    for (const client of clients.slice(0, 2)) {
      expect(await client.next()).toBe('42/x,0["ask"]');
      expect(await client.next()).toBe('42/x,1["ask"]');
    }
    clients[1].send('43/x,1["b1"]', '43/x,0["b0"]', '43/x,0["again"]');
    await clients[1].idle('/x');
    clients[0].send('43/x,0[]', '43/x,1["a1"]');
    await expect(first).resolves.toEqual(['b0', undefined]);
    await expect(second).resolves.toEqual(['b1', 'a1']);
  });

  it('fail when the timeout has passed, with the answers received so far', async () => {
    const { rig, x, clients } = await startWithThree();
    const answers = x.to('room').timeout(10).emitWithAck('ask');
    clients[0].send('43/x,0["a"]');
    await clients[0].next();
    await clients[0].idle('/x');
    rig.clock.advance(10);
    await expect(answers).rejects.toMatchObject({
      code: 'ACK_INCOMPLETE',
      message: '1 of 2 clients acknowledged: the client did not acknowledge within 10 ms',
      responses: ['a'],
    });
  });

  it('wait for ackTimeout by default', async () => {
    const { rig, x } = await startWithThree({ ackTimeout: 50 });
    const callback = vi.fn<(error: unknown) => void>();
    x.emit('ask', callback);
    rig.clock.advance(49);
    expect(callback).not.toHaveBeenCalled();
    rig.clock.advance(1);
    expect(callback.mock.calls).toEqual([[expect.objectContaining({ code: 'ACK_INCOMPLETE' }), []]]);
  });

  it('fail at once when a client leaves without answering', async () => {
    const { x, clients } = await startWithThree();
    const answers = x.to('room').emitWithAck('ask');
    clients[1].send('43/x,0["b"]');
    clients[0].terminate();
    await expect(answers).rejects.toMatchObject({ responses: ['b'], cause: { code: 'CLIENT_GONE' } });
  });

  it('may have a callback that throws or rejects, which is logged; the clients stay', async () => {
    const { rig, x, clients } = await startWithThree();
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')];
    x.to('room').emit('ask', () => {
      throw thrown;
    });
    x.to('unknown').emit('tell', () => Promise.reject(rejected));
    for (const client of clients.slice(0, 2)) {
      expect(await client.next()).toBe('42/x,0["ask"]');
      client.send('43/x,0[]');
      await client.idle('/x');
    }
    expect(rig.log.errors).toEqual([
      ['the acknowledgement callback of "tell" in /x failed', rejected],
      ['the acknowledgement callback of "ask" in /x failed', thrown],
    ]);
  });

  it('can call one client and return its answer', async () => {
    const { x, clients, sockets } = await startWithThree();
    const answer = x.to(sockets[2].id).call('ask', 1);
    expect(await clients[2].next()).toBe('42/x,0["ask",1]');
    clients[2].send('43/x,0["yes",2]');
    await expect(answer).resolves.toBe('yes');
    await expect(x.to('room').call('ask')).rejects.toMatchObject({ code: 'NOT_ONE_RECEIVER' });
    await expect(x.to('unknown').call('ask')).rejects.toMatchObject({ code: 'NOT_ONE_RECEIVER' });
    for (const client of clients) await client.idle('/x');
  });

  it('refuse to call a client that leaves at that moment', async () => {
    const { x, sockets } = await startWithThree();
    const answer = x.to(sockets[2].id).call('ask');
    sockets[2].disconnect();
    await expect(answer).rejects.toMatchObject({ code: 'NOT_ONE_RECEIVER' });
  });

  it('move sockets between rooms, disconnect them, and fetch them', async () => {
    const { x, clients, sockets } = await startWithThree();
    x.in('room').socketsJoin(['a', 'b']);
    x.in('a').socketsLeave('room');
    expect(sockets.map(({ rooms }) => [...rooms].slice(1))).toEqual([['a', 'b'], ['a', 'b'], []]);
    await expect(x.in('b').fetchSockets()).resolves.toEqual(sockets.slice(0, 2));
    x.in(sockets[0].id).disconnectSockets();
    expect(await clients[0].next()).toBe('41/x,');
    x.in('b').disconnectSockets(true);
    expect(await clients[1].next()).toBe('41/x,');
    expect(await clients[1].closed).toEqual({ code: 1000 });
    await expect(x.fetchSockets()).resolves.toEqual([sockets[2]]);
  });
});

describe('the stock client', () => {
  it('gets connect_error with message and data, and may try again', async () => {
    const rig = await startServer();
    rig.of('/x').onConnect((socket) => {
      if (socket.handshake.auth['token'] !== 't') throw new ConnectionRefused('unknown token', { retry: true });
    });
    const client = rig.stock('/x', { auth: { token: '?' } });
    const [error] = await told<[Error & { data?: unknown }]>(client, 'connect_error');
    expect([error.message, error.data, client.connected]).toEqual(['unknown token', { retry: true }, false]);
    client.auth = { token: 't' };
    client.connect();
    await told(client, 'connect');
    expect(client.id).toMatch(/^[\w-]{20}$/);
    expect(rig.server.of('/x').sockets.has(client.id as string)).toBe(true);
  });

  it('gets the events that connect handlers emit, and its early events are handled in order', async () => {
    const rig = await startServer();
    const go = deferred();
    const handled: unknown[] = [];
    rig
      .of('/x')
      .onConnect(async (socket) => {
        socket.emit('welcome', 1);
        await go.promise;
      })
      .onEvent('e', (_socket, { data }) => void handled.push(data[1]));
    const client = rig.stock('/x');
    const welcome = told(client, 'welcome');
    client.emit('e', 1);
    client.emit('e', 2);
    go.resolve();
    expect(await welcome).toEqual([1]);
    await client.emitWithAck('fence');
    expect(handled).toEqual([1, 2]);
  });
});

describe('the observed log', () => {
  it('reports, while it has a reader, running application code and failures', async () => {
    const { x, rig, client } = await start();
    const [told, failed] = [vi.fn<(what: string, call: Promise<void>) => void>(), vi.fn()];
    const work = deferred();
    x.onEvent('quick', () => {});
    x.onEvent('slow', () => work.promise);
    x.on('connection', (socket) => socket.on('heard', async () => work.promise));
    client.send('40/x,');
    await client.next();
    x.log.observer = { running: told, failed };
    client.send('42/x,["quick"]', '42/x,["slow"]', '42/x,["heard"]');
    await client.idle();
    expect(told.mock.calls.map(([what]) => what)).toEqual([
      'the handler of "slow" in /x',
      'a listener of "heard" in /x',
    ]);
    const error = new Error('broken');
    work.reject(error);
    await Promise.all(told.mock.calls.map(([, call]) => call));
    expect(failed.mock.calls).toEqual([
      ['the handler of "slow" in /x failed', error],
      ['a listener of "heard" in /x failed', error],
    ]);
    expect(rig.log.errors).toEqual(failed.mock.calls);

    x.onDisconnect(async () => {});
    client.send('41/x,');
    await client.idle();
    expect(told.mock.calls.slice(2).map(([what]) => what)).toEqual(['a disconnect handler in /x']);
  });
});
