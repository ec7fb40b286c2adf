/** The history of rooms on one server, as stock clients see it. */
import { Adapter } from 'socket.io-adapter';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { HistoryOptions, Namespace, RewindOptions, Socket } from '../../../lib/server/internal.js';
import { createSocketId } from '../../../lib/server/socket/socket-id.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { next, SOON } from '../../support/events.js';
import { type ServerRig, startServer } from '../../support/server-rig.js';

afterEach(async () => {
  vi.useRealTimers();
  await cleanUp();
});

/** A client, its socket on the server, and what it hears. */
interface Guest {
  readonly socket: Socket;
  readonly heard: unknown[][];
}

async function start(options: HistoryOptions = {}, more: object = {}): Promise<[rig: ServerRig, chat: Namespace]> {
  const rig = await startServer({ history: { '/chat': options }, ...more });
  return [rig, rig.of('/chat')];
}

async function enter(rig: ServerRig): Promise<Guest> {
  const client = rig.stock('/chat');
  const heard: unknown[][] = [];
  client.onAny((...event: unknown[]) => heard.push(event));
  await next(client, 'connect');
  return { socket: rig.server.of('/chat').sockets.get(client.id as string) as Socket, heard };
}

/** Expects that a client has heard exactly these events. */
async function heard(guest: Guest, ...events: unknown[][]): Promise<void> {
  guest.socket.emit('end');
  await expect.poll(() => guest.heard.at(-1), SOON).toEqual(['end']);
  expect(guest.heard.splice(0)).toEqual([...events, ['end']]);
}

const said = (...numbers: number[]): unknown[][] => numbers.map((number) => ['said', number]);

