import { Adapter } from 'socket.io-adapter';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type EventPacket, PacketType } from '../../../lib/protocol/internal.js';
import { BroadcastTarget } from '../../../lib/server/adapter/broadcast-target.js';
import { HostedAdapter } from '../../../lib/server/hosted/hosted-adapter.js';
import type { PublishedAdapter, PublishedAdapterFactory } from '../../../lib/server/hosted/published-adapter.js';
import { Socket } from '../../../lib/server/socket/socket.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { fakeAdapter as fake } from '../../support/fake-adapter.js';
import { type ServerRig, startServer, told } from '../../support/server-rig.js';
import type { WireClient } from '../../support/server-wire.js';

afterEach(cleanUp);

const PART = '{"_placeholder":true,"num":0}';

describe('the reference adapter under our server, unmodified', () => {
  let rig: ServerRig;
  let ann: WireClient;
  let bob: WireClient;
  let annHere: Socket;
  let bobHere: Socket;

  beforeEach(async () => {
    rig = await startServer({ adapter: Adapter });
    [ann, annHere] = await rig.join();
    [bob, bobHere] = await rig.join();
  });

  it('broadcasts to all, to rooms and to ids, with exceptions', async () => {
    annHere.join(['x', 'y']);
    bobHere.join('y');
    expect([...annHere.rooms]).toEqual([annHere.id, 'x', 'y']);
    rig.server.emit('all', 1);
    rig.server.to('x').emit('in x');
    rig.server.to(['x', 'y']).except(annHere.id).emit('but ann');
    rig.server.to(bobHere.id).emit('to bob');
    rig.server.to([]).emit('to no one');
    annHere.to('y').emit('from ann');
    annHere.leave('x');
    annHere.leave(annHere.id); // has no effect
    rig.server.to(['x', annHere.id]).emit('last');
    const all = '42["all",1]';
    expect([await ann.next(), await ann.next(), await ann.next()]).toEqual([all, '42["in x"]', '42["last"]']);
    await ann.idle();
    const bobHeard = [await bob.next(), await bob.next(), await bob.next(), await bob.next()];
    expect(bobHeard).toEqual([all, '42["but ann"]', '42["to bob"]', '42["from ann"]']);
    await bob.idle();
  });

  it('sends binary parts, framed once for all receivers', async () => {
    rig.server.emit('photo', Buffer.from([7]));
    for (const client of [ann, bob]) {
      expect(await client.next()).toBe(`451-["photo",${PART}]`);
      expect(await client.next()).toEqual(Buffer.from([7]));
    }
  });

  it('throws to the caller of emit if an event cannot be encoded', () => {
    expect(() => rig.server.emit('big', 1n)).toThrow('BigInt');
  });

  it('calls the listeners of outgoing events', async () => {
    const seen: unknown[] = [];
    annHere.onAnyOutgoing((...event) => seen.push(event));
    rig.server.emit('all', 1);
    await ann.next();
    expect(seen).toEqual([['all', 1]]);
  });

  it('collects acknowledgements', async () => {
    const answers = rig.server.timeout(100).emitWithAck('ask', 'why');
    expect(await ann.next()).toBe('420["ask","why"]');
    ann.send('430["ann"]');
    bob.send('430["bob"]');
    expect(new Set(await answers)).toEqual(new Set(['ann', 'bob']));
    expect(await rig.server.to([]).emitWithAck('ask')).toEqual([]);
  });

  it('stops waiting for acknowledgements after the timeout, and returns those received', async () => {
    const answers = rig.server.timeout(100).emitWithAck('ask');
    expect([await ann.next(), await bob.next()]).toEqual(['420["ask"]', '420["ask"]']);
    ann.send('430["ann"]');
    await ann.idle();
    const failed = expect(answers).rejects.toMatchObject({
      code: 'ACK_INCOMPLETE',
      responses: ['ann'],
      message: '1 of 2 clients acknowledged: the client did not acknowledge within 100 ms',
    });
    rig.clock.advance(100);
    await failed;
    bob.send('430["too late"]');
    await bob.idle();
  });

  it('finds, moves and disconnects sockets', async () => {
    expect(await rig.server.fetchSockets()).toEqual([annHere, bobHere]);
    rig.server.in(annHere.id).socketsJoin(['x', 'y']);
    expect(await rig.server.in('x').fetchSockets()).toEqual([annHere]);
    rig.server.in('y').socketsLeave('x');
    expect(await rig.server.in('x').fetchSockets()).toEqual([]);
    const gone = told(annHere, 'disconnect');
    rig.server.in('y').disconnectSockets();
    expect(await gone).toEqual(['server namespace disconnect', undefined]);
    expect(await rig.server.fetchSockets()).toEqual([bobHere]);
    expect(await rig.server.to([]).fetchSockets()).toEqual([]);
  });

  it('does nothing if no one is selected', async () => {
    rig.server.to([]).socketsJoin('x');
    rig.server.to([]).socketsLeave('x');
    rig.server.to([]).disconnectSockets();
    expect(await rig.server.in('x').fetchSockets()).toEqual([]);
    expect(annHere.connected).toBe(true);
  });

  it('reaches a client whose connect handlers run, after its CONNECT is answered', async () => {
    rig.of('/late').onConnect((socket) => {
      socket.join('x');
      rig.server.of('/late').to('x').emit('welcome');
    });
    const client = await rig.open();
    client.send('40/late,');
    expect(await client.next()).toMatch(/^40\/late,\{"sid":/);
    expect(await client.next()).toBe('42/late,["welcome"]');
  });
});

/** A server, and a hosted adapter outside it that has its sockets as members. */
async function start(adapter: PublishedAdapterFactory = Adapter) {
  const rig = await startServer();
  const [ann, annHere] = await rig.join();
  const [bob, bobHere] = await rig.join();
  const { clock, log } = rig;
  const nsp = rig.of('/');
  const hosted = new HostedAdapter(adapter, {
    name: '/',
    clock,
    instruments: null,
    observers: null,
    history: null,
    report: () => ({ server: 'a:1', journalSince: null, clients: [], emits: [], otherNamespaces: [] }),
    ackTimeout: 60_000,
    maxPendingAcks: 10,
    log,
    broker: rig.server.broker,
    delivery: nsp.delivery,
    contain: (what, call) => nsp.contain(what, call),
    members: nsp.members,
    nextAckId: () => nsp.nextAckId(),
    encode: (packet) => `2${packet.id ?? ''}${JSON.stringify(packet.data)}`,
    receive: () => {},
    checkEmpty: () => {},
    absenceWeight: 0,
    sessionOver: () => {},
    failed: (what, error) => log.error(what, error),
  });
  for (const socket of [annHere, bobHere]) hosted.add(socket);
  return { rig, hosted, ann, bob, annHere, bobHere };
}

const event = (...data: [string, ...unknown[]]): EventPacket => ({ type: PacketType.EVENT, nsp: '/', data });
const { everybody } = BroadcastTarget;

describe('a hosted adapter that delivers locally', () => {
  it('reaches the selected sockets, and calls their listeners of outgoing events', async () => {
    const { hosted, ann, bob, annHere } = await start();
    const seen: unknown[] = [];
    annHere.onAnyOutgoing((...sent) => seen.push(sent));
    hosted.join(annHere, ['x', 'y']);
    hosted.leave(annHere, 'y');
    hosted.leave(annHere, annHere.id); // has no effect
    expect([...hosted.roomsOf(annHere)]).toEqual(['x']);
    hosted.broadcast(event('all'), everybody.with({ compress: false }));
    hosted.broadcast(event('in x'), everybody.to('x'));
    hosted.broadcast(event('no one'), everybody.to([]));
    hosted.remove(annHere);
    hosted.broadcast(event('last'), everybody);
    expect([await ann.next(), await ann.next()]).toEqual(['42["all"]', '42["in x"]']);
    expect([await bob.next(), await bob.next()]).toEqual(['42["all"]', '42["last"]']);
    await Promise.all([ann.idle(), bob.idle()]);
    expect(seen).toEqual([['all'], ['in x']]);
    expect([...hosted.roomsOf(annHere)]).toEqual([]);
  });

  it('collects acknowledgements, but not from clients with too many outstanding', async () => {
    const { hosted, rig, ann, bob } = await start();
    const done = vi.fn<(...args: unknown[]) => void>();
    hosted.broadcastWithAck(event('no one'), everybody.to([]), 5, done);
    expect(done.mock.calls).toEqual([[null, []]]);
    hosted.broadcastWithAck(event('ask'), everybody, 5, done);
    expect([await ann.next(), await bob.next()]).toEqual(['420["ask"]', '420["ask"]']);
    ann.send('430["ann"]');
    await ann.idle();
    rig.clock.advance(5);
    expect(done.mock.calls[1]).toEqual([expect.objectContaining({ responses: ['ann'] }), ['ann']]);
  });

  it('reaches all others if one client has too many acknowledgements outstanding', async () => {
    const { hosted, rig, ann, bob, annHere } = await start();
    const { pendingAcks } = annHere.client.options.engine.limits;
    for (let i = 1; i <= pendingAcks; i++) annHere.expectAck(-i, () => {}, undefined);
    hosted.broadcastWithAck(event('ask'), everybody, 5, () => {});
    expect([await ann.next(), await bob.next()]).toEqual(['420["ask"]', '420["ask"]']);
    expect(rig.log.errors).toEqual([
      ['a broadcast to one of its clients', expect.objectContaining({ code: 'TOO_MANY_ACKS' })],
    ]);
  });

  it('finds, moves and disconnects sockets, and none if no one is selected', async () => {
    const { hosted, annHere, bobHere } = await start();
    const noOne = everybody.to([]);
    expect(await hosted.fetchSockets(everybody.to(annHere.id))).toEqual([annHere]);
    expect(await hosted.fetchSockets(noOne)).toEqual([]);
    hosted.socketsJoin(everybody.except(bobHere.id), ['x', 'y']);
    hosted.socketsJoin(noOne, ['x']);
    hosted.socketsLeave(everybody, ['y']);
    hosted.socketsLeave(noOne, ['x']);
    expect([annHere.rooms, bobHere.rooms]).toEqual([new Set([annHere.id, 'x']), new Set([bobHere.id])]);
    hosted.disconnectSockets(noOne, true);
    hosted.disconnectSockets(everybody.to(bobHere.id), false);
    expect([annHere.connected, bobHere.connected]).toEqual([true, false]);
  });

  it('throws to the caller of emit if an event cannot be encoded', async () => {
    const { hosted } = await start();
    expect(() => hosted.broadcast(event('big', 1n), everybody)).toThrow('BigInt');
  });
});

describe('an adapter', () => {
  it.each<[string, PublishedAdapterFactory]>([
    [
      'a class',
      class {
        constructor() {
          Object.assign(this, fake());
        }
      },
    ],
    ['an arrow function', () => fake()],
    [
      'a function',
      function () {
        return fake();
      },
    ],
  ])('may be %s', async (_what, adapter) => {
    const rig = await startServer({ adapter });
    const [, socket] = await rig.join();
    expect([...socket.rooms]).toEqual([socket.id]);
  });

  it('is refused if the factory creates no adapter', async () => {
    await expect(startServer({ adapter: () => ({}) })).rejects.toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining('createAdapter') }),
    );
  });

  it('is initialised with its namespace and closed with the server', async () => {
    const calls: string[] = [];
    const rig = await startServer({
      adapter: (nsp: { name: string }) =>
        fake({ init: () => void calls.push(`init ${nsp.name}`), close: () => void calls.push(`close ${nsp.name}`) }),
    });
    rig.of('/chat');
    expect(calls).toEqual(['init /', 'init /chat']);
    await rig.server.close();
    expect(calls.slice(2)).toEqual(['close /', 'close /chat']);
  });

  it('may fail, at once or later, without effect on clients or a flood of log lines', async () => {
    const broken = new Error('the broker is away');
    const fail = (): never => {
      throw broken;
    };
    const rig = await startServer({
      adapter: () =>
        fake({
          init: () => Promise.reject(broken),
          addAll: fail,
          delAll: fail,
          broadcast: () => Promise.reject(broken),
          serverCount: () => Promise.reject(broken),
          serverSideEmit: fail,
        }),
    });
    const [client] = await rig.join();
    for (let i = 0; i < 3; i++) rig.server.emit('all', i);
    rig.server.serverSideEmit('hello');
    const answers = rig.server.timeout(5).emitWithAck('ask');
    const failed = expect(answers).rejects.toMatchObject({ code: 'ACK_INCOMPLETE', responses: [] });
    const heard = [await client.next(), await client.next(), await client.next(), await client.next()];
    expect(heard).toEqual(['42["all",0]', '42["all",1]', '42["all",2]', '420["ask"]']);
    await client.idle();
    rig.clock.advance(5);
    await failed;
    expect(rig.log.errors.map(([line, error]) => [line, error === broken])).toEqual([
      ['init of its adapter in / failed', true],
      ['addAll of its adapter in / failed', true],
      ['serverSideEmit of its adapter in / failed', true],
      ['broadcast of its adapter in / failed', true],
      ['serverCount of its adapter in / failed', true],
    ]);
    rig.clock.advance(60_000);
    rig.server.emit('all', 3);
    await client.next();
    expect(rig.log.errors.at(-1)?.[0]).toBe('broadcast of its adapter (2 more since the last such line) in / failed');
  });

  it('may emit an error that has no listener', async () => {
    const rig = await startServer({ adapter: Adapter });
    const broken = new Error('the broker is away');
    (rig.of('/').adapter as unknown as Adapter).emit('error', broken);
    expect(rig.log.errors).toEqual([['a part of its adapter in / failed', broken]]);
  });

  it('makes fetchSockets reject with a reason if it cannot find the other sockets', async () => {
    const timeout = new Error('timeout reached: only 0 responses received out of 1');
    const rig = await startServer({ adapter: () => fake({ fetchSockets: () => Promise.reject(timeout) }) });
    await expect(rig.server.fetchSockets()).rejects.toMatchObject({
      code: 'ADAPTER_FAILED',
      message: 'fetchSockets of the adapter failed: timeout reached: only 0 responses received out of 1',
      cause: timeout,
    });
  });

  it.each([
    ['ackTimeout', 60_000, (rig: ServerRig) => rig.server.fetchSockets()],
    ['timeout()', 50, (rig: ServerRig) => rig.server.timeout(50).fetchSockets()],
  ])('that says nothing is waited for no longer than %s', async (_what, ms, ask) => {
    const rig = await startServer({ adapter: () => fake({ fetchSockets: () => new Promise(() => {}) }) });
    const failed = expect(ask(rig)).rejects.toMatchObject({
      code: 'ADAPTER_FAILED',
      message: `fetchSockets of the adapter failed: no answer within ${ms} ms`,
    });
    rig.clock.advance(ms);
    await failed;
  });

  it('returns sockets of other servers, on which chains work', async () => {
    const broadcast = vi.fn<PublishedAdapter['broadcast']>();
    const [addSockets, delSockets, disconnectSockets] = [vi.fn<() => void>(), vi.fn<() => void>(), vi.fn<() => void>()];
    const rig = await startServer({
      adapter: () =>
        fake({
          broadcast,
          addSockets,
          delSockets,
          disconnectSockets,
          fetchSockets: () =>
            Promise.resolve([
              { id: 'far', handshake: { auth: {} } as Socket['handshake'], rooms: ['far', 'x'], data: 5 },
            ]),
          broadcastWithAck: (_packet, _target, clientCount, answer) => {
            clientCount(1);
            answer('yes');
          },
        }),
    });
    const [far] = await rig.server.fetchSockets();
    expect(far).not.toBeInstanceOf(Socket);
    expect(far).toMatchObject({ id: 'far', handshake: { auth: {} }, data: 5 });
    expect(far?.rooms).toEqual(new Set(['far', 'x']));

    const target = { rooms: new Set(['far']), except: new Set(), flags: {} };
    expect(far?.emit('e', 1)).toBe(true);
    expect(broadcast).toHaveBeenCalledExactlyOnceWith(
      { type: 2, origin: expect.any(String), nsp: '/', data: ['e', 1] },
      target,
    );
    far?.join(['a', 'b']);
    expect(addSockets).toHaveBeenCalledExactlyOnceWith(target, ['a', 'b']);
    far?.leave('a');
    expect(delSockets).toHaveBeenCalledExactlyOnceWith(target, ['a']);
    expect(far?.disconnect()).toBe(far);
    expect(disconnectSockets).toHaveBeenCalledExactlyOnceWith(target, false);
    expect(await far?.timeout(50).emitWithAck('ask')).toBe('yes');
    const answered = vi.fn<(...args: unknown[]) => void>();
    far?.timeout(50).emit('ask', answered);
    await expect.poll(() => answered.mock.calls).toEqual([[null, 'yes']]);
  });

  it('rejects emitWithAck to a socket of another server that has left', async () => {
    const rig = await startServer({
      adapter: () =>
        fake({
          fetchSockets: () =>
            Promise.resolve([{ id: 'far', handshake: {} as Socket['handshake'], rooms: [], data: null }]),
          broadcastWithAck: (_packet, _target, clientCount) => clientCount(0),
        }),
    });
    const [far] = await rig.server.fetchSockets();
    await expect(far?.timeout(50).emitWithAck('ask')).rejects.toMatchObject({ code: 'CLIENT_GONE' });
  });

  it('rejects emitWithAck to a socket of another server that does not answer', async () => {
    const rig = await startServer({
      adapter: () =>
        fake({
          fetchSockets: () =>
            Promise.resolve([{ id: 'far', handshake: {} as Socket['handshake'], rooms: [], data: null }]),
        }),
    });
    const [far] = await rig.server.fetchSockets();
    const failed = expect(far?.timeout(50).emitWithAck('ask')).rejects.toMatchObject({ code: 'ACK_INCOMPLETE' });
    rig.clock.advance(50);
    await failed;
  });
});

