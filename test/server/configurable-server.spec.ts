import { Adapter } from 'socket.io-adapter';
import { afterEach, describe, expect, it } from 'vitest';
import { LocalFirstAdapter } from '../../lib/server/hosted/local-first-adapter.js';
import { type Namespace, Server, type ServerOptions } from '../../lib/server/internal.js';
import { Settings } from '../../lib/server/configurable-server.js';
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
  it('is on by default, and can be set until the server serves', () => {
    expect(new Server().serveClient()).toBe(true);
    const server = new Server();
    expect(server.serveClient(false).serveClient()).toBe(false);
    expect(server.engine.clientsCount).toBe(0);
    expect(() => server.serveClient(true)).toThrow(LATE);
  });
});

describe('adapter', () => {
  it('can be read, and set for all namespaces while no client is connected', async () => {
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

  it('cannot be set once a client is connected', async () => {
    const rig = await startServer();
    await rig.join();
    expect(() => rig.server.adapter(Adapter)).toThrow(LATE);
    expect(rig.server.adapter()).toBeUndefined();
  });
});

describe('a method for other engines', () => {
  it.each(['attachApp', 'bind'] as const)('is refused by %s, which says what to do', (method) => {
    expect(() => new Server()[method]()).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('call attach(httpServer) or listen(port)'),
      }),
    );
  });
});

describe('Settings', () => {
  it('adds options, but does not replace the first ones', () => {
    const settings = new Settings({ path: '/first', connectTimeout: undefined } as unknown as ServerOptions);
    settings.add({ path: '/second', connectTimeout: 5, pingTimeout: 6 });
    expect(settings.resolved).toMatchObject({ connectTimeout: 5, engine: { path: '/first', pingTimeout: 6 } });
  });

  it('sets an option, replacing its value, and keeps it', () => {
    const settings = new Settings({ path: '/first' });
    settings.set({ path: '/second' });
    settings.add({ path: '/third' });
    expect(settings.resolved.engine.path).toBe('/second');
  });

  it('changes the object that it has returned', () => {
    const settings = new Settings({});
    const { resolved } = settings;
    const { engine } = resolved;
    settings.set({ ackTimeout: 7, pingTimeout: 8 });
    expect([resolved.ackTimeout, engine.pingTimeout]).toEqual([7, 8]);
    expect(settings.resolved).toBe(resolved);
    expect(resolved.engine).toBe(engine);
  });

  it('refuses an unknown option without changing any', () => {
    const settings = new Settings({});
    expect(() => settings.set({ connectTimeout: -1 })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(() => settings.add({ pth: '/' } as ServerOptions)).toThrow('did you mean "path"?');
    expect(settings.resolved.connectTimeout).toBe(45_000);
    expect(() => settings.set({ path: '/a' })).not.toThrow();
  });

  it('refuses changes once it is sealed, except to the adapter', () => {
    const settings = new Settings({});
    settings.seal();
    const late = { code: 'ALREADY_SERVING' };
    expect(() => settings.set({ path: '/a' })).toThrow(expect.objectContaining(late));
    expect(() => settings.add({ path: '/a', pingTimeout: 1 })).toThrow(
      expect.objectContaining({ ...late, message: expect.stringContaining('too late to set "path", "pingTimeout"') }),
    );
    settings.add({});
    settings.setAdapter(Adapter);
    expect(settings.resolved.adapter).toBe(Adapter);
  });
});
