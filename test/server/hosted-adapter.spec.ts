import { Adapter } from 'socket.io-adapter';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PublishedAdapter, PublishedAdapterFactory } from '../../lib/server/published-adapter.js';
import { Socket } from '../../lib/server/socket.js';
import { cleanUp } from '../support/engine-clean-up.js';
import { type ServerRig, startServer, told } from '../support/server-rig.js';
import type { WireClient } from '../support/server-wire.js';

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

  it('broadcasts to all, to rooms and to ids, and leaves out whom it excepts', async () => {
    annHere.join(['x', 'y']);
    bobHere.join('y');
    expect([...annHere.rooms]).toEqual([annHere.id, 'x', 'y']);
    rig.server.emit('all', 1);
    rig.server.to('x').emit('in x');
    rig.server.to(['x', 'y']).except(annHere.id).emit('but ann');
    rig.server.to(bobHere.id).emit('to bob');
    rig.server.to([]).emit('to nobody');
    annHere.to('y').emit('from ann');
    annHere.leave('x');
    annHere.leave(annHere.id); // stays
    rig.server.to(['x', annHere.id]).emit('last');
    const all = '42["all",1]';
    expect([await ann.next(), await ann.next(), await ann.next()]).toEqual([all, '42["in x"]', '42["last"]']);
    await ann.idle();
    const bobHeard = [await bob.next(), await bob.next(), await bob.next(), await bob.next()];
    expect(bobHeard).toEqual([all, '42["but ann"]', '42["to bob"]', '42["from ann"]']);
    await bob.idle();
  });

  it('sends binary, and frames it once for all', async () => {
    rig.server.emit('photo', Buffer.from([7]));
    for (const client of [ann, bob]) {
      expect(await client.next()).toBe(`451-["photo",${PART}]`);
      expect(await client.next()).toEqual(Buffer.from([7]));
    }
  });

  it('throws at whoever emits what cannot be encoded', () => {
    expect(() => rig.server.emit('big', 1n)).toThrow('BigInt');
  });

  it('tells the listeners of outgoing events', async () => {
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

  it('gives up on acknowledgements that do not come, and hands over those that did', async () => {
    const answers = rig.server.timeout(100).emitWithAck('ask');
    expect([await ann.next(), await bob.next()]).toEqual(['420["ask"]', '420["ask"]']);
    ann.send('430["ann"]');
    await ann.idle();
    const failed = expect(answers).rejects.toMatchObject({
      code: 'ACK_INCOMPLETE',
      responses: ['ann'],
      message: '1 of 2 clients acknowledged: not every client acknowledged within 100 ms',
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

  it('does nothing to nobody', async () => {
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

/** An adapter that does nothing but what a test gives it. */
function fake(members: Partial<PublishedAdapter> = {}): PublishedAdapter {
  return {
    addAll: () => {},
    del: () => {},
    delAll: () => {},
    socketRooms: () => undefined,
    broadcast: () => {},
    broadcastWithAck: () => {},
    serverCount: () => Promise.resolve(1),
    fetchSockets: () => Promise.resolve([]),
    addSockets: () => {},
    delSockets: () => {},
    disconnectSockets: () => {},
    serverSideEmit: () => {},
    ...members,
  };
}

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

  it('is refused when it is none', async () => {
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

  it('disturbs nobody by failing, now or later', async () => {
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
    rig.server.emit('all');
    rig.server.serverSideEmit('hello');
    const answers = expect(rig.server.timeout(5).emitWithAck('ask')).rejects.toMatchObject({ code: 'ACK_INCOMPLETE' });
    await client.idle();
    rig.clock.advance(5);
    await answers;
    expect(rig.log.errors).toEqual([...Array(5)].map(() => ['its adapter in / failed', broken]));
  });

  it('hands over sockets of other servers, on which the chain works', async () => {
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
    expect(broadcast).toHaveBeenCalledExactlyOnceWith({ type: 2, nsp: '/', data: ['e', 1] }, target);
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

  it('rejects the question to a socket of another server that is gone', async () => {
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

  it('rejects the question to a socket of another server that does not answer', async () => {
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

  it('asks clients for more than they may owe without stopping the broadcast', async () => {
    const rig = await startServer({ adapter: Adapter, maxPendingAcks: 1 });
    const [ann] = await rig.join();
    void rig.server
      .timeout(5)
      .emitWithAck('first')
      .catch(() => {});
    void rig.server
      .timeout(5)
      .emitWithAck('second')
      .catch(() => {});
    expect([await ann.next(), await ann.next()]).toEqual(['420["first"]', '421["second"]']);
    expect(rig.log.errors).toEqual([
      ['a broadcast to one of its clients in / failed', expect.objectContaining({ code: 'TOO_MANY_ACKS' })],
    ]);
    rig.clock.advance(5);
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

  it('tells whoever waits for answers that the adapter failed', async () => {
    const failure = new Error('no broker');
    const rig = await startServer({ adapter: () => fake({ serverSideEmit: () => Promise.reject(failure) }) });
    await expect(rig.server.serverSideEmitWithAck('load')).rejects.toMatchObject({ cause: failure, responses: [] });
    expect(rig.log.errors).toHaveLength(1);
  });

  it('is answered at once where there is no other server', async () => {
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
