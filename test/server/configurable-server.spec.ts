import { Adapter } from 'socket.io-adapter';
import { afterEach, describe, expect, it } from 'vitest';
import { LocalFirstAdapter } from '../../lib/server/hosted/local-first-adapter.js';
import { type Namespace, Server } from '../../lib/server/index.js';
import { cleanUp } from '../support/engine-clean-up.js';
import { startServer } from '../support/server-rig.js';

afterEach(cleanUp);

const LATE = expect.objectContaining({ code: 'ALREADY_SERVING' });

describe('path', () => {
  it('is read, and set until the server serves', () => {
    const server = new Server();
    expect(server.path()).toBe('/socket.io');
    expect(server.path('/ws/')).toBe(server);
    expect(server.path()).toBe('/ws');
    expect(server.engine.clientsCount).toBe(0);
    expect(() => server.path('/other')).toThrow(LATE);
    expect(server.path()).toBe('/ws');
  });
});

describe('connectTimeout', () => {
  it('is read, and set until the server serves', () => {
    const server = new Server({ connectTimeout: 1_000 });
    expect(server.connectTimeout()).toBe(1_000);
    expect(server.connectTimeout(2_000)).toBe(server);
    expect(server.connectTimeout()).toBe(2_000);
    expect(() => server.connectTimeout(-1)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(server.engine.clientsCount).toBe(0);
    expect(() => server.connectTimeout(3_000)).toThrow(LATE);
  });
});

describe('serveClient', () => {
  it('is on unless it is not wanted, and set until the server serves', () => {
    expect(new Server().serveClient()).toBe(true);
    const server = new Server();
    expect(server.serveClient(false).serveClient()).toBe(false);
    expect(server.engine.clientsCount).toBe(0);
    expect(() => server.serveClient(true)).toThrow(LATE);
  });
});

describe('adapter', () => {
  it('is read, and set for all namespaces while nobody is connected', async () => {
    const rig = await startServer();
    const { server } = rig;
    const chat = rig.of('/chat');
    expect(server.adapter()).toBeUndefined();
    const closed: string[] = [];
    class Watched extends Adapter {
      override close(): void {
        closed.push((this.nsp as Namespace).name);
      }
    }
    expect(server.adapter(Watched)).toBe(server);
    expect(server.adapter()).toBe(Watched);
    expect(server.adapter(Adapter).adapter()).toBe(Adapter);
    expect(closed).toEqual(['/', '/chat']);
    for (const { delivery } of [server.sockets, chat]) expect(delivery).toBeInstanceOf(LocalFirstAdapter);
    const [client] = await rig.join('/chat');
    chat.emit('news');
    expect(await client.next()).toBe('42/chat,["news"]');
  });

  it('stays as it is once somebody is connected', async () => {
    const rig = await startServer();
    await rig.join();
    expect(() => rig.server.adapter(Adapter)).toThrow(LATE);
    expect(rig.server.adapter()).toBeUndefined();
  });
});

describe('what other engines need', () => {
  it.each(['attachApp', 'bind'] as const)('is refused by %s, which says what to do', (method) => {
    expect(() => new Server()[method]()).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('attach(...) an HTTP server'),
      }),
    );
  });
});
