import type { OnApplicationBootstrap } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import { memoryBroker, Namespace, ParentNamespace, Server } from 'nest-socketio';
import { createServer } from 'node:net';
import { io } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import type { DeclaredGateway } from '../../../lib/nest/gateways/gateway-options.js';
import { GatewayServers, nameOfEndpoint } from '../../../lib/nest/gateways/gateway-servers.js';
import { RecordingLog, turn } from '../../support/engine-rig.js';
import { ManualClock } from '../../support/manual-clock.js';
import { later } from '../../support/nest-app.js';
import { ask, entered, serve } from '../../support/nest-rig.js';
import { freePort } from '../../support/process.js';

function servers(gateways: Partial<DeclaredGateway>[], options = {}): GatewayServers {
  const declared = gateways.map((gateway, index) => ({ name: `G${index}`, port: 0, options: {}, ...gateway }));
  const made = new GatewayServers(options, declared, new RecordingLog());
  later(() => made.close());
  return made;
}

const GATEWAY: DeclaredGateway = { name: 'Chat', port: 0, options: {} };

describe('GatewayServers', () => {
  it('has one server per port and path, with or without a slash at its end', () => {
    const made = servers([{}, { options: { path: '/a/' } }, { port: 81 }, { port: 81, options: { path: '/a' } }]);
    const all = [made.main, made.serverAt(0, '/a'), made.serverAt(81), made.serverAt(81, '/a')];
    expect(new Set(all).size).toBe(4);
    expect(made.serverAt(0, '/socket.io/')).toBe(made.main);
    expect(made.serverAt(0, '/a/')).toBe(all[1]);
  });

  it.each<[string, Partial<DeclaredGateway>[], object, string]>([
    ['that of all gateways', [{ options: { path: '/a' } }, { port: 81 }], {}, '/a'],
    ['its default where gateways differ', [{ options: { path: '/a' } }, {}], {}, '/socket.io'],
    ["the module's", [{ options: { path: '/a' } }, {}], { path: '/m' }, '/m'],
  ])('takes for its own path %s', (_what, gateways, options, path) => {
    const made = servers(gateways, options);
    expect(made.serverAt(0, path)).toBe(made.main);
    expect(made.describe({ port: 0, options: { path, namespace: 'n' } })).toBe('/n');
  });

  it('gives one namespace to all who name it', () => {
    const made = servers([{ port: 81 }]);
    const chat = made.namespaceOf({ port: 0, options: { namespace: 'chat' } });
    expect(made.namespaceOf({ port: 0, options: { namespace: '/chat' } })).toBe(chat);
    expect(chat).toBeInstanceOf(Namespace);
    const rooms = made.namespaceOf({ port: 0, options: { namespace: /^\/r/ } });
    expect(rooms).toBeInstanceOf(ParentNamespace);
    expect(made.namespaceOf({ port: 0, options: { namespace: /^\/r/ } })).toBe(rooms);
    expect(made.namespaceOf({ port: 81, options: { namespace: /^\/r/ } })).not.toBe(rooms);
  });

  it('joins each of its servers to those of the same port and path', async () => {
    const broker = memoryBroker();
    const [one, other] = [0, 1].map(() => {
      const made = new GatewayServers({}, [GATEWAY, { ...GATEWAY, port: 81 }], new RecordingLog(), broker);
      later(() => made.close());
      return made;
    }) as [GatewayServers, GatewayServers];
    await Promise.all([one.joinCluster(), other.joinCluster()]);
    for (const port of [0, 81]) {
      const { cluster } = one.serverAt(port);
      await expect.poll(() => cluster.nodes.length).toBe(2);
      expect(cluster.nodes[1]?.id).toBe(other.serverAt(port).cluster.nodes[0]?.id);
    }
  });

  it('keeps its ports open for drain.delay', async () => {
    const port = await freePort();
    const clock = new ManualClock();
    const made = servers([{ port }], { clock, drain: { delay: 3_000 } });
    await made.listen();
    expect(made.all.map(({ server }) => server.draining)).toEqual([false, false]);
    const closed = made.close();
    expect(made.all.map(({ server }) => server.draining)).toEqual([true, true]);
    await turn();
    const answered = await fetch(`http://127.0.0.1:${port}/`);
    expect(answered.status).toBe(404);
    clock.advance(3_000);
    await closed;
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });

  it('says where a gateway is served', () => {
    const made = servers([{}, { port: 81 }, { options: { path: '/a' } }]);
    expect(made.describe({ port: 81, options: {} })).toBe('/ on port 81, path /socket.io');
    expect(made.describe({ port: 0, options: { path: '/a', namespace: /^\/r/ } })).toBe('/^\\/r/ on path /a');
  });

  it('refuses requests below a path, and leaves those below a longer path to its gateways', async () => {
    const port = await freePort();
    const made = servers([{ port, options: { path: '/a/b' } }, { port, options: { path: '/a' } }, { port }]);
    await made.listen();
    const answers = await Promise.all(
      ['/a/b/c', '/a/c', '/socket.io/default/', '/b', '/a/b/socket.io.js'].map(async (path) => {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`);
        return [answer.status, /clients connect to (\S+)/.exec(await answer.text())?.[1]];
      }),
    );
    expect(answers).toEqual([
      [400, '/a/b/'],
      [400, '/a/'],
      [400, '/socket.io/'],
      [404, undefined],
      [200, undefined],
    ]);
    await made.close();
  });

  it('serves several paths of one port', async () => {
    const port = await freePort();
    const made = servers([{ port }, { port, options: { path: '/a' } }]);
    await made.listen();
    const answers = await Promise.all(
      ['/socket.io', '/a', '/other'].map((path) => fetch(`http://127.0.0.1:${port}${path}/?transport=polling`)),
    );
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 404]);
    expect(made.hasPorts).toBe(true);
    await made.close();
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });
});

