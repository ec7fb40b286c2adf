/** Floods of handshakes, and connections that never join: refused before anything is spent on them. */
import type { ConnectionError } from 'nest-socketio';
import { describe, expect, it, vi } from 'vitest';
import type { HttpMiddleware } from '../../../lib/engine/index.js';
import { ask, handshake, openRaw, type RawClient } from '../../support/engine-clients.js';
import { Inbox } from '../../support/engine-inbox.js';
import { hostileScene } from '../../support/hostile-scene.js';

const scene = hostileScene();

const REFUSED =
  /^HTTP\/1\.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: text\/plain; charset=utf-8\r\nContent-Length: 14\r\nRetry-After: ([1-9]|10)\r\n\r\nServer is busy$/;

/** Opens connections, and then sends an upgrade request on all of them at once. */
async function knock(count: number, headers: Record<string, string> = {}): Promise<RawClient[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => openRaw(scene.rig.port)));
  for (const client of clients) client.write(handshake(undefined, headers));
  return clients;
}

/** Counts the handshakes that were accepted. Each of the others must be refused for good. */
async function countAccepted(clients: readonly RawClient[]): Promise<number> {
  const accepted = await Promise.all(
    clients.map(async (client) => {
      const status = await client.readText('HTTP/1.1 101');
      if (status.endsWith('101')) return 1;
      expect(status + (await client.readAll())).toMatch(REFUSED);
      return 0;
    }),
  );
  return accepted.reduce<number>((sum, one) => sum + one, 0);
}

/** The headers of a proxy for a client of this address, which has forged another one. */
const from = (address: string) => ({ 'X-Forwarded-For': `10.9.9.9, ${address}` });

const counts = () => scene.rig.server.engine.limitCounts;

describe('a flood of handshakes', () => {
  it('is accepted at the rate of limits.handshakesPerSecond; the rest get 503 and Retry-After', async () => {
    const middleware = vi.fn<HttpMiddleware>((_request, _response, next) => next());
    await scene.restart({ limits: { handshakesPerSecond: 20 }, use: [middleware] });
    scene.rig.clock.advance(1_000);
    const errors: ConnectionError[] = [];
    scene.rig.server.engine.on('connection_error', (error) => void errors.push(error));
    middleware.mockClear();
    expect(await countAccepted(await knock(300))).toBe(40);
    expect(middleware).toHaveBeenCalledTimes(40);
    expect(counts().handshakesPerSecond).toBe(260);
    await scene.neighbour.idle();
    scene.rig.clock.advance(500);
    expect(await countAccepted(await knock(30))).toBe(10);
    expect(counts().handshakesPerSecond).toBe(280);
    expect(scene.rig.log.warnings).toEqual([
      'refused a client of "127.0.0.1": limits.handshakesPerSecond (20) is reached',
    ]);
    expect(errors.map(({ code, message, context }) => ({ code, message, context }))).toEqual([
      { code: 6, message: 'Server is busy', context: { limit: 'handshakesPerSecond' } },
    ]);
    expect(scene.rig.log.debugs.filter((line) => line.startsWith('refused'))).toHaveLength(1);
  });

  it('counts requests that are no upgrades, and answers them with JSON that pages can read', async () => {
    await scene.restart({ limits: { handshakesPerSecond: 2 } });
    const poll = () =>
      ask(scene.rig.port, '/socket.io/?EIO=4&transport=polling', { headers: { Origin: 'https://shop.example' } });
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await poll());
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 503]); // the neighbour was the first
    expect(answers[3]).toMatchObject({
      body: '{"code":6,"message":"Server is busy"}',
      headers: {
        'retry-after': expect.stringMatching(/^([1-9]|10)$/),
        'access-control-allow-origin': 'https://shop.example',
      },
    });
    expect(counts().handshakesPerSecond).toBe(1);
  });
});

