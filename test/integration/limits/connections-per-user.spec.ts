/** `limits.connectionsPerUser`, over real connections. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ServerOptions } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { deferred, startServer } from '../../support/server-rig.js';
import type { WireClient } from '../../support/server-wire.js';

afterEach(cleanUp);

const REFUSAL = '{"message":"Too many connections of this user","data":{"code":"too_many_connections","limit":2}}';

async function start(options: ServerOptions = {}) {
  const rig = await startServer({ limits: { connectionsPerUser: 2 }, ...options });
  for (const name of ['/', '/other']) {
    rig.of(name).use((socket, next) => {
      socket.user = socket.handshake.auth['user'];
      next();
    });
  }
  const enter = async (user: string, nsp = '/', client?: WireClient): Promise<[WireClient, answer: string]> => {
    const to = client ?? (await rig.open());
    const prefix = nsp === '/' ? '' : `${nsp},`;
    to.send(`40${prefix}${JSON.stringify({ user })}`);
    return [to, String(await to.next()).replace(prefix, '')];
  };
  const [healthy] = await enter('healthy');
  return { rig, enter, healthy };
}

describe('a user with as many connections as allowed', () => {
  it('is refused another one, which is counted and logged; other users are not affected', async () => {
    const { rig, enter, healthy } = await start();
    for (let i = 0; i < 2; i++) expect((await enter('ann'))[1]).toMatch(/^40/);
    for (let i = 0; i < 50; i++) expect((await enter('ann'))[1]).toBe(`44${REFUSAL}`);
    expect((await enter('bob'))[1]).toMatch(/^40/);
    await healthy.idle();
    expect(rig.server.engine.limitCounts.connectionsPerUser).toBe(50);
    const lines = rig.log.warnings.filter((line) => line.includes('connectionsPerUser'));
    expect(lines).toEqual(['user "ann" was refused another connection: limits.connectionsPerUser (2) is reached']);
    expect([rig.server.sockets.sockets.size, rig.server.users.size]).toEqual([4, 3]);
  });

  it('may join other namespaces on its connections', async () => {
    const { rig, enter, healthy } = await start();
    const [[phone], [tab]] = [await enter('ann'), await enter('ann')];
    for (const client of [phone, tab]) expect((await enter('ann', '/other', client))[1]).toMatch(/^40/);
    expect((await enter('ann', '/other'))[1]).toBe(`44${REFUSAL}`);
    await healthy.idle();
    expect(rig.server.engine.limitCounts.connectionsPerUser).toBe(1);
  });

  it('may connect again when one of them has ended', async () => {
    const { enter, healthy, rig } = await start();
    const [[phone]] = [await enter('ann'), await enter('ann')];
    phone.terminate();
    await expect.poll(() => rig.server.sockets.sockets.size).toBe(2);
    expect((await enter('ann'))[1]).toMatch(/^40/);
    await healthy.idle();
  });

  it('cannot have more by connecting at the same time', async () => {
    const { rig, enter, healthy } = await start();
    const go = deferred();
    rig.of('/').use(async (_socket, next) => {
      await go.promise;
      next();
    });
    const answers = Promise.all(Array.from({ length: 10 }, () => enter('ann')));
    await expect.poll(() => rig.server.users.of('ann').length).toBe(10);
    go.resolve();
    const refused = (await answers).filter(([, answer]) => answer === `44${REFUSAL}`);
    expect(refused).toHaveLength(8);
    await healthy.idle();
  });

  it('is refused with a reason event if its CONNECT was answered first', async () => {
    const { enter, healthy, rig } = await start({ acceptFirst: true });
    rig.of('/').onConnect(() => {});
    await enter('ann');
    await enter('ann');
    const [third, answer] = await enter('ann');
    expect(answer).toMatch(/^40/);
    expect(await third.next()).toBe(
      '42["disconnect_reason",{"code":"too_many_connections","message":"Too many connections of this user"}]',
    );
    expect(await third.next()).toBe('41');
    await healthy.idle();
  });
});

describe('limits.connectionsPerUser', () => {
  it('is off by default, and does not bound anonymous clients', async () => {
    const { rig, enter } = await start({ limits: {} });
    for (let i = 0; i < 5; i++) expect((await enter('ann'))[1]).toMatch(/^40/);
    expect(rig.server.engine.limitCounts.connectionsPerUser).toBe(0);
  });
});