function gateway(port: number) {
  @WebSocketGateway(port, { namespace: 'own' })
  class Own {
    @WebSocketServer()
    server!: Namespace;

    @SubscribeMessage('count')
    count(): number {
      return this.server.server.engine.clientsCount;
    }
  }
  return Own;
}

describe('a gateway with a port of its own', () => {
  it('is served there and nowhere else, by a server of its own', async () => {
    const port = await freePort();
    const Own = gateway(port);
    const { app, connect } = await serve([Own]);
    const own = io(`http://127.0.0.1:${port}/own`, { transports: ['websocket'], forceNew: true, reconnection: false });
    later(() => own.disconnect());
    await entered(own);
    expect(await ask(own, 'count')).toEqual([1]);
    expect(app.get(Own).server.server).not.toBe(app.get(Server));
    await expect(entered(connect('/own'))).rejects.toThrow('Invalid namespace');
  });

  it('listens when the last bootstrap hook of the application is over, and not before', async () => {
    const port = await freePort();
    const attempts: string[] = [];
    class Slow implements OnApplicationBootstrap {
      async onApplicationBootstrap(): Promise<void> {
        attempts.push(await reach(port));
      }
    }
    @Module({ providers: [Slow] })
    class SlowModule {}
    await serve([gateway(port), Slow], { imports: [SlowModule] });
    attempts.push(await reach(port));
    expect(attempts).toEqual(['refused', 'refused', 'reached']);
  });

  it('is a start-up error when the port is taken', async () => {
    const port = await freePort();
    const taker = createServer().listen(port);
    later(() => taker.close());
    await expect(serve([gateway(port)])).rejects.toThrow(
      `cannot listen on port ${port}, set by @WebSocketGateway(${port}) of Own`,
    );
  });
});

function reach(port: number): Promise<string> {
  return fetch(`http://127.0.0.1:${port}/`).then(
    () => 'reached',
    () => 'refused',
  );
}

describe('nameOfEndpoint', () => {
  it('names the port of a server unless it is that of the application', () => {
    expect(nameOfEndpoint({ port: 0, path: '/socket.io' })).toBe('/socket.io');
    expect(nameOfEndpoint({ port: 3001, path: '/chat' })).toBe('3001/chat');
  });
});