describe('the history of a room', () => {
  it('is what was sent to exactly this room, and not volatile, local or acknowledged', async () => {
    const [rig, chat] = await start();
    chat.to('a').emit('said', 1);
    chat.to(['a', 'b', 'a']).emit('said', 2, Buffer.from([1, 2]));
    chat.emit('to all');
    chat.to([]).emit('to none');
    chat.volatile.to('a').emit('tick');
    chat.local.to('a').emit('here');
    void chat.to('a').emitWithAck('asked');
    rig.of('/other').to('a').emit('elsewhere');
    const events = await (chat.history?.read('a') as Promise<object[]>);
    expect(events).toEqual([
      { id: expect.any(String), event: 'said', args: [1], at: expect.any(Date) },
      { id: expect.any(String), event: 'said', args: [2, Buffer.from([1, 2])], at: expect.any(Date) },
    ]);
    expect(await chat.history?.read('b')).toEqual([events[1]]);
    expect(rig.of('/other').history).toBeNull();
  });

  it('stays when messages of other servers were lost and no broker keeps it; a message without a room is refused', async () => {
    const [rig, chat] = await start();
    chat.to('a').emit('said', 1);
    const listener = rig.server.channels.of('history');
    listener?.nodeMissed?.('node-00001');
    expect(await numbers(chat)).toEqual([1]);
    expect(() => listener?.received?.('node-00001', ['/chat', 7])).toThrow('a room must be a text');
    listener?.received?.('node-00001', ['/chat', 'a']);
    listener?.received?.('node-00001', ['/chat', 'a']);
    expect(await numbers(chat)).toEqual([]);
  });

  it('is not kept for the room of a socket, here or on another server', async () => {
    const [rig, chat] = await start();
    const { socket } = await enter(rig);
    chat.to(socket.id).emit('said', 1);
    chat.to(createSocketId()).emit('said', 1);
    expect(await chat.history?.read(socket.id)).toEqual([]);
    expect(rig.server.histories.size).toBe(0);
  });

  it('has the events that the options name, as many and as long as they say', async () => {
    const [, chat] = await start({ events: ['said'], size: 3, ttl: 50 });
    for (const number of [1, 2, 3, 4]) {
      chat.to('a').emit('said', number);
      chat.to('a').emit('typing');
    }
    expect(await numbers(chat)).toEqual([2, 3, 4]);
    await expect.poll(() => numbers(chat), SOON).toEqual([]);
  });

  it('is read in pages, from its end', async () => {
    const [, chat] = await start();
    for (const number of [1, 2, 3, 4, 5]) chat.to('a').emit('said', number);
    const page = (await chat.history?.read('a', { limit: 2 })) ?? [];
    expect(page.map(({ args }) => args[0])).toEqual([4, 5]);
    const { id } = page[0] as { id: string };
    expect(await numbers(chat, { limit: 2, before: id })).toEqual([2, 3]);
    expect(await numbers(chat, { before: id })).toEqual([1, 2, 3]);
    expect(await numbers(chat, { before: 'none' })).toEqual([]);
    await expect(chat.history?.read('a', { limit: 0 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const after = { after: id } as object;
    await expect(chat.history?.read('a', after)).rejects.toThrow('read() has no option "after"');
  });

  it('is forgotten on request', async () => {
    const [rig, chat] = await start();
    chat.to('a').emit('said', 1);
    await chat.history?.clear('a');
    expect(await numbers(chat)).toEqual([]);
    expect(rig.server.histories.weight).toBe(0);
  });

  it('is bounded for all rooms together: the rooms to which nothing has been sent for longest are dropped', async () => {
    const [rig, chat] = await start({}, { limits: { historyBytes: 9_000 } });
    for (const room of ['a', 'b', 'c', 'a', 'd', 'e', 'f', 'g']) chat.to(room).emit('said', room);
    expect(await chat.history?.read('b')).toEqual([]);
    expect(await chat.history?.read('a')).toHaveLength(2);
    expect(rig.server.histories.weight).toBeLessThanOrEqual(9_000);
    expect(rig.log.warnings).toEqual([expect.stringContaining('limits.historyBytes (9000) is reached')]);
  });

  it('is not displaced by rooms that no client has joined, and these have a share of their own', async () => {
    const [rig, chat] = await start({}, { limits: { historyBytes: 40_000 } });
    const { socket } = await enter(rig);
    socket.join(['a', 'b']);
    chat.to(['a', 'b', 'c']).emit('said', 1);
    socket.leave('a');
    for (let number = 0; number < 100; number++) chat.to(`stranger ${number}`).emit('said', number);
    for (const room of ['a', 'b', 'stranger 99']) expect(await chat.history?.read(room)).toHaveLength(1);
    for (const room of ['c', 'stranger 0']) expect(await chat.history?.read(room)).toEqual([]);
    for (let number = 0; number < 100; number++) {
      socket.join(`joined ${number}`);
      chat.to(`joined ${number}`).emit('said', number);
    }
    for (const room of ['joined 99', 'stranger 99']) expect(await chat.history?.read(room)).toHaveLength(1);
    for (const room of ['a', 'joined 0']) expect(await chat.history?.read(room)).toEqual([]);
    expect(rig.server.histories.weight).toBeLessThanOrEqual(40_000);
  });

  it('counts a room as joined whose first client comes after its events', async () => {
    const [rig, chat] = await start({}, { limits: { historyBytes: 40_000 } });
    const { socket } = await enter(rig);
    chat.to('a').emit('said', 1);
    socket.join('a');
    for (let number = 0; number < 100; number++) chat.to(`stranger ${number}`).emit('said', number);
    expect(await chat.history?.read('a')).toHaveLength(1);
  });

  it('has no more than a quarter of the memory for one room', async () => {
    const [rig, chat] = await start({}, { limits: { historyBytes: 40_000 } });
    chat.to('b').emit('said', 'b');
    for (let number = 0; number < 50; number++) chat.to('a').emit('said', number, 'x'.repeat(1_000));
    expect(await numbers(chat)).toEqual([44, 45, 46, 47, 48, 49]);
    for (let number = 0; number < 50; number++) chat.to('a').latest(`${number}`).emit('said', 'x'.repeat(1_000));
    expect(await numbers(chat)).toEqual([]);
    expect(await chat.history?.read('b')).toHaveLength(1);
    expect(rig.server.histories.weight).toBeLessThan(12_000);
    expect(rig.log.warnings).toEqual([expect.stringContaining('the oldest events of a room are dropped')]);
  });

  it('leaves memory when it has expired, without a further event', async () => {
    const [rig, chat] = await start({ ttl: 1 });
    chat.to('a').emit('said', 1);
    await expect
      .poll(() => {
        rig.clock.advance(60_000);
        return rig.server.histories.size;
      }, SOON)
      .toBe(0);
  });
});

describe('a client that joins', () => {
  it('gets the past it asks for, in order, and then the present', async () => {
    const [rig, chat] = await start();
    for (const number of [1, 2, 3]) chat.to('a').emit('said', number);
    const guest = await enter(rig);
    const rewound = guest.socket.join('a', { rewind: 2 });
    chat.to('a').emit('said', 4);
    expect(await rewound).toEqual({ events: 2, complete: true });
    await heard(guest, ...said(2, 3, 4));
  });

  it('gets nothing of the past if it does not ask', async () => {
    const [rig, chat] = await start();
    chat.to('a').emit('said', 1);
    const guest = await enter(rig);
    expect(guest.socket.join('a')).toBeUndefined();
    await heard(guest);
  });

  it('gets the events since a time, or since an event', async () => {
    const [rig, chat] = await start();
    chat.to('a').emit('said', 1);
    await expect.poll(() => Date.now()).toBeGreaterThan((await chat.history?.read('a'))?.[0]?.at.getTime() as number);
    const time = Date.now();
    chat.to('a').emit('said', 2);
    chat.to('a').emit('said', 3);
    const [, second] = (await chat.history?.read('a')) ?? [];
    const cases: [RewindOptions, number[]][] = [
      [{ since: time }, [2, 3]],
      [{ since: new Date(time) }, [2, 3]],
      [{ since: time, rewind: 1 }, [3]],
      [{ since: second?.id as string }, [3]],
      [{ since: 'forgotten' }, [1, 2, 3]],
      [{}, [1, 2, 3]],
    ];
    for (const [options, expected] of cases) {
      const guest = await enter(rig);
      await guest.socket.join('a', options);
      await heard(guest, ...said(...expected));
    }
  });

  it('is not sent all that is kept after an event from which it was left out', async () => {
    const [rig, chat] = await start();
    const guest = await enter(rig);
    chat.to('a').emit('said', 1);
    guest.socket.to('a').emit('said', 2);
    chat.to('a').emit('said', 3);
    const [, own] = (await chat.history?.read('a')) ?? [];
    await guest.socket.join('a', { since: own?.id as string });
    await heard(guest, ...said(3));
  });

  it('learns whether events since a time or an event may be missing', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const [rig, chat] = await start({ size: 3, ttl: 60_000 });
    const guest = await enter(rig);
    const begin = Date.now();
    const ids: (string | undefined)[] = [];
    const say = async (...numbers: number[]): Promise<void> => {
      for (const number of numbers) {
        vi.setSystemTime(begin + number);
        chat.to('a').emit('said', number);
        ids[number] = (await chat.history?.read('a'))?.at(-1)?.id;
      }
    };
    const isComplete = async (options: RewindOptions): Promise<boolean> => {
      guest.socket.leave('a');
      return (await guest.socket.join('a', options)).complete;
    };
    expect(await isComplete({ since: begin })).toBe(true);
    await say(1, 2, 3);
    expect(await isComplete({ since: begin })).toBe(true);
    await say(4);
    const cases: [RewindOptions, boolean][] = [
      [{ since: begin }, false],
      [{ since: begin + 1 }, false],
      [{ since: begin + 2 }, true],
      [{ since: begin, rewind: 1 }, false],
      [{ since: ids[1] as string }, false],
      [{ since: ids[2] as string }, true],
      [{ rewind: 9 }, true],
      [{}, true],
    ];
    for (const [options, complete] of cases) expect([options, await isComplete(options)]).toEqual([options, complete]);
    vi.setSystemTime(begin + 60_002);
    expect(await isComplete({ since: begin + 2 })).toBe(false);
    expect(await isComplete({ since: begin + 3 })).toBe(true);
    expect(await guest.socket.join('silent', { since: performance.timeOrigin - 1 })).toMatchObject({ complete: false });
  });

  it('learns that a server with others knows only what was sent since its start', async () => {
    const time = Date.now() - 1;
    const [rig] = await start({}, { adapter: Adapter });
    const guest = await enter(rig);
    expect(await guest.socket.join('a', { since: time })).toEqual({ events: 0, complete: false });
  });

  it('learns that its room was dropped for want of memory', async () => {
    const [rig, chat] = await start({}, { limits: { historyBytes: 9_000 } });
    const guest = await enter(rig);
    const time = Date.now();
    for (const room of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) chat.to(room).emit('said', room);
    expect(await guest.socket.join('a', { since: time })).toEqual({ events: 0, complete: false });
    expect(await guest.socket.join('d', { since: time })).toEqual({ events: 1, complete: true });
  });

  it('gets nothing again in a room that it is in, and the past of a room that it has left', async () => {
    const [rig, chat] = await start();
    chat.to('a').emit('said', 1);
    const guest = await enter(rig);
    await guest.socket.join('a', { rewind: 9 });
    expect(await guest.socket.join('a', { rewind: 9 })).toEqual({ events: 0, complete: true });
    guest.socket.leave('a');
    expect(await guest.socket.join(['a', 'a', guest.socket.id], { rewind: 9 })).toEqual({ events: 1, complete: true });
    await heard(guest, ...said(1, 1));
  });

  it('gets an event to several of its rooms once', async () => {
    const [rig, chat] = await start();
    chat.to(['a', 'b']).emit('said', 1);
    chat.to('b').emit('said', 2);
    const guest = await enter(rig);
    expect(await guest.socket.join(['a', 'b'], { rewind: 9 })).toEqual({ events: 2, complete: true });
    await heard(guest, ...said(1, 2));
  });

  it('gets no event from which it was left out', async () => {
    const [rig, chat] = await start();
    const [ann, bob] = [await enter(rig), await enter(rig)];
    ann.socket.to('a').emit('said', 1);
    chat.to('a').except('muted').emit('said', 2);
    ann.socket.join('muted');
    await ann.socket.join('a', { rewind: 9 });
    await bob.socket.join('a', { rewind: 9 });
    await heard(ann);
    await heard(bob, ...said(1, 2));
  });

  it('gets the past before it is accepted, from a connect handler', async () => {
    const [rig, chat] = await start();
    chat.to('a').emit('said', 1);
    chat.onConnect(async (socket) => void (await socket.join('a', { rewind: 9 })));
    await heard(await enter(rig), ...said(1));
  });

  it('is refused a past that no option keeps, and a wrong request', async () => {
    const rig = await startServer({ history: { '/chat': {} } });
    const [, socket] = await rig.join('/');
    expect(() => socket.join('a', { rewind: 1 })).toThrow(
      'join() with "rewind" or "since" needs a history of /: write history: { "/": {} } in the options',
    );
    expect([...socket.rooms]).toEqual([socket.id]);
    rig.of('/chat');
    const { socket: guest } = await enter(rig);
    for (const options of [{ rewind: 0 }, { rewind: 1.5 }, { since: {} }, { since: null }, { since: Number.NaN }]) {
      expect(() => guest.join('a', options as object)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
    expect(() => guest.join('a', 20 as never)).toThrow(
      'the options of join() must be an object, got 20: write { rewind: 20 }',
    );
    expect(() => guest.join('a', { rewnd: 1 } as object)).toThrow(
      'join() has no option "rewnd" (did you mean "rewind"?)',
    );
    guest.disconnect();
    expect(await guest.join('a', { rewind: 1 })).toEqual({ events: 0, complete: true });
  });

  it('reads a long past as fast as it can, and then what was sent meanwhile', async () => {
    const [rig, chat] = await start({ size: 100 });
    const text = 'x'.repeat(10_000);
    for (let number = 0; number < 100; number++) chat.to('a').emit('said', number, text);
    const guest = await enter(rig);
    const rewound = guest.socket.join('a', {});
    chat.to('a').emit('said', 100, text);
    guest.socket.emit('direct');
    chat.volatile.to('a').emit('volatile');
    expect(await rewound).toEqual({ events: 100, complete: true });
    guest.socket.emit('end');
    await expect.poll(() => guest.heard.at(-1), SOON).toEqual(['end']);
    const names = guest.heard.filter(([name]) => name !== 'volatile').map(([name, number]) => number ?? name);
    expect(names).toEqual([...Array.from({ length: 101 }, (_, index) => index), 'direct', 'end']);
  });

  it('waits no longer for a long past when too much is sent meanwhile', async () => {
    const [rig, chat] = await start({ size: 100 }, { limits: { bufferedBytes: 100_000 } });
    const text = 'x'.repeat(10_000);
    for (let number = 0; number < 50; number++) chat.to('a').emit('said', number, text);
    const guest = await enter(rig);
    const rewound = guest.socket.join('a', {});
    for (let number = 50; number < 70; number++) chat.to('a').emit('said', number, text);
    expect(await rewound).toEqual({ events: 70, complete: false });
    guest.socket.emit('end');
    await expect.poll(() => guest.heard.at(-1), SOON).toEqual(['end']);
    expect(guest.heard.map(([, number]) => number)).toEqual([
      ...Array.from({ length: 70 }, (_, index) => index),
      undefined,
    ]);
  });

  it('gets one offset with the past, at its end, and none of the other arguments is taken for one', async () => {
    const [rig, chat] = await start({}, { connectionStateRecovery: {} });
    chat.to('a').emit('said', 'text');
    chat.to('a').emit('said', 1);
    const guest = await enter(rig);
    await guest.socket.join('a', { rewind: 2 });
    await expect
      .poll(() => guest.heard, SOON)
      .toEqual([
        ['said', 'text', null],
        ['said', 1, expect.stringMatching(/\.3$/)],
      ]);
  });
});

const say = (chat: Namespace, key: string, value: number): void => {
  const { audience, target } = chat.to('a') as unknown as {
    audience: Namespace;
    target: { with(flags: object): object };
  };
  audience.delivery.broadcast(
    { type: 2, nsp: '/chat', data: ['price', key, value] },
    target.with({ latest: key }) as never,
  );
};

describe('the latest value of a key', () => {
  it('replaces earlier ones, does not count as an event, and is sent to each client that joins', async () => {
    const [rig, chat] = await start({ size: 2, keys: 3 });
    chat.to('a').emit('said', 1);
    chat.to('a').emit('said', 2);
    for (const [index, key] of ['w', 'x', 'y', 'z', 'x'].entries()) say(chat, key, index);
    const guest = await enter(rig);
    guest.socket.join('a');
    await heard(guest, ['price', 'y', 2], ['price', 'z', 3], ['price', 'x', 4]);
    const other = await enter(rig);
    chat.in(other.socket.id).socketsJoin('a');
    await heard(other, ['price', 'y', 2], ['price', 'z', 3], ['price', 'x', 4]);
    expect(await numbers(chat)).toEqual([1, 2]);
    const last = await enter(rig);
    await last.socket.join('a', { rewind: 1 });
    await heard(last, ['price', 'y', 2], ['price', 'z', 3], ['price', 'x', 4], ['said', 2]);
  });

  it('does not replace that of another event', async () => {
    const [rig, chat] = await start();
    chat.to('a').latest('x').emit('price', 1);
    chat.to('a').latest('x').emit('volume', 2);
    chat.to('a').latest('x').emit('price', 3);
    const guest = await enter(rig);
    guest.socket.join('a');
    await heard(guest, ['volume', 2], ['price', 3]);
  });
});

async function numbers(chat: Namespace, options = {}): Promise<unknown[]> {
  return ((await chat.history?.read('a', options)) ?? []).map(({ args }) => args[0]);
}

describe('with a published adapter', () => {
  it('has what this server has sent, and what has arrived from others', async () => {
    let adapter: { broadcast(packet: object, target: object): void } | null = null;
    class Published extends Adapter {
      constructor(nsp: never) {
        super(nsp);
        adapter = this as never;
      }
    }
    const [rig, chat] = await start({}, { adapter: Published });
    const arrives = (number: number, flags = {}): void =>
      adapter?.broadcast(
        { type: 2, nsp: '/chat', data: ['said', number] },
        { rooms: new Set(['a']), except: new Set(), flags },
      );
    const guest = await enter(rig);
    chat.to('a').emit('said', 1);
    arrives(2);
    arrives(3, { volatile: true });
    await guest.socket.join('a', { rewind: 9 });
    arrives(4);
    await heard(guest, ...said(1, 2, 4));
    expect(await numbers(chat)).toEqual([1, 2, 4]);
  });
});
