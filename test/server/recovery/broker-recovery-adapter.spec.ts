/** Recovery through a published adapter, whose broker answers when the test says so. */
import { ClusterAdapter } from 'socket.io-adapter';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Recovery } from '../../../lib/server/adapter/recovery.js';
import type { Socket } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { RecoveryBroker } from '../../support/recovery-broker.js';
import { type Deferred, deferred, startServer, told } from '../../support/server-rig.js';
import type { WireClient } from '../../support/server-wire.js';

afterEach(cleanUp);

async function start() {
  const broker = new RecoveryBroker();
  const rig = await startServer({ adapter: broker.adapter, connectionStateRecovery: {} });
  const enter = async (claim = ''): Promise<{ client: WireClient; socket: Socket; sid: string; pid: string }> => {
    const client = await rig.open();
    client.send(`40${claim}`);
    let answer = String(await client.next());
    while (!answer.startsWith('40')) answer = String(await client.next());
    const { sid, pid } = JSON.parse(answer.slice(2)) as { sid: string; pid: string };
    return { client, sid, pid, socket: rig.server.sockets.sockets.get(sid) as Socket };
  };
  return { broker, rig, enter };
}

describe('events that a broker keeps', () => {
  it('are sent with the offset that the broker assigns', async () => {
    const { broker, rig, enter } = await start();
    const { client, socket } = await enter();
    rig.server.emit('news', 1);
    socket.emit('direct', 2);
    expect(broker.published).toHaveLength(2);
    broker.answer('7-0');
    expect(await client.next()).toBe('42["news",1,"7-0"]');
    broker.answer('7-1');
    expect(await client.next()).toBe('42["direct",2,"7-1"]');
  });

  it('are not overtaken by messages that need no broker', async () => {
    const { broker, rig, enter } = await start();
    const { client, socket } = await enter();
    socket.on('question', (answer: () => void) => {
      socket.emit('news', 1);
      socket.emit('ask', 2, () => {});
      rig.server.local.emit('local', 3);
      rig.server.timeout(1_000).emit('ask', 4, () => {});
      answer();
    });
    client.send('425["question"]');
    await expect.poll(() => broker.published.length).toBe(1);
    expect(client.heard).toHaveLength(1);
    broker.answer('7-0');
    for (const message of ['42["news",1,"7-0"]', '420["ask",2]', '42["local",3]', '421["ask",4]', '435[]']) {
      expect(await client.next()).toBe(message);
    }
  });

  it('are sent before their client is disconnected', async () => {
    const { broker, enter } = await start();
    const [ann, bob] = [await enter(), await enter()];
    ann.socket.emit('bye');
    ann.socket.disconnect();
    expect(ann.socket.connected).toBe(true);
    broker.answer('7-0');
    expect(await ann.client.next()).toBe('42["bye","7-0"]');
    expect(await ann.client.next()).toBe('41');
    bob.socket.emit('bye');
    bob.socket.disconnect(true);
    broker.answer('7-1');
    expect(await bob.client.next()).toBe('42["bye","7-1"]');
    expect(await bob.client.next()).toBe('41');
    await bob.client.closed;
  });

  it('do not end with a string if the broker does not keep them', async () => {
    const { broker, rig, enter } = await start();
    const { client, socket } = await enter();
    rig.server.volatile.emit('tick', 'x');
    broker.answer('7-0');
    expect(await client.next()).toBe('42["tick","x",null]');
    socket.volatile.emit('tick', 'x');
    expect(await client.next()).toBe('42["tick","x",null]');
  });

  it('are sent without the broker if it fails, and delay no other message if it hangs', async () => {
    const { broker, rig, enter } = await start();
    const { client } = await enter();
    rig.server.emit('news', 1);
    broker.published.shift()?.reject(new Error('away'));
    expect(await client.next()).toBe('42["news",1]');
    rig.server.emit('never');
    rig.server.local.emit('local', 2);
    expect(client.heard).toHaveLength(2);
    rig.clock.advance(5_100);
    expect(await client.next()).toBe('42["local",2]');
  });

  it('throw to the caller of emit if they cannot be encoded', async () => {
    const { broker, rig } = await start();
    const circular: { self?: unknown } = {};
    circular.self = circular;
    expect(() => rig.server.emit('news', circular)).toThrow('refers to itself');
    expect(() => rig.server.timeout(1).emit('news', circular, () => {})).toThrow('refers to itself');
    expect(() => rig.server.to([]).emit('news', circular)).not.toThrow();
    expect(broker.published).toEqual([]);
  });
});

