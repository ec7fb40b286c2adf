/** Connection state recovery: a session is resumed by its own user, and until it expires. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ServerOptions, Socket } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { type ServerRig, startServer } from '../../support/server-rig.js';
import type { WireClient } from '../../support/server-wire.js';

afterEach(cleanUp);

interface Entered {
  readonly client: WireClient;
  readonly socket: Socket;
  readonly pid: string;
  readonly sid: string;
  /** The events that were received before the answer to the CONNECT. */
  readonly missed: string[];
}

/** A server whose user is set on the handshake (`header`), by a middleware (`token`) or by a connect handler (`late`). */
async function start(options: ServerOptions = {}): Promise<ServerRig> {
  const rig = await startServer({ connectionStateRecovery: {}, ...options });
  rig.server.engine.use((request, _response, next) => {
    const user = request.headers['x-user'];
    if (user !== undefined) Object.assign(request, { user: String(user) });
    next();
  });
  rig
    .of('/')
    .use((socket, next) => {
      const { token } = socket.handshake.auth;
      if (token !== undefined) socket.user = { sub: token };
      next();
    })
    .onConnect((socket) => {
      const { late } = socket.handshake.auth;
      if (late !== undefined) socket.user = { sub: late };
      socket.emit('hello', socket.recovered, socket.data.cart ?? null);
      socket.join(`user:${socket.userId}`);
    });
  return rig;
}

async function enter(rig: ServerRig, auth: object = {}, header?: string): Promise<Entered> {
  const client = await rig.open(header === undefined ? {} : { headers: { 'x-user': header } });
  client.send(`40${JSON.stringify(auth)}`);
  const missed: string[] = [];
  let answer = String(await client.next());
  for (; !answer.startsWith('40'); answer = String(await client.next())) missed.push(answer);
  const { sid, pid } = JSON.parse(answer.slice(2)) as { sid: string; pid: string };
  return { client, missed, sid, pid, socket: rig.server.sockets.sockets.get(sid) as Socket };
}

/** Takes the event of the connect handler. @returns its arguments, and the offset */
async function hello({ client }: Entered): Promise<[recovered: boolean, cart: unknown, offset: string]> {
  return (JSON.parse(String(await client.next()).slice(2)) as [string, boolean, unknown, string]).slice(1) as never;
}

/** Connects ann, gives her a cart, cuts her connection and sends her an event. */
async function loseAnn(rig: ServerRig, auth: object, header?: string) {
  const ann = await enter(rig, auth, header);
  const [, , offset] = await hello(ann);
  ann.socket.data.cart = 'a book';
  ann.client.terminate();
  await expect.poll(() => rig.server.sockets.sockets.size).toBe(0);
  rig.server.to('user:ann').emit('secret');
  return { ann, claim: { pid: ann.pid, offset } };
}

const WAYS = [
  { way: 'the handshake', of: (name: string): [object, string | undefined] => [{}, name] },
  { way: 'a middleware', of: (name: string): [object, string | undefined] => [{ token: name }, undefined] },
  { way: 'a connect handler', of: (name: string): [object, string | undefined] => [{ late: name }, undefined] },
];

describe.each(WAYS)('a session whose user is known by $way', ({ of }) => {
  it('is resumed by its user', async () => {
    const rig = await start();
    const { ann, claim } = await loseAnn(rig, ...of('ann'));
    const [auth, header] = of('ann');
    const back = await enter(rig, { ...auth, ...claim }, header);
    expect([back.sid, back.socket.recovered, back.socket.userId]).toEqual([ann.sid, true, 'ann']);
    expect(back.missed).toHaveLength(1);
    expect((await hello(back)).slice(0, 2)).toEqual([true, 'a book']);
  });

  it('is not given to another user, who gets a new one, and stays for its owner', async () => {
    const rig = await start();
    const { ann, claim } = await loseAnn(rig, ...of('ann'));
    const [auth, header] = of('bob');
    const bob = await enter(rig, { ...auth, ...claim }, header);
    expect(bob.sid).not.toBe(ann.sid);
    expect(bob.missed).toEqual([]);
    expect([bob.socket.recovered, bob.socket.userId, bob.socket.data]).toEqual([false, 'bob', {}]);
    expect((await hello(bob)).slice(0, 2)).toEqual([false, null]);
    expect([...bob.socket.rooms]).toEqual([bob.sid, 'user:bob']);
    rig.server.to('user:ann').emit('secret');
    await bob.client.idle();
    rig.server.to('user:bob').emit('hi');
    expect(String(await bob.client.next())).toContain('"hi"');
    const [again, by] = of('ann');
    const back = await enter(rig, { ...again, ...claim }, by);
    expect([back.sid, back.socket.recovered]).toEqual([ann.sid, true]);
    expect(back.missed).toHaveLength(2);
    expect(rig.server.users.of('ann')).toEqual([back.socket]);
  });

  it('is dropped by disconnectUser', async () => {
    const rig = await start();
    const { ann, claim } = await loseAnn(rig, ...of('ann'));
    expect(rig.server.disconnectUser('ann')).toBe(0);
    const [auth, header] = of('ann');
    const back = await enter(rig, { ...auth, ...claim }, header);
    expect([back.sid === ann.sid, back.socket.recovered]).toEqual([false, false]);
  });
});

