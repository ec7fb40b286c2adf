import { WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import { Event, Gateway, Namespace, ParentNamespace, Server, SocketIoAdapter } from 'nest-socketio';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { DeclaredGateway } from '../../lib/nest/gateways/gateway-options.js';
import { GatewayServers } from '../../lib/nest/gateways/gateway-servers.js';
import { RecordingLog } from '../support/engine-rig.js';
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
  const closing: GatewayServers[] = [];
  afterEach(() => Promise.all(closing.splice(0).map((servers) => servers.close())));

  function adapter(...gateways: DeclaredGateway[]) {
    const servers = new GatewayServers({}, gateways, new RecordingLog());
    closing.push(servers);
    return { servers, server: servers.main, adapter: new SocketIoAdapter(servers) };
  }

  it('returns the server, or one of its namespaces', () => {
    const { server, adapter: given } = adapter();
    expect(given.create(0)).toBe(server);
    expect(given.create(0, {})).toBe(server);
    expect(given.create(0, { namespace: '/chat' })).toBe(server.of('/chat'));
    expect(given.create(0, { namespace: '/chat' })).toBe(server.of('/chat'));
  });

  it('returns the same parent for a pattern each time', () => {
    const { adapter: given } = adapter();
    const parent = given.create(0, { namespace: /^\/room-/ });
    expect(parent).toBeInstanceOf(ParentNamespace);
    expect(given.create(0, { namespace: /^\/room-/ })).toBe(parent);
  });

  it('returns the server of a port and a path', () => {
    const {
      server,
      servers,
      adapter: given,
    } = adapter(
      { name: 'Own', port: 8080, options: {} },
      { name: 'Root', port: 0, options: {} },
      { name: 'Path', port: 0, options: { path: '/own' } },
    );
    expect(given.create(8080, {})).toBe(servers.serverAt(8080));
    expect(given.create(0, { path: '/own' })).toBe(servers.serverAt(0, '/own/'));
    expect(new Set([server, servers.serverAt(8080), servers.serverAt(0, '/own')]).size).toBe(3);
  });

  it('calls back once, before the first gateway is wired', () => {
    const called = vi.fn<() => void>();
    const { servers } = adapter();
    const given = new SocketIoAdapter(servers, called);
    expect(called).not.toHaveBeenCalled();
    given.create(0);
    given.create(0, { namespace: '/chat' });
    expect(called).toHaveBeenCalledOnce();
  });

  it('binds nothing per client', () => {
    const { server, adapter: given } = adapter();
    const before = server.listenerCount('connection');
    expect(given.bindClientConnect()).toBeUndefined();
    expect(given.bindMessageHandlers()).toBeUndefined();
    expect(server.listenerCount('connection')).toBe(before);
  });

  it('closes the server once, whichever method is called, and however often', async () => {
    const { server, adapter: given } = adapter();
    const close = vi.spyOn(server.engine, 'close');
    await Promise.all([given.close(), given.close(), given.dispose()]);
    await given.dispose();
    expect(close).toHaveBeenCalledOnce();
  });

  it('makes Nest fill @WebSocketServer() and call afterInit(), for all kinds of gateways', async () => {
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

  it('returns an object that can send', async () => {
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