describe('a client that resumes through a broker', () => {
  it('gets its socket back, and the events that it missed', async () => {
    const { broker, rig, enter } = await start();
    const ann = await enter();
    ann.socket.join('den');
    ann.socket.data = { name: 'ann' };
    const gone = told(ann.socket, 'disconnect');
    ann.client.terminate();
    await gone;
    broker.missed = [['news', 1, '7-1']];
    const back = await enter(`{"pid":"${ann.pid}","offset":"7-0"}`);
    expect([back.sid, back.pid, back.client.heard[0]]).toEqual([ann.sid, ann.pid, '42["news",1,"7-1"]']);
    expect(back.socket.data).toEqual({ name: 'ann' });
    expect([...back.socket.rooms]).toEqual([ann.sid, 'den']);
    expect((await rig.server.in('den').local.fetchSockets()).map(({ id }) => id)).toEqual([ann.sid]);
  });

  it('gets a new session if the broker does not know its session, or if it has received no event', async () => {
    const { rig, enter } = await start();
    expect((await enter('{"pid":"unknown","offset":"7-0"}')).socket.recovered).toBe(false);
    const ann = await enter();
    const gone = told(ann.socket, 'disconnect');
    ann.client.terminate();
    await gone;
    expect((await enter(`{"pid":"${ann.pid}"}`)).socket.recovered).toBe(false);
    expect(rig.log.errors).toEqual([]);
  });

  it('gets a new session if the broker does not answer in time, which is logged', async () => {
    const { broker, rig, enter } = await start();
    const { promise } = deferred();
    broker.restored = promise;
    const coming = enter('{"pid":"x","offset":"7-0"}');
    await expect.poll(() => rig.clock.timers).toBeGreaterThan(1);
    await expect.poll(() => rig.server.engine.clientsCount).toBe(1);
    const advance = setInterval(() => rig.clock.advance(5_000), 1);
    const { socket } = await coming.finally(() => clearInterval(advance));
    expect(socket.recovered).toBe(false);
    expect(String(rig.log.errors[0])).toContain('restoreSession');
  });

  it.each(['is noticed', 'is not noticed'])('may return again during the search, when the loss %s', async (loss) => {
    const { broker, rig, enter } = await start();
    const ann = await enter();
    const gone = told(ann.socket, 'disconnect');
    ann.client.terminate();
    await gone;
    const { promise, resolve } = deferred();
    broker.restored = promise;
    broker.missed = [['news', 1, '7-1']];
    const claim = `{"pid":"${ann.pid}","offset":"7-0"}`;
    const take = vi.spyOn(rig.server.sockets.delivery.recovery as Recovery, 'take');
    const second = await rig.open();
    second.send(`40${claim}`);
    await expect.poll(() => take.mock.calls.length).toBe(1);
    if (loss === 'is noticed') {
      second.terminate();
      await expect.poll(() => rig.server.engine.clientsCount).toBe(0);
    }
    const coming = enter(claim);
    await expect.poll(() => take.mock.calls.length).toBe(2);
    resolve();
    const back = await coming;
    expect([back.sid, back.socket.recovered, back.client.heard[0]]).toEqual([ann.sid, true, '42["news",1,"7-1"]']);
    expect(second.heard.some((message) => String(message).includes(ann.sid))).toBe(false);
  });

  it('may return again while its CONNECT is decided', async () => {
    const { broker, rig, enter } = await start();
    const ann = await enter();
    ann.socket.join('den');
    const gone = told(ann.socket, 'disconnect');
    ann.client.terminate();
    await gone;
    const deciding: Deferred<void>[] = [];
    rig.server.sockets.onConnect(() => (deciding[deciding.length] = deferred()).promise);
    broker.missed = [['news', 1, '7-1']];
    const claim = `{"pid":"${ann.pid}","offset":"7-0"}`;
    const second = await rig.open();
    second.send(`40${claim}`);
    await expect.poll(() => deciding.length).toBe(1);
    const coming = enter(claim);
    await expect.poll(() => deciding.length).toBe(2);
    for (const { resolve } of deciding) resolve();
    const back = await coming;
    expect([back.sid, back.client.heard[0]]).toEqual([ann.sid, '42["news",1,"7-1"]']);
    expect([...back.socket.rooms]).toEqual([ann.sid, 'den']);
    expect([...rig.server.sockets.members.keys()]).toEqual([ann.sid]);
    expect(broker.sessions.size).toBe(0);
  });

  it('keeps its place when an earlier connection of it is overdue', async () => {
    const { rig, enter } = await start();
    const ann = await enter();
    ann.socket.join('den');
    const gone = told(ann.socket, 'disconnect');
    ann.client.terminate();
    await gone;
    let asked = 0;
    rig.server.sockets.onConnect(() => (asked++ === 0 ? new Promise(() => {}) : undefined));
    const claim = `{"pid":"${ann.pid}","offset":"7-0"}`;
    const second = await rig.open();
    second.send(`40${claim}`);
    await expect.poll(() => asked).toBe(1);
    const back = await enter(claim);
    rig.clock.advance(46_000);
    expect(rig.log.errors.map(([message]) => message)).toEqual([expect.stringContaining('did not finish')]);
    expect([...back.socket.rooms]).toEqual([ann.sid, 'den']);
    expect([...rig.server.sockets.sockets.values()]).toEqual([back.socket]);
  });

  it('keeps its rooms while disconnect handlers of its old socket are running', async () => {
    const { rig, enter } = await start();
    const { promise, resolve } = deferred();
    rig.server.sockets.onDisconnect(() => promise);
    const ann = await enter();
    ann.socket.join('den');
    const back = await enter(`{"pid":"${ann.pid}","offset":"7-0"}`); // the old socket still used the session
    expect(back.sid).toBe(ann.sid);
    const gone = told(ann.socket, 'disconnect');
    resolve();
    await gone;
    expect([...back.socket.rooms]).toEqual([ann.sid, 'den']);
  });
});

