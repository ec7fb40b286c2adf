/** The expiry of a socket, on a server with a manual clock. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ClientReason } from '../../../lib/engine/internal.js';
import type { ServerOptions } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { turn } from '../../support/engine-rig.js';
import { startServer } from '../../support/server-rig.js';

afterEach(cleanUp);

const HOUR = 3_600_000;
const REASON = '["disconnect_reason",{"code":"expired","message":"The session has expired"}]';

/** ms that pass between the moment at which a test reads the time and the moment at which the server does. */
const SLACK = 1_000;

const inTime = (ms: number): Date => new Date(Date.now() + ms);

/** Starts a server and connects a client. Real time passes as well, hence the slack. */
async function start(options: ServerOptions = {}) {
  const rig = await startServer(options);
  rig.of('/other');
  const [client, socket] = await rig.join();
  return { rig, client, socket };
}

describe('a socket that expires', () => {
  it('is warned, and then disconnected with a reason; its connection is closed', async () => {
    const { rig, client, socket } = await start();
    const left = vi.fn<(...args: unknown[]) => void>();
    socket.on('disconnect', left);
    expect(socket.expiresAt).toBeNull();
    const expiresAt = inTime(HOUR);
    socket.expiresAt = expiresAt;
    expect(socket.expiresAt).toEqual(expiresAt);
    rig.clock.advance(HOUR - 30_000 - SLACK);
    await client.idle();
    rig.clock.advance(SLACK);
    const [event, { in: left_, expiresAt: at }] = JSON.parse(String(await client.next()).slice(2)) as [
      string,
      { in: number; expiresAt: string },
    ];
    expect([event, at]).toEqual(['session_expiring', expiresAt.toISOString()]);
    expect(left_).toBeGreaterThan(30_000 - SLACK);
    expect(left_).toBeLessThanOrEqual(30_000 + SLACK);
    rig.clock.advance(30_000);
    expect(await client.next()).toBe(`42${REASON}`);
    expect(await client.next()).toBe('41');
    expect(await client.closed).toEqual({ code: 4000 });
    expect(client.reason).toBe('expired: The session has expired');
    expect(left.mock.calls).toEqual([
      ['server namespace disconnect', new ClientReason('expired', 'The session has expired')],
    ]);
  });

  it('stays as long as it is extended', async () => {
    const { rig, client, socket } = await start();
    socket.on('renew', () => socket.extend(inTime(HOUR)));
    socket.expiresAt = inTime(HOUR);
    for (let hour = 0; hour < 3; hour++) {
      rig.clock.advance(HOUR - 20_000);
      expect(String(await client.next())).toContain('session_expiring');
      client.send('42["renew"]');
      await client.idle();
    }
    socket.expiresAt = null;
    rig.clock.advance(100 * HOUR);
    await client.idle();
    expect([socket.connected, rig.server.expiries.size]).toEqual([true, 0]);
  });

  it('is warned once, half of its time before a short one ends', async () => {
    const { rig, client, socket } = await start();
    socket.expiresAt = inTime(20_000);
    rig.clock.advance(8_000);
    await client.idle();
    rig.clock.advance(3_000);
    expect(String(await client.next())).toContain('session_expiring');
    rig.clock.advance(7_000);
    await client.idle();
    rig.clock.advance(3_000);
    expect(await client.next()).toBe(`42${REASON}`);
  });

  it('is not warned if expiryWarning is 0', async () => {
    const { rig, client, socket } = await start({ expiryWarning: 0 });
    socket.expiresAt = inTime(HOUR);
    rig.clock.advance(HOUR + SLACK);
    expect(await client.next()).toBe(`42${REASON}`);
  });

  it('leaves the connection open if the client is in another namespace, and can come back', async () => {
    const { rig, client, socket } = await start({ expiryWarning: 0 });
    await client.join('/other');
    socket.expiresAt = inTime(HOUR);
    rig.clock.advance(HOUR + SLACK);
    expect(await client.next()).toBe(`42${REASON}`);
    expect(await client.next()).toBe('41');
    await client.idle('/other');
    await client.join();
  });

  it('is disconnected at once if the time has passed', async () => {
    const { rig, client, socket } = await start();
    socket.expiresAt = inTime(-1);
    rig.clock.advance(0);
    expect(await client.next()).toBe(`42${REASON}`);
  });

  it('may expire later than a timer of Node can wait', async () => {
    const longest = 2 ** 31 - 1;
    const { rig, client, socket } = await start({ pingInterval: longest, pingTimeout: longest });
    socket.expiresAt = inTime(1_000 * HOUR);
    rig.clock.advance(500 * HOUR);
    await client.idle();
    rig.clock.advance(501 * HOUR);
    expect(await client.next()).toBe('2'); // a ping
    expect(String(await client.next())).toContain('session_expiring');
    expect(await client.next()).toBe(`42${REASON}`);
  });

  it('leaves nothing in the queue when it is disconnected, and expires no more', async () => {
    const { rig, client, socket } = await start();
    socket.expiresAt = inTime(HOUR);
    expect(rig.server.expiries.size).toBe(1);
    client.send('41');
    await vi.waitFor(() => expect(socket.connected).toBe(false));
    expect(rig.server.expiries.size).toBe(0);
    socket.extend(inTime(HOUR));
    expect(rig.server.expiries.size).toBe(0);
  });

  it('is refused if its time is over when its handlers have finished', async () => {
    const rig = await startServer();
    rig.of('/').onConnect((socket) => {
      socket.expiresAt = new Date(Date.now() - 1);
    });
    const client = await rig.open();
    client.send('40');
    expect(await client.next()).toBe('44{"message":"The session has expired","data":{"code":"expired"}}');
    await turn();
    expect(rig.server.expiries.size).toBe(0);
  });

  it('is refused with a reason event if its CONNECT was answered already', async () => {
    const rig = await startServer({ acceptFirst: true });
    rig.of('/').onConnect((socket) => {
      socket.expiresAt = 100_000_000_001;
    });
    const client = await rig.open();
    client.send('40');
    expect(String(await client.next())).toMatch(/^40/);
    expect(await client.next()).toBe(`42${REASON}`);
    expect(await client.next()).toBe('41');
  });

  it.each([1_764_000_000, Number.NaN, new Date('never'), '2030-01-01'])('cannot be given %s', async (expiresAt) => {
    const { socket } = await start();
    expect(() => (socket.expiresAt = expiresAt as never)).toThrow(
      `expiresAt must be a Date or milliseconds since 1970, got ${String(expiresAt)}: multiply the "exp" of a JWT by 1000`,
    );
    expect(socket.expiresAt).toBeNull();
  });
});
