/** The user of a socket, and the disconnection of all sockets of a user. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ServerOptions, Socket } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { deferred, type ServerRig, startServer } from '../../support/server-rig.js';
import type { WireClient } from '../../support/server-wire.js';

afterEach(cleanUp);

async function start(options: ServerOptions = {}): Promise<ServerRig> {
  const rig = await startServer(options);
  for (const name of ['/', '/chat', '/open']) {
    rig.of(name).onConnect((socket) => {
      const { user } = socket.handshake.auth;
      if (user !== undefined) socket.user = user;
    });
  }
  return rig;
}

async function enter(rig: ServerRig, user: unknown, nsp = '/', client?: WireClient): Promise<[WireClient, Socket]> {
  const to = client ?? (await rig.open());
  const prefix = nsp === '/' ? '' : `${nsp},`;
  to.send(`40${prefix}${JSON.stringify({ user })}`);
  const answer = String(await to.next()).slice(2 + prefix.length);
  const { sid } = JSON.parse(answer) as { sid: string };
  return [to, rig.server.of(nsp).sockets.get(sid) as Socket];
}

describe('the id of a user', () => {
  it('is unknown for an anonymous client, which has no entry in the index', async () => {
    const rig = await start();
    const [, socket] = await rig.join();
    expect([socket.userId, rig.server.users.size]).toEqual([undefined, 0]);
  });

  it('follows the user', async () => {
    const rig = await start();
    const [, socket] = await enter(rig, { sub: 'ann' });
    expect(socket.userId).toBe('ann');
    socket.user = { id: 7 };
    expect(socket.userId).toBe('7');
    socket.user = null;
    expect([socket.userId, rig.server.users.size]).toEqual([undefined, 0]);
  });

  it('can be set, and then does not follow the user until it is unset', async () => {
    const rig = await start();
    const [, socket] = await enter(rig, { sub: 'ann' });
    socket.userId = 'u-1';
    socket.user = { sub: 'bob' };
    expect(socket.userId).toBe('u-1');
    socket.userId = undefined;
    expect(socket.userId).toBe('bob');
  });

  it('is that of the user whom a middleware of the handshake has set', async () => {
    const rig = await start();
    rig.server.engine.use((request, _response, next) => {
      Object.assign(request, { user: { id: 'ann' } });
      next();
    });
    const [client, socket] = await rig.join();
    expect(socket.userId).toBe('ann');
    expect(rig.server.disconnectUser('ann')).toBe(1);
    expect(await client.closed).toEqual({ code: 4000 });
  });

  it('is derived by the option userId', async () => {
    const rig = await start({ userId: (user: { name: string }) => user.name });
    const [, socket] = await enter(rig, { id: 1, name: 'ann' });
    expect(socket.userId).toBe('ann');
    socket.user = null;
    expect(socket.userId).toBeUndefined();
  });
});

describe('disconnectUser', () => {
  const REASON =
    '["disconnect_reason",{"code":"user_disconnected","message":"The server ended all connections of this user"}]';

  it('ends all connections of a user, in all namespaces, and no other', async () => {
    const rig = await start();
    const [phone] = await enter(rig, { id: 1 });
    await enter(rig, { id: 1 }, '/chat', phone);
    const [tab] = await enter(rig, { id: 1 }, '/chat');
    const [bob] = await enter(rig, { id: 2 });
    const [anonymous] = await rig.join();
    expect(rig.server.disconnectUser(1)).toBe(3);
    expect([await phone.next(), await phone.next()]).toEqual([`42${REASON}`, '41']);
    expect([await phone.next(), await phone.next()]).toEqual([`42/chat,${REASON}`, '41/chat,']);
    expect(await phone.closed).toEqual({ code: 4000 });
    expect(phone.reason).toBe('user_disconnected: The server ended all connections of this user');
    expect(await tab.closed).toEqual({ code: 4000 });
    await bob.idle();
    await anonymous.idle();
    expect(rig.server.disconnectUser('1')).toBe(0);
    expect(rig.server.users.size).toBe(1);
  });

  it('has the reason of the application', async () => {
    const rig = await start();
    const [client] = await enter(rig, 'ann');
    rig.server.disconnectUser('ann', { code: 'banned', message: 'You were banned' });
    expect(await client.next()).toBe('42["disconnect_reason",{"code":"banned","message":"You were banned"}]');
    expect(await client.next()).toBe('41');
    await client.closed;
    expect(client.reason).toBe('banned: You were banned');
  });

  it('of a namespace disconnects from that namespace, and leaves connections open', async () => {
    const rig = await start();
    const [client] = await enter(rig, 'ann');
    await enter(rig, 'ann', '/chat', client);
    expect(rig.server.of('/chat').disconnectUser('ann', 'bye')).toBe(1);
    expect(await client.next()).toBe('42/chat,["disconnect_reason",{"code":"disconnected","message":"bye"}]');
    expect(await client.next()).toBe('41/chat,');
    await client.idle();
  });

  it('of a pattern disconnects from all namespaces of the pattern', async () => {
    const rig = await start();
    const rooms = rig.server.of(/^\/room-/).onConnect((socket) => void (socket.user = 'ann'));
    const client = await rig.open();
    for (const name of ['/room-1', '/room-2']) {
      client.send(`40${name},`);
      await client.next();
    }
    expect(rooms.disconnectUser('ann')).toBe(2);
    expect(rooms.disconnectUser('ann')).toBe(0);
  });

  it('refuses a client whose CONNECT is being decided', async () => {
    const rig = await start();
    const go = deferred();
    const chat = rig.of('/middle').use(async (socket, next) => {
      socket.user = 'ann';
      await go.promise;
      next();
    });
    const client = await rig.open();
    client.send('40/middle,');
    await expect.poll(() => rig.server.users.size).toBe(1);
    expect(chat.disconnectUser('ann', 'banned')).toBe(1);
    go.resolve();
    expect(await client.next()).toBe('44/middle,{"message":"banned","data":{"code":"disconnected"}}');
    expect(rig.server.users.size).toBe(0);
  });

  it('finds a user who was refused no more', async () => {
    const rig = await start();
    rig.of('/no').use((socket, next) => {
      socket.user = 'ann';
      next(new Error('no'));
    });
    const client = await rig.open();
    client.send('40/no,');
    expect(await client.next()).toBe('44/no,{"message":"no"}');
    expect(rig.server.users.size).toBe(0);
  });
});

describe('disconnectSockets', () => {
  it('has a reason', async () => {
    const rig = await start();
    const [client, socket] = await rig.join();
    const left = vi.fn<(...args: unknown[]) => void>();
    socket.on('disconnect', left);
    rig.server.in(socket.id).disconnectSockets(true, { code: 'full', message: 'Too many' });
    expect(await client.next()).toBe('42["disconnect_reason",{"code":"full","message":"Too many"}]');
    expect(await client.next()).toBe('41');
    expect(await client.closed).toEqual({ code: 4000 });
    expect(left.mock.calls).toEqual([['server namespace disconnect', { code: 'full', message: 'Too many' }]]);
  });

  it('refuses a reason that is neither a text nor { code, message }', async () => {
    const rig = await start();
    const [client, socket] = await rig.join();
    expect(() => rig.server.disconnectSockets(true, 5 as never)).toThrow('the reason of a disconnect must be');
    expect(() => socket.disconnect(true, {} as never)).toThrow('the reason of a disconnect must be');
    await client.idle();
  });
});
