/** Several namespaces of one stock client, on one connection or on one each. */
import { Server } from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { ChatGateway, startClientApp } from '../../support/client-app.js';
import { next, PLATFORMS } from '../../support/nest-app.js';

describe.each(PLATFORMS)('namespaces of one client on %s', (platform) => {
  it('share a connection, which stays open when the client leaves one of them', async () => {
    const running = await startClientApp(platform);
    const root = running.connect('/', { forceNew: false });
    const chat = running.connect('/chat', { forceNew: false, auth: { name: 'ada' } });
    await Promise.all([next(root, 'connect'), next(chat, 'connect')]);

    chat.disconnect();
    expect(await root.emitWithAck('echo', 'one left')).toBe('one left');
    await expect.poll(() => running.app.get(ChatGateway).left).toEqual([['ada', 'client namespace disconnect']]);
    expect([running.app.get(Server).engine.clientsCount, root.io.engine.readyState]).toEqual([1, 'open']);
  });

  it('can be left and joined again, each time with a new socket', async () => {
    const running = await startClientApp(platform);
    const root = running.connect('/', { forceNew: false });
    const chat = running.connect('/chat', { forceNew: false, auth: { name: 'ada' } });
    await Promise.all([next(root, 'connect'), next(chat, 'connect')]);
    const ids = new Set([chat.id]);
    for (let i = 0; i < 3; i++) {
      expect(await chat.emitWithAck('join', `den ${i}`)).toBe(2); // this room and its own id
      chat.disconnect();
      const welcome = next(chat, 'welcome');
      chat.connect();
      expect(await welcome).toEqual(['ada']);
      ids.add(chat.id);
    }
    expect(ids.size).toBe(4);
    expect(running.app.get(Server).of('/chat').sockets.size).toBe(1);
    expect(await root.emitWithAck('echo', 1)).toBe(1);
  });

  it('close their connection when the client leaves the last of them', async () => {
    const running = await startClientApp(platform);
    const root = running.connect('/', { forceNew: false });
    const chat = running.connect('/chat', { forceNew: false, auth: { name: 'ada' } });
    await Promise.all([next(root, 'connect'), next(chat, 'connect')]);
    root.disconnect();
    chat.disconnect();
    await expect.poll(() => running.app.get(Server).engine.clientsCount).toBe(0);
  });

  it.each([{ forceNew: true }, { multiplex: false, forceNew: false }])(
    'have a connection each with %j',
    async (options) => {
      const running = await startClientApp(platform);
      const root = running.connect('/', options);
      const chat = running.connect('/chat', { ...options, auth: { name: 'ada' } });
      await Promise.all([next(root, 'connect'), next(chat, 'connect')]);
      expect(running.app.get(Server).engine.clientsCount).toBe(2);
      root.disconnect();
      expect(await chat.emitWithAck('join', 'den')).toBe(2);
    },
  );

  it('each have their own auth, an object or a function', async () => {
    const running = await startClientApp(platform);
    const root = running.connect('/', { forceNew: false, auth: { token: 'of root' } });
    const chat = running.connect('/chat', {
      forceNew: false,
      auth: (use: (auth: object) => void) => use({ name: 'ada' }),
    });
    await Promise.all([next(root, 'connect'), next(chat, 'connect')]);
    const { sockets } = running.app.get(Server);
    expect(sockets.sockets.get(root.id as string)?.handshake.auth).toEqual({ token: 'of root' });
    expect(
      running.app
        .get(Server)
        .of('/chat')
        .sockets.get(chat.id as string)?.handshake.auth,
    ).toEqual({ name: 'ada' });
  });

  it('are refused one by one; a refused client can retry with another auth on the same connection', async () => {
    const running = await startClientApp(platform);
    const root = running.connect('/', { forceNew: false });
    const chat = running.connect('/chat', { forceNew: false, auth: { name: 'banned' } });
    const [error] = (await next(chat, 'connect_error')) as [Error & { data: unknown }];
    expect([error.message, error.data, chat.active]).toEqual(['you are banned', { until: ['Friday', null] }, false]);

    chat.auth = { name: 'guest' };
    chat.connect();
    expect(((await next(chat, 'connect_error')) as [Error])[0].message).toBe('Forbidden resource');
    chat.auth = { name: 'ada' };
    const welcome = next(chat, 'welcome');
    chat.connect();
    expect(await welcome).toEqual(['ada']);
    expect(await root.emitWithAck('echo', 1)).toBe(1);
    expect([running.app.get(Server).engine.clientsCount, running.app.get(ChatGateway).left]).toEqual([1, []]);
  });
});