describe('an adapter that keeps no sessions', () => {
  it('is refused when recovery is on', async () => {
    const adapter = class extends ClusterAdapter {
      protected override doPublish(): Promise<string> {
        return Promise.resolve('');
      }
      protected override doPublishResponse(): Promise<void> {
        return Promise.resolve();
      }
    };
    await expect(startServer({ adapter: adapter as never, connectionStateRecovery: {} })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('needs an adapter that keeps sessions'),
    });
  });
});

/** Connects ann, with a cart. `lose` cuts her connection. */
async function enterAnn() {
  const started = await start();
  started.rig.server.use((socket, proceed) => {
    socket.user = socket.handshake.auth['user'];
    proceed();
  });
  const ann = await started.enter('{"user":"ann"}');
  ann.socket.data.cart = 'a book';
  const lose = async (socket = ann.socket): Promise<void> => {
    socket.conn.end('transport close');
    await expect.poll(() => started.broker.sessions.size).toBe(1);
  };
  const claim = (user: string): string => JSON.stringify({ user, pid: ann.pid, offset: '7-0' });
  return { ...started, ann, claim, lose };
}

describe('a session of a user that a broker keeps', () => {
  it('is resumed by its user', async () => {
    const { enter, ann, claim, lose } = await enterAnn();
    await lose();
    const back = await enter(claim('ann'));
    expect([back.sid, back.socket.recovered, back.socket.data]).toEqual([ann.sid, true, { cart: 'a book' }]);
  });

  it('is not given to another user, and stays for its owner', async () => {
    const { enter, ann, claim, lose, broker } = await enterAnn();
    await lose();
    const bob = await enter(claim('bob'));
    expect([bob.sid === ann.sid, bob.socket.recovered, bob.socket.data]).toEqual([false, false, {}]);
    await expect.poll(() => broker.sessions.size).toBe(1);
    const back = await enter(claim('ann'));
    expect([back.sid, back.socket.recovered, back.socket.data]).toEqual([ann.sid, true, { cart: 'a book' }]);
  });

  it('is not given to another user of the handshake', async () => {
    const { rig, enter, claim, lose, broker } = await enterAnn();
    await lose();
    rig.server.engine.use((request, _response, next) => {
      Object.assign(request, { user: 'bob' });
      next();
    });
    expect((await enter(claim('bob'))).socket.recovered).toBe(false);
    expect([...broker.sessions.values()]).toMatchObject([{ userId: 'ann', data: { cart: 'a book' } }]);
  });

  it('is resumed no more after disconnectUser, until all sessions of that time have expired', async () => {
    const { rig, enter, claim, lose } = await enterAnn();
    await lose();
    expect(rig.server.disconnectUser('ann')).toBe(0);
    const again = await enter(claim('ann'));
    expect(again.socket.recovered).toBe(false);
    rig.clock.advance(130_000);
    await lose(again.socket);
    const back = await enter(JSON.stringify({ user: 'ann', pid: again.pid, offset: '7-0' }));
    expect(back.socket.recovered).toBe(true);
  });

  it('is resumed no more after it has expired', async () => {
    const { broker, enter, ann, claim, lose } = await enterAnn();
    ann.socket.expiresAt = new Date(Date.now() - 1);
    await lose();
    expect((await enter(claim('ann'))).socket.recovered).toBe(false);
    expect(broker.sessions.size).toBe(0);
  });

  it('ends with a reason for clients of this process', async () => {
    const { rig, ann } = await enterAnn();
    const left: unknown[] = [];
    ann.socket.on('disconnect', (...heard: unknown[]) => left.push(...heard));
    rig.server.except('nowhere').disconnectSockets(true, 'bye');
    expect(await ann.client.next()).toBe('42["disconnect_reason",{"code":"disconnected","message":"bye"}]');
    expect(left).toEqual(['server namespace disconnect', { code: 'disconnected', message: 'bye' }]);
  });

  it('is not left behind by a disconnect while events are on their way', async () => {
    const { rig, ann, broker } = await enterAnn();
    rig.server.emit('news');
    expect(rig.server.disconnectUser('ann')).toBe(1);
    await ann.client.closed;
    expect(broker.sessions.size).toBe(0);
  });
});
