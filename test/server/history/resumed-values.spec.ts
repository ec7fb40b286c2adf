/** The latest values that a client gets when it resumes its session, on one server. */
import type { Socket as StockSocket } from 'socket.io-client';
import { afterEach, describe, expect, it } from 'vitest';
import type { Namespace, Socket } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { next, SOON } from '../../support/events.js';
import { deferred, startServer } from '../../support/server-rig.js';

afterEach(cleanUp);

interface Scene {
  readonly feed: Namespace;
  readonly client: StockSocket;
  readonly heard: unknown[][];
  /** Loses the connection, and forgets what was heard. */
  readonly cut: () => Promise<void>;
  /** Connects again. */
  readonly resume: () => Promise<void>;
  /** Expects that the client has heard exactly these events since. */
  readonly heardOnly: (...events: unknown[][]) => Promise<void>;
}

async function enter(...rooms: string[]): Promise<Scene> {
  const rig = await startServer({ history: { '/feed': {} }, connectionStateRecovery: {} });
  const feed = rig.of('/feed');
  const client = rig.stock('/feed');
  const heard: unknown[][] = [];
  client.onAny((event: unknown, value: unknown) => heard.push([event, value]));
  await next(client, 'connect');
  const { id } = client;
  (feed.sockets.get(id as string) as Socket).join(rooms);
  return {
    feed,
    client,
    heard,
    async cut() {
      client.io.engine.close();
      await expect.poll(() => feed.sockets.size, SOON).toBe(0);
      heard.splice(0);
    },
    async resume() {
      await next(client.connect(), 'connect');
      expect(client.recovered).toBe(true);
    },
    async heardOnly(...events) {
      feed.to(id as string).emit('end', 0);
      await expect.poll(() => heard.at(-1), SOON).toEqual(['end', 0]);
      expect(heard.splice(0)).toEqual([...events, ['end', 0]]);
    },
  };
}

describe('a client that resumes its session', () => {
  it('gets what it missed, then the newest value of each key of its rooms, once, then what follows', async () => {
    const { feed, cut, resume, heardOnly } = await enter('a', 'b');
    feed.to('a').latest('x').emit('price', 1);
    feed.to('a').latest('y').emit('price', 2);
    feed.to('a').emit('said', 'before');
    await heardOnly(['price', 1], ['price', 2], ['said', 'before']);
    await cut();
    feed.to(['a', 'b']).latest('x').emit('price', 3);
    feed.to('b').latest('x').emit('price', 4);
    feed.to('a').emit('said', 'missed');
    feed.to('c').latest('z').emit('price', 5);
    await resume();
    feed.to('a').latest('y').emit('price', 6);
    await heardOnly(['said', 'missed'], ['price', 2], ['price', 4], ['price', 6]);
  });

  it('gets no value that it was left out of, and the values of a room that it has left no more', async () => {
    const { feed, cut, resume, heardOnly } = await enter('a', 'b', 'muted');
    const [socket] = feed.sockets.values();
    feed.to('a').except('muted').latest('x').emit('price', 1);
    feed.to('b').latest('y').emit('price', 2);
    socket?.leave('b');
    await heardOnly(['price', 2]);
    await cut();
    await resume();
    await heardOnly();
  });

  it('gets a value that is sent while it is being accepted once, and none before it is accepted', async () => {
    const { feed, client, heard, cut, heardOnly } = await enter('a');
    feed.to('a').latest('x').emit('price', 1);
    feed.to('a').latest('y').emit('price', 2);
    await heardOnly(['price', 1], ['price', 2]);
    await cut();
    const [entered, accepted] = [deferred(), deferred()];
    feed.onConnect(() => {
      entered.resolve();
      return accepted.promise;
    });
    client.connect();
    await entered.promise;
    feed.to('a').latest('x').emit('price', 3);
    feed.to('a').latest('x').emit('price', 4);
    expect(heard).toEqual([]);
    accepted.resolve();
    await next(client, 'connect');
    await heardOnly(['price', 4], ['price', 2]);
  });

  it('resumes again if it is lost at once, and gets them again', async () => {
    const { feed, client, heard, cut, resume, heardOnly } = await enter('a');
    feed.to('a').latest('x').emit('price', 1);
    feed.to('a').emit('said', 1);
    await heardOnly(['price', 1], ['said', 1]);
    await cut();
    let returns = 0;
    feed.onReturn((socket) => {
      if (++returns === 1) socket.conn.end('transport error');
    });
    client.connect();
    await expect.poll(() => [returns, client.io.engine.readyState], SOON).toEqual([1, 'closed']);
    heard.splice(0);
    await resume();
    await heardOnly(['price', 1]);
  });
});
