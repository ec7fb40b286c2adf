import { createServer as createSecureServer } from 'node:https';
import { Server } from 'nest-socketio';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Claim } from '../../lib/testing/expectation.js';
import { Stage } from '../../lib/testing/server-monitor.js';
import { cleanUp } from '../support/engine-clean-up.js';
import { deferred } from '../support/server-rig.js';
import { scene } from '../support/test-scene.js';

afterEach(cleanUp);

const MISSING = { code: 'NOT_RECEIVED', message: 'it did not come' } as const;

function stage(): Stage {
  return Stage.of(scene().server);
}

/** Awaits something that nobody will fulfil. */
function hope(at: Stage, patience: Parameters<Stage['expect']>[2], begin: (claim: Claim<string>) => void = () => {}) {
  return at.expect<string>(begin, () => MISSING as never, patience);
}

describe('Stage', () => {
  it('is one per server', () => {
    const server = new Server();
    expect(Stage.of(server)).toBe(Stage.of(server));
    expect(Stage.of(new Server())).not.toBe(Stage.of(server));
    expect(Stage.of(server).http).toBe(Stage.of(server).http);
    expect(Stage.of(server).http.listening).toBe(false);
  });

  it('hands connections to an HTTP server as the network does', () => {
    const at = stage();
    const connected = vi.fn();
    at.http.on('connection', connected);
    at.dial(at.http, '203.0.113.7').destroy();
    expect(connected.mock.calls).toEqual([
      [expect.objectContaining({ remoteAddress: '203.0.113.7', encrypted: false })],
    ]);
  });

  it('hands connections to an HTTPS server as if TLS were through', () => {
    const https = createSecureServer();
    const connected = vi.fn();
    https.on('secureConnection', connected);
    stage().dial(https, '127.0.0.1').destroy();
    expect(connected.mock.calls).toEqual([[expect.objectContaining({ encrypted: true })]]);
  });

  it('has settled when nothing runs and nothing moves', async () => {
    const at = stage();
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
        more.reject(new Error('it ends all the same'));
      }, 1);
    });
    await settled;
    expect(steps).toEqual(['work', 'more', 'settled']);
  });

  it('has not settled while something moves', async () => {
    const at = stage();
    const client = at.dial(at.http, '127.0.0.1');
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

  it('says what has not ended in time, and which answers are awaited', async () => {
    const at = stage();
    at.running('the handler of "a" in /', new Promise(() => {}));
    at.running('the handler of "b" in /', new Promise(() => {}));
    await expect(at.settled(1)).rejects.toMatchObject({
      code: 'NOT_SETTLED',
      message: 'after 1 ms this still runs: the handler of "a" in /, the handler of "b" in /',
    });
    const answered = at.asked('"question" in /');
    await expect(at.settled(1)).rejects.toThrow('; the server waits for an answer to "question" in /: see answer()');
    answered();
    await expect(at.settled(1)).rejects.toThrow(/in \/$/);
  });

  it('says that there is no end in sight', async () => {
    const at = stage();
    const client = at.dial(at.http, '127.0.0.1');
    client.write('GET / HTTP/1.1\r\nX: ');
    let over = false;
    const goOn = (): void => {
      client.write('x');
      if (!over) setImmediate(goOn);
    };
    goOn();
    await expect(at.settled(5)).rejects.toThrow('after 5 ms messages come and go without end');
    over = true;
    client.destroy();
  });

  it('throws what has failed, once', async () => {
    const at = stage();
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
    const at = stage();
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

  it('hands out failures before anybody is told', async () => {
    const at = stage();
    at.failed('A failed', 7);
    expect(at.takeFailures()).toEqual([{ message: 'A failed', error: 7 }]);
    expect(at.takeFailures()).toEqual([]);
    await at.settled(60_000);
  });

  describe('expects', () => {
    it('what comes, and gives up when everything has settled', async () => {
      const at = stage();
      expect(await hope(at, { timeout: 60_000 }, ({ resolve }) => setImmediate(() => resolve('came')))).toBe('came');
      await expect(hope(at, { timeout: 60_000 })).rejects.toMatchObject(MISSING);
    });

    it('nothing of those who have not ended in time', async () => {
      const at = stage();
      at.running('work', new Promise(() => {}));
      await expect(hope(at, { timeout: 1 })).rejects.toThrow('it did not come; after 1 ms this still runs: work');
    });

    it('something within a time although everything has settled', async () => {
      const at = stage();
      const late = hope(at, { timeout: 1, within: 60_000 }, ({ resolve }) => setTimeout(() => resolve('late'), 5));
      expect(await late).toBe('late');
      await expect(hope(at, { timeout: 60_000, within: 1 })).rejects.toMatchObject(MISSING);
    });

    it('something within its time-out where it is promised', async () => {
      const at = stage();
      const isPromised = vi.fn(() => true);
      const late = hope(at, { timeout: 60_000, isPromised }, ({ resolve }) => setTimeout(() => resolve('late'), 5));
      expect(await late).toBe('late');
      await expect(hope(at, { timeout: 1, isPromised })).rejects.toMatchObject(MISSING);
      await expect(hope(at, { timeout: 60_000, isPromised: () => false })).rejects.toMatchObject(MISSING);
    });

    it('nothing where something has failed', async () => {
      const at = stage();
      at.failed('A failed', new Error('one'));
      await expect(hope(at, { timeout: 60_000 })).rejects.toMatchObject({
        code: 'HANDLER_FAILED',
        message: 'A failed: one\nit did not come',
      });
    });

    it('what came, whatever has failed', async () => {
      const at = stage();
      at.failed('A failed', 7);
      const hoped = hope(at, { timeout: 60_000 }, ({ resolve }) => setImmediate(() => resolve('came')));
      expect(await hoped).toBe('came');
      await expect(at.settled(60_000)).rejects.toThrow('A failed: 7');
    });
  });
});
