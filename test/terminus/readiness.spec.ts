import { afterEach, describe, expect, it } from 'vitest';
import { examine, READINESS_DEFAULTS, resolveReadiness } from '../../lib/terminus/readiness.js';
import { Server } from '../../lib/server/internal.js';
import { cleanUp } from '../support/engine-clean-up.js';
import { fakeAdapter } from '../support/fake-adapter.js';
import { startServer } from '../support/server-rig.js';

afterEach(cleanUp);

const problemsOf = (server: Server): [kind: string, text: string][] =>
  examine(server, READINESS_DEFAULTS).problems.map(({ kind, text }) => [kind, text]);

/** Publishes messages that the broker never takes. */
function publish(server: Server, count: number, bytes: number): void {
  for (let i = 0; i < count; i++) void server.broker.send(bytes, () => new Promise(() => {}));
}

describe('examine', () => {
  it('finds nothing wrong with a server that serves', async () => {
    const rig = await startServer();
    await rig.join();
    expect(examine(rig.server, READINESS_DEFAULTS)).toEqual({ figures: { connections: 1 }, problems: [] });
  });

  it('finds that a server is attached to nothing, or closes', async () => {
    expect(problemsOf(new Server())).toEqual([['closed', 'the server is attached to no HTTP server']]);
    const { server } = await startServer();
    await server.close();
    expect(problemsOf(server)).toEqual([['closed', 'the server is shutting down']]);
  });

  it.each([
    [18, []],
    [19, [['connections', 'few clients can still connect: 19 of limits.connections (20)']]],
  ])('finds with %d of 20 connections: %j', async (count, problems) => {
    const rig = await startServer({ limits: { connections: 20 } });
    await Promise.all(Array.from({ length: count }, () => rig.join()));
    expect(examine(rig.server, READINESS_DEFAULTS).figures).toEqual({ connections: count, connectionLimit: 20 });
    expect(problemsOf(rig.server)).toEqual(problems);
  });

  it.each([
    [7, 1, []],
    [8, 1, [['outbox', 'messages wait for the broker: 8 of limits.brokerMessages (10)']]],
    [1, 799, []],
    [2, 400, [['outbox', 'messages wait for the broker: 800 of limits.brokerBytes (1000)']]],
  ])('finds with %d messages of %d bytes that wait: %j', async (count, bytes, problems) => {
    const { server } = await startServer({
      adapter: () => fakeAdapter(),
      limits: { brokerMessages: 10, brokerBytes: 1_000 },
    });
    publish(server, count, bytes);
    expect(examine(server, READINESS_DEFAULTS).figures.broker).toEqual({
      degraded: null,
      dropped: 0,
      waiting: { messages: count, bytes: count * bytes },
    });
    expect(problemsOf(server)).toEqual(problems);
  });

  it('finds a broker that takes nothing', async () => {
    const { server, clock } = await startServer({ adapter: () => fakeAdapter() });
    publish(server, 1, 1);
    clock.advance(5_000);
    expect(problemsOf(server)).toEqual([['broker', 'the broker has taken no message for more than 5000 ms']]);
  });
});

describe('resolveReadiness', () => {
  it('fills in the defaults', () => {
    expect(resolveReadiness({})).toEqual({ failOn: ['connections'], outbox: 0.8, connections: 0.95 });
    expect(resolveReadiness({ failOn: [], outbox: 1 })).toEqual({ failOn: [], outbox: 1, connections: 0.95 });
  });

  it.each([
    [
      { failOn: 'broker' },
      'INVALID_OPTION',
      'option "failOn" must be a list of broker, outbox, connections, got "broker"',
    ],
    [
      { failOn: ['disk'] },
      'INVALID_OPTION',
      'option "failOn" must be a list of broker, outbox, connections, got ["disk"]',
    ],
    [{ outbox: 0 }, 'INVALID_OPTION', 'option "outbox" must be a share above 0 and at most 1, got 0'],
    [{ connections: 95 }, 'INVALID_OPTION', 'option "connections" must be a share above 0 and at most 1, got 95'],
    [{ fail: [] }, 'UNKNOWN_OPTION', 'ready() has no option "fail" (did you mean "failOn"?)'],
  ])('refuses %j', (options, code, message) => {
    expect(() => resolveReadiness(options as object)).toThrow(expect.objectContaining({ code, message }));
  });
});
