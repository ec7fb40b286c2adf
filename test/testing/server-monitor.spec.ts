import { createServer as createSecureServer } from 'node:https';
import { Server } from 'nest-socketio';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Resolvers } from '../../lib/testing/expectation.js';
import { ServerMonitor } from '../../lib/testing/server-monitor.js';
import { cleanUp } from '../support/engine-clean-up.js';
import { deferred } from '../support/server-rig.js';
import { scene } from '../support/test-scene.js';

afterEach(cleanUp);

const MISSING = { code: 'NOT_RECEIVED', message: 'it did not come' } as const;

function monitor(): ServerMonitor {
  return ServerMonitor.of(scene().server);
}

/** Expects a value that never comes, unless `begin` resolves it. */
function expectValue(
  at: ServerMonitor,
  limits: Parameters<ServerMonitor['expect']>[2],
  begin: (resolvers: Resolvers<string>) => void = () => {},
) {
  return at.expect<string>(begin, () => MISSING as never, limits);
}

describe('ServerMonitor', () => {
  it('is one per server', () => {
    const server = new Server();
    expect(ServerMonitor.of(server)).toBe(ServerMonitor.of(server));
    expect(ServerMonitor.of(new Server())).not.toBe(ServerMonitor.of(server));
    expect(ServerMonitor.of(server).http).toBe(ServerMonitor.of(server).http);
    expect(ServerMonitor.of(server).http.listening).toBe(false);
  });

  it('opens connections to an HTTP server as a network does', () => {
    const at = monitor();
    const connected = vi.fn();
    at.http.on('connection', connected);
    at.connect(at.http, '203.0.113.7').destroy();
    expect(connected.mock.calls).toEqual([
      [expect.objectContaining({ remoteAddress: '203.0.113.7', encrypted: false })],
    ]);
  });

  it('opens connections to an HTTPS server as if TLS were established', () => {
    const https = createSecureServer();
    const connected = vi.fn();
    https.on('secureConnection', connected);
    monitor().connect(https, '127.0.0.1').destroy();
    expect(connected.mock.calls).toEqual([[expect.objectContaining({ encrypted: true })]]);
  });

  it('has settled when nothing runs and nothing moves', async () => {
    const at = monitor();
    const [work, more] = [deferred(), deferred()];
    const steps: string[] = [];
    at.running('work', work.promise);
    const settled = at.settled(60_000).then(() => steps.push('settled'));
    setImmediate(() => {
      steps.push('work');
      at.running('more', more.promise);
      work.resolve();
      setTimeout(() => {
        steps.push('more');
        more.reject(new Error('a failure ends it too'));
      }, 1);
    });
    await settled;
    expect(steps).toEqual(['work', 'more', 'settled']);
  });

  it('has not settled while something moves', async () => {
    const at = monitor();
    const client = at.connect(at.http, '127.0.0.1');
    let left = 20;
    const goOn = (): void => {
      client.write(left === 20 ? 'GET / HTTP/1.1\r\nX: ' : 'x');
      if (--left > 0) setImmediate(goOn);
    };
    goOn();
    await at.settled(60_000);
    expect(left).toBe(0);
    client.destroy();
  });

  it('reports unfinished work and unanswered requests after the timeout', async () => {
    const at = monitor();
    at.running('the handler of "a" in /', new Promise(() => {}));
    at.running('the handler of "b" in /', new Promise(() => {}));
    await expect(at.settled(1)).rejects.toMatchObject({
      code: 'NOT_SETTLED',
      message: 'after 1 ms, still running: the handler of "a" in /, the handler of "b" in /',
    });
    const answered = at.ackRequested('"question" in /');
    await expect(at.settled(1)).rejects.toThrow(
      '; the server waits for an acknowledgement of "question" in /: answer it with answer()',
    );
    answered();
    await expect(at.settled(1)).rejects.toThrow(/in \/$/);
  });

  it('reports that messages are still being exchanged', async () => {
    const at = monitor();
    const client = at.connect(at.http, '127.0.0.1');
    client.write('GET / HTTP/1.1\r\nX: ');
    let over = false;
    const goOn = (): void => {
      client.write('x');
      if (!over) setImmediate(goOn);
    };
    goOn();
    await expect(at.settled(5)).rejects.toThrow('after 5 ms, messages are still being exchanged');
    over = true;
    client.destroy();
  });

  it('throws a failure, once', async () => {
    const at = monitor();
    const error = new Error('broken');
    at.failed('A.b failed', error);
    await expect(at.settled(60_000)).rejects.toMatchObject({
      code: 'HANDLER_FAILED',
      message: 'A.b failed: broken',
      cause: error,
    });
    await at.settled(60_000);
  });

  it('throws several failures together, whatever was thrown', async () => {
    const at = monitor();
    at.failed('A failed', new Error('one'));
    at.failed('B failed', 'two');
    at.failed('C was refused', undefined);
    await expect(at.settled(60_000)).rejects.toMatchObject({
      message: 'A failed: one\nB failed: two\nC was refused',
      cause: { errors: [new Error('one'), 'two'] },
    });
    at.failed('D was refused', undefined);
    await expect(at.settled(60_000)).rejects.not.toHaveProperty('cause');
  });

  it('lets a test take failures before they are thrown', async () => {
    const at = monitor();
    at.failed('A failed', 7);
    expect(at.takeFailures()).toEqual([{ message: 'A failed', error: 7 }]);
    expect(at.takeFailures()).toEqual([]);
    await at.settled(60_000);
  });

  describe('expects', () => {
    it('a value, and gives up when everything has settled', async () => {
      const at = monitor();
      expect(await expectValue(at, { timeout: 60_000 }, ({ resolve }) => setImmediate(() => resolve('came')))).toBe(
        'came',
      );
      await expect(expectValue(at, { timeout: 60_000 })).rejects.toMatchObject(MISSING);
    });

    it('nothing after the timeout, and reports unfinished work', async () => {
      const at = monitor();
      at.running('work', new Promise(() => {}));
      await expect(expectValue(at, { timeout: 1 })).rejects.toThrow('it did not come; after 1 ms, still running: work');
    });

    it('a value within a time limit even if everything has settled', async () => {
      const at = monitor();
      const late = expectValue(at, { timeout: 1, within: 60_000 }, ({ resolve }) =>
        setTimeout(() => resolve('late'), 5),
      );
      expect(await late).toBe('late');
      await expect(expectValue(at, { timeout: 60_000, within: 1 })).rejects.toMatchObject(MISSING);
    });

    it('a promised value within the timeout', async () => {
      const at = monitor();
      const isPromised = vi.fn(() => true);
      const late = expectValue(at, { timeout: 60_000, isPromised }, ({ resolve }) =>
        setTimeout(() => resolve('late'), 5),
      );
      expect(await late).toBe('late');
      await expect(expectValue(at, { timeout: 1, isPromised })).rejects.toMatchObject(MISSING);
      await expect(expectValue(at, { timeout: 60_000, isPromised: () => false })).rejects.toMatchObject(MISSING);
    });

    it('nothing, and reports failures first', async () => {
      const at = monitor();
      at.failed('A failed', new Error('one'));
      await expect(expectValue(at, { timeout: 60_000 })).rejects.toMatchObject({
        code: 'HANDLER_FAILED',
        message: 'A failed: one\nit did not come',
      });
    });

    it('a received value despite failures', async () => {
      const at = monitor();
      at.failed('A failed', 7);
      const value = expectValue(at, { timeout: 60_000 }, ({ resolve }) => setImmediate(() => resolve('came')));
      expect(await value).toBe('came');
      await expect(at.settled(60_000)).rejects.toThrow('A failed: 7');
    });
  });
});