describe('handshakes on which the application decides', () => {
  it('count towards limits.unjoinedConnections until they are decided or overdue', async () => {
    const asked = new Inbox<() => void>();
    await scene.restart({
      limits: { unjoinedConnections: 10 },
      allowRequest: ({ headers }, callback) =>
        headers['x-slow'] === undefined ? callback(null, true) : asked.push(() => callback(null, false)),
    });
    const pending = await knock(10, { 'X-Slow': '1' });
    const answers = await asked.take(10);
    const others = await knock(20);
    expect(await countAccepted(others)).toBe(0);
    expect(counts().unjoinedConnections).toBe(20);
    await scene.neighbour.idle();
    for (const answer of answers.slice(0, 5)) answer();
    for (const client of pending.slice(0, 5)) expect(await client.readAll()).toMatch(/^HTTP\/1\.1 403 /);
    expect(await countAccepted(await knock(5))).toBe(5);
    scene.rig.clock.advance(10_000);
    for (const client of pending.slice(5)) expect(await client.readAll()).toMatch(/^HTTP\/1\.1 403 /);
    expect(await countAccepted(await knock(10))).toBe(5);
    expect(scene.faults()).toHaveLength(5); // the application did not answer
  });
});

describe('connections that do not join', () => {
  it('are accepted up to limits.unjoinedConnections, and closed after connectTimeout', async () => {
    await scene.restart({ limits: { unjoinedConnections: 10 } });
    const idle = await knock(30);
    expect(await countAccepted(idle)).toBe(10);
    expect(counts().unjoinedConnections).toBe(20);
    await scene.neighbour.idle();
    scene.rig.clock.advance(46_000);
    expect(await countAccepted(await knock(20))).toBe(10);
    for (const client of idle) client.reset();
    await vi.waitUntil(() => scene.rig.server.engine.clientsCount === 11);
  });

  it('leave room for others as soon as they join', async () => {
    await scene.restart({ limits: { unjoinedConnections: 1 } });
    for (let i = 0; i < 5; i++) await scene.rig.join();
    const late = await scene.open();
    expect(await countAccepted(await knock(1))).toBe(0);
    await late.join();
    expect(await countAccepted(await knock(1))).toBe(1);
  });

  it('and those that do count towards limits.connections', async () => {
    await scene.restart({ limits: { connections: 4 } });
    const [second] = await scene.rig.join();
    expect(await countAccepted(await knock(5))).toBe(2);
    expect(counts().connections).toBe(3);
    second.terminate();
    await vi.waitUntil(() => scene.rig.server.engine.clientsCount === 3);
    expect(await countAccepted(await knock(5))).toBe(1);
    await scene.neighbour.idle();
  });
});

describe('connections of one address', () => {
  const tooMany = /^HTTP\/1\.1 429 Too Many Requests\r\n[^]*\r\nRetry-After: ([1-9]|10)\r\n\r\nToo many connections$/;

  it('are refused with 429 above limits.connectionsPerAddress, behind a proxy, too', async () => {
    await scene.restart({ limits: { connectionsPerAddress: 3 }, trustProxy: true });
    const mine = await knock(3, from('10.0.0.7'));
    expect(await countAccepted(mine)).toBe(3);
    const refused = await knock(5, from('10.0.0.7'));
    for (const client of refused) expect(await client.readAll()).toMatch(tooMany);
    expect(await countAccepted(await knock(3, from('10.0.0.8')))).toBe(3);
    expect(counts().connectionsPerAddress).toBe(5);
    expect(scene.rig.log.warnings).toEqual([
      'refused a client of "10.0.0.7": limits.connectionsPerAddress (3) is reached',
    ]);
    mine[0]?.reset();
    await vi.waitUntil(() => scene.rig.server.engine.clientsCount === 6);
    expect(await countAccepted(await knock(1, from('10.0.0.7')))).toBe(1);
    await scene.neighbour.idle();
  });
});
