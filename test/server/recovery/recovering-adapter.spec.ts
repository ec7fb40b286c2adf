/** Connection state recovery in memory, as clients see it on the wire. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RecoveryOptions } from '../../../lib/server/recovery/recovery-options.js';
import type { Middleware } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { turn } from '../../support/engine-rig.js';
import { answered, enter, type Entered, lose, missedBy, offsetOf } from '../../support/resuming-client.js';
import { type Deferred, deferred, type ServerRig, startServer, told } from '../../support/server-rig.js';

afterEach(cleanUp);

const startRecovering = (options: RecoveryOptions = {}): Promise<ServerRig> =>
  startServer({ connectionStateRecovery: options });

describe('a client that can recover', () => {
  it('gets the pid of its session, and every event with an offset', async () => {
    const rig = await startRecovering();
    const { client, socket } = await enter(rig);
    expect(socket.recovered).toBe(false);
    rig.server.emit('news', 1);
    const first = await client.next();
    expect(first).toMatch(/^42\["news",1,"[\w-]{8}\.1"\]$/);
    socket.emit('direct');
    expect(await client.next()).toBe(`42["direct","${offsetOf(first).slice(0, -1)}2"]`);
    socket.emit('bytes', Buffer.from([1]));
    expect(await client.next()).toMatch(/^451-\["bytes",\{"_placeholder":true,"num":0\},"[\w-]{8}\.3"\]$/);
    expect(await client.next()).toEqual(Buffer.from([1]));
  });

  it('never mistakes another argument for an offset', async () => {
    const rig = await startRecovering();
    const { client, socket } = await enter(rig);
    socket.volatile.emit('tick', 'x');
    expect(await client.next()).toBe('42["tick","x",null]');
    socket.volatile.emit('tick', 1);
    expect(await client.next()).toBe('42["tick",1]');
    rig.server.volatile.emit('tick');
    expect(await client.next()).toBe('42["tick",null]');
    socket.latest('AAPL').emit('price', 'x');
    expect(await client.next()).toBe('42["price","x",null]');
    rig.server.latest('AAPL').emit('price', 1);
    expect(await client.next()).toBe('42["price",1]');
    socket.emit('ask', 'x', () => {});
    expect(await client.next()).toBe('420["ask","x"]');
    rig.server.timeout(1_000).emit('ask', 'x', () => {});
    expect(await client.next()).toBe('421["ask","x"]');
  });

  it('does not show offsets to the listeners of outgoing events', async () => {
    const rig = await startRecovering();
    const { client, socket } = await enter(rig);
    const sent: unknown[][] = [];
    socket.onAnyOutgoing((...event: unknown[]) => sent.push(event));
    rig.server.emit('news', 1);
    socket.emit('direct', 2);
    await client.next();
    expect(sent).toEqual([
      ['news', 1],
      ['direct', 2],
    ]);
  });

  it('throws to the caller of emit if an event cannot be encoded, and skips no offset', async () => {
    const rig = await startRecovering();
    const { client } = await enter(rig);
    const circular: { self?: unknown } = {};
    circular.self = circular;
    expect(() => rig.server.emit('news', circular)).toThrow('refers to itself');
    rig.server.emit('news');
    expect(await client.next()).toMatch(/\.1"\]$/);
  });
});

describe('a client that resumes', () => {
  it('gets its socket back, and first the events that it missed', async () => {
    const rig = await startRecovering();
    const ann = await enter(rig);
    ann.socket.join(['den', 'cellar']);
    ann.socket.data = { name: 'ann' };
    rig.server.emit('seen');
    const offset = offsetOf(await ann.client.next());
    await lose(ann);

    rig.server.emit('to all', 1);
    rig.server.to('den').emit('to a room', 2);
    rig.server.to(ann.sid).emit('to the client', 3);
    rig.server.to('attic').emit('to another room', 4);
    rig.server.except('cellar').emit('to all but a room', 5);
    rig.server.volatile.emit('volatile', 6);
    rig.server.latest('key').emit('latest value', 6);
    rig.server.timeout(1).emit('acknowledged', 7, () => {});

    const back = await enter(rig, { pid: ann.pid, offset });
    expect([back.sid, back.pid]).toEqual([ann.sid, ann.pid]);
    expect(missedBy(back)).toEqual([
      ['to all', 1],
      ['to a room', 2],
      ['to the client', 3],
    ]);
    expect(back.socket).not.toBe(ann.socket);
    expect(back.socket.recovered).toBe(true);
    expect(back.socket.data).toEqual({ name: 'ann' });
    expect([...back.socket.rooms]).toEqual([ann.sid, 'den', 'cellar']);
    rig.server.to('den').emit('after');
    expect(await back.client.next()).toMatch(/^42\["after",/);
  });

  it('resumes without an offset if it has received no event', async () => {
    const rig = await startRecovering();
    rig.server.emit('before it was there');
    const ann = await enter(rig);
    ann.client.pause();
    rig.server.emit('lost on the way');
    await lose(ann);
    rig.server.emit('while it was away');
    const back = await enter(rig, { pid: ann.pid });
    expect(missedBy(back)).toEqual([['lost on the way'], ['while it was away']]);
  });

  it('resumes any number of times, and misses no event even if its connection breaks again at once', async () => {
    const rig = await startRecovering();
    const ann = await enter(rig);
    rig.server.emit('seen');
    const offset = offsetOf(await ann.client.next());
    await lose(ann);
    rig.server.emit('missed');
    const again = await enter(rig, { pid: ann.pid, offset });
    await lose(again); // it has not read the events that it missed
    const third = await enter(rig, { pid: ann.pid, offset });
    expect(missedBy(third)).toEqual([['missed']]);
    await lose(third);
    const fourth = await enter(rig, { pid: ann.pid, offset: offsetOf(third.client.heard[0]) });
    expect(missedBy(fourth)).toEqual([]);
    expect(fourth.sid).toBe(ann.sid);
  });

  it('does not get events to a room from before it joined the room', async () => {
    const rig = await startRecovering();
    const ann = await enter(rig);
    rig.server.emit('seen');
    const offset = offsetOf(await ann.client.next());
    rig.server.to('den').emit('too early');
    ann.socket.join('den');
    await lose(ann);
    const again = await enter(rig, { pid: ann.pid, offset });
    await lose(again);
    const back = await enter(rig, { pid: ann.pid, offset });
    expect([missedBy(again), missedBy(back)]).toEqual([[], []]);
  });

  it('gets events that were lost on the way, even if many events for others followed', async () => {
    const rig = await startRecovering({ maxEvents: 2 });
    const ann = await enter(rig);
    rig.server.emit('seen');
    const offset = offsetOf(await ann.client.next());
    for (let i = 0; i < 10; i++) rig.server.to('elsewhere').emit('not for it');
    await lose(ann);
    rig.server.to('elsewhere').emit('not for it');
    rig.server.emit('missed');
    expect(missedBy(await enter(rig, { pid: ann.pid, offset }))).toEqual([['missed']]);
  });

  it('gets a new session if it missed more events than are kept', async () => {
    const rig = await startRecovering({ maxEvents: 2 });
    const ann = await enter(rig);
    await lose(ann);
    for (let i = 0; i < 3; i++) rig.server.emit('missed');
    const back = await enter(rig, { pid: ann.pid });
    expect(back.socket.recovered).toBe(false);
    expect([back.sid === ann.sid, back.pid === ann.pid]).toEqual([false, false]);
    expect(missedBy(back)).toEqual([]);
  });

  it('gets the events for it alone and those for several, in the order in which they were sent', async () => {
    const rig = await startRecovering();
    const ann = await enter(rig);
    const bob = await enter(rig);
    ann.socket.join('den');
    ann.client.pause();
    const send = [
      () => ann.socket.emit('own', 1),
      () => rig.server.emit('to all', 2),
      () => rig.server.to(ann.sid).emit('own', 3),
      () => bob.socket.emit('for another', 4),
      () => bob.socket.to('den').emit('to a room', 5),
      () => rig.server.to([ann.sid, bob.sid]).emit('to two', 6),
    ];
    for (const call of send) call();
    await lose(ann);
    for (const call of send) call(); // of these, `ann.socket.emit` sends to a socket that has lost its connection
    const back = await enter(rig, { pid: ann.pid });
    const missed = [1, 2, 3, 5, 6, 1, 2, 3, 5, 6];
    expect(missedBy(back).map(([, number]) => number)).toEqual(missed);
    expect(back.client.heard.slice(0, missed.length).map(offsetOf)).toEqual(
      [1, 2, 3, 5, 6, 7, 8, 9, 11, 12].map((n) => expect.stringMatching(new RegExp(`\\.${n.toString(36)}$`))),
    );
    await lose(back);
    const again = await enter(rig, { pid: ann.pid, offset: offsetOf(back.client.heard[2]) });
    expect(missedBy(again).map(([, number]) => number)).toEqual(missed.slice(3));
  });

  it('gets the events to the room of another client that it has joined', async () => {
    const rig = await startRecovering();
    const ann = await enter(rig);
    const bob = await enter(rig);
    bob.socket.join(ann.sid);
    ann.socket.emit('to both', 1);
    await lose(bob);
    ann.socket.emit('to both', 2);
    await lose(ann);
    rig.server.to(ann.sid).emit('to both', 3);
    const [annBack, bobBack] = [await enter(rig, { pid: ann.pid }), await enter(rig, { pid: bob.pid })];
    for (const back of [annBack, bobBack]) expect(missedBy(back).map(([, number]) => number)).toEqual([1, 2, 3]);
  });

  it('gets a new session if it missed more events of its own than are kept for it', async () => {
    const rig = await startRecovering({ maxEvents: 20 });
    const ann = await enter(rig);
    await lose(ann);
    for (let i = 0; i < 2; i++) rig.server.to(ann.sid).emit('own', i);
    const back = await enter(rig, { pid: ann.pid });
    expect(missedBy(back)).toHaveLength(2);
    await lose(back);
    for (let i = 0; i < 3; i++) rig.server.to(ann.sid).emit('own', i);
    expect((await enter(rig, { pid: ann.pid })).sid).not.toBe(ann.sid);
  });

  it('leaves nothing behind once it can no longer resume', async () => {
    const rig = await startRecovering({ maxDisconnectionDuration: 1_000 });
    const { recoveryBudget } = rig.server;
    const [ann, bob, cid] = [await enter(rig), await enter(rig), await enter(rig)];
    for (const { socket } of [ann, bob, cid]) socket.emit('own');
    expect(recoveryBudget.directs.weight).toBeGreaterThan(0);
    await lose(ann);
    const gone = told(bob.socket, 'disconnect');
    bob.socket.disconnect();
    await gone;
    await lose(cid);
    const back = await enter(rig, { pid: cid.pid, offset: 'impossible' });
    expect(back.sid).not.toBe(cid.sid);
    rig.clock.advance(1_100);
    expect(recoveryBudget.weight).toBe(0);
  });

  it('gets a new session if its old one was resumed before, has expired or never existed', async () => {
    const rig = await startRecovering({ maxDisconnectionDuration: 1_000 });
    const ann = await enter(rig);
    await lose(ann);
    await enter(rig, { pid: ann.pid });
    const twin = await enter(rig, { pid: 'unknown' });
    expect(twin.socket.recovered).toBe(false);
    await lose(twin);
    rig.clock.advance(1_100);
    expect((await enter(rig, { pid: twin.pid })).socket.recovered).toBe(false);
    expect((await enter(rig, { pid: 7, offset: {} })).socket.recovered).toBe(false);
  });

  it('gets a new session if its offset is impossible', async () => {
    const rig = await startRecovering();
    const bob = await enter(rig);
    rig.server.emit('before ann was there');
    const early = offsetOf(await bob.client.next());
    rig.server.emit('still before');
    for (const offset of [early, 'abc', `${early}9`]) {
      const ann = await enter(rig);
      rig.server.emit('then');
      await lose(ann);
      const back = await enter(rig, { pid: ann.pid, offset });
      expect(back.socket.recovered).toBe(false);
      expect(missedBy(back)).toEqual([]);
    }
  });

  it('gets a new session if it was disconnected, disconnected itself or broke the protocol', async () => {
    const rig = await startRecovering();
    const leave: ((entered: Entered) => unknown)[] = [
      ({ socket }) => socket.disconnect(),
      ({ client }) => client.send('41'),
      ({ client }) => client.send('4x'),
    ];
    for (const go of leave) {
      const ann = await enter(rig);
      const gone = told(ann.socket, 'disconnect');
      go(ann);
      await gone;
      expect((await enter(rig, { pid: ann.pid })).socket.recovered).toBe(false);
    }
  });

  it('replaces the connection that it still has', async () => {
    const rig = await startRecovering();
    const ann = await enter(rig);
    const reasons: unknown[] = [];
    ann.socket.on('disconnect', (reason) => reasons.push(reason));
    rig.server.emit('lost on the way');
    const back = await enter(rig, { pid: ann.pid });
    expect(reasons).toEqual(['transport close']);
    expect((await ann.client.closed).code).toBe(1000);
    expect([back.sid, back.socket.recovered]).toEqual([ann.sid, true]);
    expect(missedBy(back)).toEqual([['lost on the way']]);
    expect([...rig.server.sockets.sockets.values()]).toEqual([back.socket]);
    rig.server.to(ann.sid).emit('direct');
    expect(await back.client.next()).toMatch(/^42\["direct",/);
  });

  it('is connected while disconnect handlers of its old socket are running', async () => {
    const rig = await startRecovering();
    const { promise, resolve } = deferred();
    rig.server.sockets.onDisconnect(() => promise);
    const ann = await enter(rig);
    ann.socket.join('den');
    const lost = told(ann.socket, 'disconnecting');
    ann.client.terminate();
    await lost;
    const back = await enter(rig, { pid: ann.pid });
    const gone = told(ann.socket, 'disconnect');
    resolve();
    await gone;
    expect([...back.socket.rooms]).toEqual([ann.sid, 'den']);
    rig.server.to('den').emit('here');
    expect(await back.client.next()).toMatch(/^42\["here",/);
  });
});

describe('a client that resumes, during its CONNECT', () => {
  it('passes middlewares and connect handlers, which see that it resumes, and misses no event meanwhile', async () => {
    const rig = await startRecovering();
    const { promise, resolve } = deferred();
    const seen: unknown[] = [];
    const ann = await enter(rig);
    ann.socket.join('den');
    await lose(ann);
    rig.server.use(async ({ id, recovered }, next) => {
      seen.push([id, recovered]);
      await promise;
      next();
    });
    rig.server.sockets.onConnect(({ recovered }) => void seen.push(recovered));
    const coming = enter(rig, { pid: ann.pid });
    await expect.poll(() => seen.length).toBe(1);
    rig.server.to('den').emit('meanwhile');
    resolve();
    const back = await coming;
    expect(seen).toEqual([[ann.sid, true], true]);
    expect(await back.client.next()).toMatch(/^42\["meanwhile",/);
  });

  it('skips the middlewares if the option says so', async () => {
    const rig = await startRecovering({ skipMiddlewares: true });
    const middleware = vi.fn<Middleware>((_socket, next) => next());
    rig.server.use(middleware);
    const ann = await enter(rig);
    await lose(ann);
    await enter(rig, { pid: ann.pid });
    await enter(rig, { pid: 'unknown' });
    expect(middleware).toHaveBeenCalledTimes(2);
  });

  it('can be refused like any other client, and leaves nothing behind', async () => {
    const rig = await startRecovering();
    const ann = await enter(rig);
    ann.socket.join('den');
    await lose(ann);
    rig.server.use((_socket, next) => next('not any more'));
    const client = await rig.open();
    client.send(`40{"pid":"${ann.pid}"}`);
    expect(await answered(client)).toBe('44{"message":"not any more"}');
    client.send(`40{"pid":"${ann.pid}"}`);
    expect(await answered(client)).toBe('44{"message":"not any more"}');
    expect(await rig.server.in('den').fetchSockets()).toEqual([]);
    expect([...rig.server.sockets.members.keys()]).toEqual([]);
  });

  it('may try again if its connection breaks while its CONNECT is decided', async () => {
    const rig = await startRecovering();
    const ann = await enter(rig);
    await lose(ann);
    rig.server.emit('missed');
    const { promise, resolve } = deferred();
    const asked = vi.fn<Middleware>((_socket, next) => void promise.then(() => next()));
    rig.server.use(asked);
    const client = await rig.open();
    client.send(`40{"pid":"${ann.pid}"}`);
    await expect.poll(() => asked.mock.calls.length).toBe(1);
    client.terminate();
    await expect.poll(() => asked.mock.calls[0]?.[0].ending?.reason).toBe('transport close');
    resolve();
    await expect.poll(() => rig.server.sockets.members.size).toBe(0);
    const back = await enter(rig, { pid: ann.pid });
    expect([back.sid, missedBy(back)]).toEqual([ann.sid, [['missed']]]);
  });

  it.each(['is noticed', 'is not noticed'])('may resume once more meanwhile, when the loss %s', async (loss) => {
    const rig = await startRecovering();
    const ann = await enter(rig);
    ann.socket.join('den');
    ann.socket.data = { name: 'ann' };
    await lose(ann);
    rig.server.to('den').emit('missed', 1);
    const deciding: Deferred<void>[] = [];
    rig.server.sockets.onConnect(async (socket) => {
      if (deciding.length === 0) socket.join('cellar');
      await (deciding[deciding.length] = deferred()).promise;
    });
    const second = await rig.open();
    second.send(`40{"pid":"${ann.pid}"}`);
    await expect.poll(() => deciding.length).toBe(1);
    rig.server.to('den').emit('missed', 2);
    if (loss === 'is noticed') {
      second.terminate();
      await expect.poll(() => rig.server.engine.clientsCount).toBe(0);
    }
    rig.server.to('den').emit('missed', 3);
    const third = enter(rig, { pid: ann.pid });
    await expect.poll(() => deciding.length).toBe(2);
    rig.server.to('den').emit('meanwhile', 4);
    rig.server.emit('meanwhile', 5);
    deciding[0]?.resolve(); // the second connection is decided after the third has resumed
    await turn();
    rig.server.to('den').emit('meanwhile', 6);
    deciding[1]?.resolve();
    const back = await third;
    expect([back.sid, back.socket.recovered, back.socket.data]).toEqual([ann.sid, true, { name: 'ann' }]);
    expect([...back.socket.rooms]).toEqual([ann.sid, 'den', 'cellar']);
    expect(missedBy(back)).toEqual([
      ['missed', 1],
      ['missed', 2],
      ['missed', 3],
    ]);
    for (const number of [4, 5, 6])
      expect(await back.client.next()).toMatch(new RegExp(`^42\\["meanwhile",${number},`));
    expect([...rig.server.sockets.members.keys()]).toEqual([ann.sid]);
    rig.server.to(ann.sid).emit('direct');
    expect(await back.client.next()).toMatch(/^42\["direct",/);
    await lose(back);
    const fourth = enter(rig, { pid: ann.pid, offset: offsetOf(back.client.heard.at(-1)) });
    await expect.poll(() => deciding.length).toBe(3);
    deciding[2]?.resolve();
    expect([(await fourth).sid, missedBy(await fourth)]).toEqual([ann.sid, []]);
  });

  it('keeps its place when an earlier connection of it is overdue', async () => {
    const rig = await startRecovering();
    const ann = await enter(rig);
    ann.socket.join('den');
    await lose(ann);
    let asked = 0;
    rig.server.sockets.onConnect(() => (asked++ === 0 ? new Promise(() => {}) : undefined));
    const second = await rig.open();
    second.send(`40{"pid":"${ann.pid}"}`);
    await expect.poll(() => asked).toBe(1);
    const back = await enter(rig, { pid: ann.pid });
    rig.clock.advance(46_000);
    expect(rig.log.errors.map(([message]) => message)).toEqual([expect.stringContaining('did not finish')]);
    expect([...rig.server.sockets.members.keys()]).toEqual([ann.sid]);
    expect([...rig.server.sockets.sockets.values()]).toEqual([back.socket]);
    rig.server.to('den').emit('here');
    expect(await back.client.next()).toMatch(/^42\["here",/);
    rig.server.to(ann.sid).emit('direct');
    expect(await back.client.next()).toMatch(/^42\["direct",/);
    expect([...(rig.server.sockets.adapter.sids.get(ann.sid) ?? [])]).toEqual([ann.sid, 'den']);
  });

  it('also gets the events that a middleware emits', async () => {
    const rig = await startRecovering();
    rig.server.use((socket, next) => {
      socket.emit('early', 'x');
      next();
    });
    const { client } = await enter(rig);
    expect(await client.next()).toBe('42["early","x",null]');
  });
});

describe('a namespace created for a pattern', () => {
  it('stays while it keeps sessions, and is removed with the last one', async () => {
    const rig = await startRecovering({ maxDisconnectionDuration: 1_000 });
    rig.server.of(/^\/room-\d$/);
    const ann = await enter(rig, undefined, '/room-1');
    await lose(ann);
    expect(rig.server.has('/room-1')).toBe(true);
    const back = await enter(rig, { pid: ann.pid }, '/room-1');
    expect(back.sid).toBe(ann.sid);
    await lose(back);
    rig.clock.advance(1_100);
    expect(rig.server.has('/room-1')).toBe(false);
  });
});