describe('a session', () => {
  it('is not taken from a connected client by another user', async () => {
    const rig = await start();
    const ann = await enter(rig, {}, 'ann');
    const [, , offset] = await hello(ann);
    const bob = await enter(rig, { pid: ann.pid, offset }, 'bob');
    expect(bob.socket.recovered).toBe(false);
    await ann.client.idle();
  });

  it('of a user is resumed by a client that presents the pid and no user', async () => {
    const rig = await start({ connectionStateRecovery: { skipMiddlewares: true } });
    const { ann, claim } = await loseAnn(rig, { token: 'ann' });
    const back = await enter(rig, claim);
    expect([back.sid, back.socket.recovered, back.socket.userId]).toEqual([ann.sid, true, 'ann']);
    expect(rig.server.disconnectUser('ann')).toBe(1);
    await back.client.closed;
  });

  it('is not resumed if a middleware sets no user', async () => {
    const rig = await start();
    rig.of('/').use((socket, next) => {
      if (socket.handshake.auth['out'] === true) socket.user = null;
      next();
    });
    const { ann, claim } = await loseAnn(rig, { token: 'ann' });
    const back = await enter(rig, { ...claim, out: true });
    expect([back.sid === ann.sid, back.socket.recovered, back.socket.data]).toEqual([false, false, {}]);
  });

  it('keeps its expiry, after which it cannot be resumed', async () => {
    const rig = await start();
    const ann = await enter(rig, { token: 'ann' });
    const [, , offset] = await hello(ann);
    const expiresAt = new Date(Date.now() + 60_000);
    ann.socket.expiresAt = expiresAt;
    ann.client.terminate();
    await expect.poll(() => rig.server.sockets.sockets.size).toBe(0);
    expect(rig.server.expiries.size).toBe(0);
    const claim = { token: 'ann', pid: ann.pid, offset };
    const back = await enter(rig, claim);
    expect([back.socket.recovered, back.socket.expiresAt, rig.server.expiries.size]).toEqual([true, expiresAt, 1]);
    back.socket.expiresAt = new Date(Date.now() - 1);
    back.client.terminate();
    await expect.poll(() => rig.server.sockets.sockets.size).toBe(0);
    expect((await enter(rig, claim)).socket.recovered).toBe(false);
  });

  it('is not kept when the server disconnects its user', async () => {
    const rig = await start();
    const ann = await enter(rig, { token: 'ann' });
    const [, , offset] = await hello(ann);
    expect(rig.server.disconnectUser('ann')).toBe(1);
    await ann.client.closed;
    expect((await enter(rig, { token: 'ann', pid: ann.pid, offset })).socket.recovered).toBe(false);
  });

  it('of another user ends a client whose CONNECT was answered first', async () => {
    const rig = await start({ acceptFirst: true });
    const { claim } = await loseAnn(rig, { late: 'ann' });
    const client = await rig.open();
    client.send(`40${JSON.stringify({ ...claim, late: 'bob' })}`);
    let frame = String(await client.next());
    while (!frame.includes('disconnect_reason')) frame = String(await client.next());
    expect(frame).toContain('{"code":"other_user","message":"The session belongs to another user"}');
    expect(await client.next()).toBe('41');
  });
});