describe('serverSideEmit', () => {
  it('reaches the listeners of a namespace when another server calls it', async () => {
    let receive: ((args: unknown[]) => void) | undefined;
    const sent = vi.fn<(args: unknown[]) => void>();
    const rig = await startServer({
      adapter: (nsp: { _onServerSideEmit(args: unknown[]): void }) => {
        receive ??= (args) => nsp._onServerSideEmit(args);
        return fake({ serverSideEmit: sent });
      },
    });
    const heard = vi.fn<(...args: unknown[]) => void>();
    rig.server.on('news', heard);
    receive?.(['news', 1, 2]);
    expect(heard.mock.calls).toEqual([[1, 2]]);
    expect(rig.server.serverSideEmit('news', 3)).toBe(true);
    expect(sent.mock.calls).toEqual([[['news', 3]]]);
  });

  it('returns the answers of the other servers', async () => {
    const rig = await startServer({
      adapter: () =>
        fake({
          serverSideEmit: (args) => {
            const answer = args.pop() as (error: unknown, responses: unknown[]) => void;
            answer(null, args);
            answer(null, ['a second time']);
          },
        }),
    });
    expect(await answerTo(rig, 'news', 1)).toEqual([null, ['news', 1]]);
  });

  const broken = new Error('the broker is away');

  it.each<[string, PublishedAdapter['serverSideEmit'], number, string]>([
    ['fails', () => Promise.reject(broken), 0, 'the broker is away'],
    ['throws', () => throwing(broken), 0, 'the broker is away'],
    ['throws no error', () => throwing('no broker'), 0, 'no broker'],
    ['never answers', () => new Promise(() => {}), 60_000, 'no answer within 60000 ms'],
  ])('is answered with an error when the adapter %s', async (_what, serverSideEmit, ms, reason) => {
    const rig = await startServer({ adapter: () => fake({ serverSideEmit }) });
    const answer = answerTo(rig, 'news');
    rig.clock.advance(ms);
    expect(await answer).toEqual([
      expect.objectContaining({
        code: 'ADAPTER_FAILED',
        message: `serverSideEmit of the adapter failed: ${reason}`,
      }),
      [],
    ]);
  });

  it('logs an exception of its callback', async () => {
    const rig = await startServer({
      adapter: () => fake({ serverSideEmit: (args) => (args.at(-1) as () => void)() }),
    });
    rig.server.serverSideEmit('news', () => throwing(broken));
    await expect.poll(() => rig.log.errors).toEqual([['the acknowledgement callback of "news" in / failed', broken]]);
  });

  it('rejects serverSideEmitWithAck if the adapter fails', async () => {
    const failure = new Error('no broker');
    const rig = await startServer({ adapter: () => fake({ serverSideEmit: () => Promise.reject(failure) }) });
    await expect(rig.server.serverSideEmitWithAck('load')).rejects.toMatchObject({
      cause: { code: 'ADAPTER_FAILED', cause: failure },
      responses: [],
    });
  });

  it('is answered at once if there is no other server', async () => {
    const rig = await startServer();
    const done = vi.fn<(...args: unknown[]) => void>();
    rig.server.serverSideEmit('news', 1);
    rig.server.serverSideEmit('news', 1, done);
    expect(done.mock.calls).toEqual([[null, []]]);
  });

  it.each(['connect', 'connection', 'new_namespace'])('refuses the name %s', async (name) => {
    const rig = await startServer();
    expect(() => rig.server.serverSideEmit(name)).toThrow(expect.objectContaining({ code: 'RESERVED_EVENT' }));
  });
});

/** Calls `serverSideEmit` and waits for the arguments of its callback. */
function answerTo(rig: ServerRig, event: string, ...args: unknown[]): Promise<unknown[]> {
  return new Promise((resolve) => {
    rig.server.serverSideEmit(event, ...args, (...result: unknown[]) => resolve(result));
  });
}

function throwing(thrown: unknown): never {
  throw thrown;
}
