import { WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import { Event, Gateway, Namespace, ParentNamespace, Server, SocketIoAdapter } from 'nest-socketio';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ask, serve } from '../support/nest-rig.js';

class Initialised {
  readonly given: unknown[] = [];

  @WebSocketServer()
  server: unknown;

  afterInit(server: unknown): void {
    this.given.push(server);
  }
}

describe('SocketIoAdapter', () => {
  const servers: Server[] = [];
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

  function adapter() {
    const server = new Server();
    servers.push(server);
    return { server, adapter: new SocketIoAdapter(server) };
  }

  it('gives the server, or one of its namespaces', () => {
    const { server, adapter: given } = adapter();
    expect(given.create(0)).toBe(server);
    expect(given.create(0, {})).toBe(server);
    expect(given.create(0, { namespace: '/chat' })).toBe(server.of('/chat'));
    expect(given.create(0, { namespace: '/chat' })).toBe(server.of('/chat'));
  });

  it('refuses a port', () => {
    expect(() => adapter().adapter.create(8080)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: expect.stringContaining('port 8080'),
      }),
    );
  });

  it.each(['/rooms/:id', /^\/rooms/])('gives what all namespaces of a pattern have in common: %s', (namespace) => {
    const { adapter: gateways, server } = adapter();
    const parent = gateways.create(0, { namespace });
    expect(parent).toBeInstanceOf(ParentNamespace);
    expect(gateways.create(0, { namespace })).toBe(parent);
    const child = server.of('/rooms/7');
    expect([...(parent as ParentNamespace).children]).toEqual([child]);
  });

  it('binds nothing per client', () => {
    const { server, adapter: given } = adapter();
    const before = server.listenerCount('connection');
    expect(given.bindClientConnect()).toBeUndefined();
    expect(given.bindMessageHandlers()).toBeUndefined();
    expect(server.listenerCount('connection')).toBe(before);
  });

  it('closes the server, however often and whichever way it is told', async () => {
    const { server, adapter: given } = adapter();
    const close = vi.spyOn(server.engine, 'close');
    await Promise.all([given.close(), given.close(), given.dispose()]);
    await given.dispose();
    expect(close).toHaveBeenCalledOnce();
  });

  it('fills @WebSocketServer() and has afterInit() called, for all kinds of gateways', async () => {
    @Gateway()
    class Root extends Initialised {}
    @Gateway('/chat')
    class Chat extends Initialised {}
    @Gateway('chat')
    class Rooms extends Initialised {}
    @WebSocketGateway({ namespace: 'news' })
    class News extends Initialised {}

    const { app } = await serve([Root, Chat, Rooms, News]);
    const server = app.get(Server);
    for (const [type, given] of [
      [Root, server],
      [Chat, server.of('/chat')],
      [Rooms, server.of('/chat')],
      [News, server.of('/news')],
    ] as const) {
      expect(app.get<Initialised>(type).server).toBe(given);
      expect(app.get<Initialised>(type).given).toEqual([given]);
    }
    expect(server).toBeInstanceOf(Server);
    expect(server.of('/chat')).toBeInstanceOf(Namespace);
  });

  it('gives what can be sent with', async () => {
    @Gateway('/chat')
    class Chat {
      @WebSocketServer()
      private readonly namespace!: Namespace;

      @Event()
      shout(): void {
        this.namespace.emit('shouted');
      }
    }
    const { join } = await serve([Chat]);
    const [ann, bob] = [await join('/chat'), await join('/chat')];
    const heard = Promise.all(
      [ann, bob].map((client) => new Promise<void>((resolve) => client.once('shouted', resolve))),
    );
    expect(await ask(ann, 'shout')).toEqual([]);
    expect(await heard).toHaveLength(2);
  });
});
