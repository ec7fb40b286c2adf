/** Connection state recovery in memory, as clients see it on the wire. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RecoveryOptions } from '../../../lib/server/recovery/recovery-options.js';
import type { Middleware, Socket } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { deferred, type ServerRig, startServer, told } from '../../support/server-rig.js';
import type { WireClient } from '../../support/server-wire.js';

afterEach(cleanUp);

interface Entered {
  readonly client: WireClient;
  readonly sid: string;
  readonly pid: string;
  readonly socket: Socket;
}

const startRecovering = (options: RecoveryOptions = {}): Promise<ServerRig> =>
  startServer({ connectionStateRecovery: options });

/** Joins a namespace, optionally with a claim to a session. */
async function enter(rig: ServerRig, claim?: object, nsp = '/'): Promise<Entered> {
  const client = await rig.open();
  const prefix = nsp === '/' ? '40' : `40${nsp},`;
  client.send(`${prefix}${claim === undefined ? '' : JSON.stringify(claim)}`);
  const answer = await answered(client);
  const { sid, pid } = JSON.parse(answer.slice(prefix.length)) as { sid: string; pid: string };
  expect(answer).toBe(`${prefix}{"sid":"${sid}","pid":"${pid}"}`);
  return { client, sid, pid, socket: rig.server.of(nsp).sockets.get(sid) as Socket };
}

/** Waits for the answer to CONNECT. The messages before it stay in `heard`. */
async function answered(client: WireClient): Promise<string> {
  for (;;) {
    const message = String(await client.next());
    if (message.startsWith('40') || message.startsWith('44')) return message;
  }
}

/** Breaks the connection and waits until the server has noticed. */
async function lose({ client, socket }: Entered): Promise<void> {
  const gone = told(socket, 'disconnect');
  client.terminate();
  await gone;
}

/** Returns the last argument of an event. */
function offsetOf(message: string | Buffer | undefined): string {
  return (JSON.parse(String(message).replace(/^[^[]*/, '')) as string[]).at(-1) as string;
}

/** Returns the events that a client received before the answer to its CONNECT, without their offsets. */
function missedBy({ client }: Entered): unknown[][] {
  const end = client.heard.findIndex((message) => String(message).startsWith('40'));
  return client.heard.slice(0, end).map((message) => (JSON.parse(String(message).slice(2)) as unknown[]).slice(0, -1));
}

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
