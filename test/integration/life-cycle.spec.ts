/** Applications of every kind from start to end, with clients that connect too early and leave too late. */
import { Controller, Get, Injectable, Module, type OnApplicationBootstrap, Sse } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxyFactory, MessagePattern, type MicroserviceOptions, Transport } from '@nestjs/microservices';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis as Client } from 'ioredis';
import {
  Broadcaster,
  Event,
  Gateway,
  getBroadcasterToken,
  InjectBroadcaster,
  OnConnect,
  OnDisconnect,
  Server,
  SocketIoModule,
} from 'nest-socketio';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, get, type IncomingMessage, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { firstValueFrom, NEVER, type Observable } from 'rxjs';
import { io, type Socket } from 'socket.io-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { requireBuild } from '../support/build.js';
import { openRawWs } from '../support/engine-clients.js';
import { RecordingLog, turn } from '../support/engine-rig.js';
import { transpile } from '../support/examples.js';
import { ManualClock } from '../support/manual-clock.js';
import { later, next, PLATFORMS, startApp } from '../support/nest-app.js';
import { ask, entered, refused, serve } from '../support/nest-rig.js';
import { freePort, type Program, start } from '../support/process.js';
import { startRedis } from '../support/redis.js';
import { describeWith } from '../support/requires.js';
import { deferred } from '../support/server-rig.js';

@Gateway('/chat')
class Chat {
  @Event()
  say(): string {
    return 'said';
  }
}

/** Connects a client that retries until it is accepted. */
function persistent(url: string): Socket {
  const client = io(url, { transports: ['websocket'], forceNew: true, reconnectionDelay: 5, reconnectionDelayMax: 20 });
  later(() => client.disconnect());
  return client;
}

function portOf(http: unknown): number {
  return ((http as HttpServer).address() as AddressInfo).port;
}

describe.each(PLATFORMS)('on %s, the start', (platform) => {
  it('keeps a client waiting until the bootstrap hooks have finished', async () => {
    const hook = deferred();
    const happened: string[] = [];
    @Gateway('/chat')
    class Watched {
      @OnConnect()
      enter(): void {
        happened.push('entered');
      }
    }
    @Injectable()
    class Slow implements OnApplicationBootstrap {
      async onApplicationBootstrap(): Promise<void> {
        await hook.promise;
        happened.push('bootstrapped');
      }
    }
    @Module({ imports: [SocketIoModule.forRoot()], providers: [Watched, Slow] })
    class AppModule {}
    const port = await freePort();
    const client = persistent(`http://127.0.0.1:${port}/chat`);
    const turnedAway = next(client, 'connect_error');
    const starting = startApp({ imports: [AppModule] }, platform, (app) => {
      const listen = app.listen.bind(app);
      app.listen = (_port: number | string, ...host: unknown[]) => listen(port, ...(host as [string]));
    });
    await turnedAway;
    expect(happened).toEqual([]);
    hook.resolve();
    await starting;
    await entered(client).catch(() => entered(client));
    expect(happened).toEqual(['bootstrapped', 'entered']);
  });
});

describe.each(PLATFORMS)('on %s, the end', (platform) => {
  it('closes idle HTTP connections, open streams and clients that do not read, and does not wait forever for handlers', async () => {
    const clock = new ManualClock();
    const log = new RecordingLog();
    const left = deferred();
    @Gateway('/chat')
    class Endless {
      @OnDisconnect()
      leave(): Promise<void> {
        left.resolve();
        return new Promise(() => {});
      }
    }
    @Controller()
    class Streams {
      @Sse('events')
      events(): Observable<MessageEvent> {
        return NEVER;
      }

      @Get()
      root(): string {
        return 'here';
      }
    }
    const module = SocketIoModule.forRoot({
      clock,
      logger: log,
      pingInterval: 1_000_000_000,
      httpShutdownTimeout: 10_000,
    });
    const { app, url, connect } = await startApp(
      { imports: [module], providers: [Endless], controllers: [Streams] },
      platform,
    );
    const agent = new Agent({ keepAlive: true });
    later(() => agent.destroy());
    await new Promise<void>((resolve) => {
      get(url, { agent }, (response) => response.resume().once('end', resolve));
    });
    const stream = await new Promise<IncomingMessage>((resolve) => {
      get(`${url}/events`, resolve).on('error', () => {});
    });
    stream.on('error', () => {});
    const cut = new Promise<void>((resolve) => {
      stream.once('close', resolve);
    });
    await entered(connect('/chat'));
    await openRawWs(portOf(app.getHttpServer())); // never sends or reads

    let closed = false;
    const closing = app.close().then(() => (closed = true));
    await left.promise;
    await expect
      .poll(
        () => {
          clock.advance(1_000);
          return closed;
        },
        { timeout: 15_000 },
      )
      .toBe(true);
    await Promise.all([closing, cut]);
    expect(log.warnings).toEqual([
      'connect or disconnect handlers did not finish within shutdownTimeout, 10000 ms',
      expect.stringMatching(/^HTTP responses are still open 10000 ms \(httpShutdownTimeout\)/),
    ]);
  });

  it('waits for open HTTP responses, as Nest does, unless the option httpShutdownTimeout is set', async () => {
    @Controller()
    class Streams {
      @Sse('events')
      events(): Observable<MessageEvent> {
        return NEVER;
      }
    }
    const clock = new ManualClock();
    const module = SocketIoModule.forRoot({ clock, pingInterval: 1_000_000_000 });
    const { app, url } = await startApp({ imports: [module], controllers: [Streams] }, platform);
    const stream = await new Promise<IncomingMessage>((resolve) => {
      get(`${url}/events`, resolve).on('error', () => {});
    });
    stream.on('error', () => {});
    let closed = false;
    const closing = app.close().then(() => (closed = true));
    await expect.poll(() => app.getHttpServer().listening as boolean).toBe(false);
    clock.advance(600_000);
    await turn();
    expect([stream.destroyed, closed]).toEqual([false, false]);
    stream.destroy();
    await closing;
  });

  it('closes clients in batches, with 1001 and no DISCONNECT, so that they reconnect', async () => {
    const clock = new ManualClock();
    const module = SocketIoModule.forRoot({ clock, pingInterval: 1_000_000_000, drain: { batch: 1, interval: 50 } });
    const { app, connect } = await startApp({ imports: [module], providers: [Chat] }, platform);
    const clients = [connect('/chat'), connect('/chat')];
    await Promise.all(clients.map(entered));
    const reasons = clients.map(async (client) => (await next(client, 'disconnect'))[0]);
    const closing = app.close();
    expect(await Promise.race(reasons)).toBe('transport close');
    const late = connect('/chat');
    expect((await refused(late)).message).toBe('websocket error');
    expect(clients.filter(({ connected }) => connected)).toHaveLength(1);
    clock.advance(50);
    expect(await Promise.all(reasons)).toEqual(['transport close', 'transport close']);
    await closing;
  });
});

describe('a process', () => {
  const BUILD = fileURLToPath(new URL('../../build', import.meta.url));
  const SOURCE = fileURLToPath(new URL('../support/app-process.ts', import.meta.url));

  beforeAll(() => {
    requireBuild();
    mkdirSync(BUILD, { recursive: true });
    writeFileSync(`${BUILD}/app-process.js`, transpile(readFileSync(SOURCE, 'utf8')));
  });

  function run(port: number): Program {
    const env = { PORT: String(port) };
    return start(process.execPath, ['app-process.js'], /listening at (\S+)/, { cwd: BUILD, env });
  }

  it.each<NodeJS.Signals>(['SIGTERM', 'SIGKILL'])(
    'that is ended by %s and restarted on its port regains its clients',
    async (signal) => {
      const port = await freePort();
      const first = run(port);
      later(() => first.stop());
      await first.printed;
      const client = persistent(`http://127.0.0.1:${port}/rooms/7`);
      expect(await ask(client, 'say')).toEqual([first.child.pid]);
      let output = '';
      first.child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const gone = next(client, 'disconnect');
      const ended = once(first.child, 'exit');
      first.child.kill(signal);
      expect((await gone)[0]).toBe('transport close');
      expect(await ended).toEqual([null, signal]);
      expect(output.includes('left: server shutting down')).toBe(signal === 'SIGTERM');

      const second = run(port);
      later(() => second.stop());
      await second.printed;
      if (!client.connected) await next(client, 'connect');
      expect(await ask(client, 'say')).toEqual([second.child.pid]);
    },
    60_000,
  );
});

function tcp(port: number): MicroserviceOptions {
  return { transport: Transport.TCP, options: { host: '127.0.0.1', port } };
}

async function sum(port: number): Promise<unknown> {
  const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
  const result: unknown = await firstValueFrom(client.send('sum', [1, 2, 3]));
  await client.close();
  return result;
}

describe('an application without an HTTP server', () => {
  @Controller()
  class Sums {
    @MessagePattern('sum')
    sum(numbers: number[]): number {
      return numbers.reduce((a, b) => a + b, 0);
    }
  }

  const NO_SERVER = expect.objectContaining({
    code: 'SERVER_CLOSED',
    message: expect.stringMatching(
      /without an HTTP server.*SocketIoModule\.forRoot\(\{ broker: .redis:.*\}\).*overrideProvider/,
    ),
  });

  it('that is a microservice warns that its gateways have no server, and can listen on a port', async () => {
    const log = new RecordingLog();
    @Module({ imports: [SocketIoModule.forRoot({ logger: log })], providers: [Chat], controllers: [Sums] })
    class Service {}
    const port = await freePort();
    const service = await NestFactory.createMicroservice<MicroserviceOptions>(Service, { ...tcp(port), logger: false });
    later(() => service.close());
    await service.listen();
    expect(await sum(port)).toBe(6);
    expect(log.warnings).toEqual([
      expect.stringMatching(/^this application has no HTTP server, .*connectMicroservice\(\)/),
    ]);
    expect(() => service.get(Broadcaster).emit('news')).toThrow(NO_SERVER);

    const server = service.get(Server).listen(0);
    if (!server.httpServer.listening) await once(server.httpServer, 'listening');
    const client = persistent(`http://127.0.0.1:${portOf(server.httpServer)}/chat`);
    expect(await ask(client, 'say')).toEqual(['said']);
    const heard = next(client, 'news');
    service.get(Broadcaster).of('/chat').emit('news', 1);
    expect(await heard).toEqual([1]);
  });

  it('that is part of a hybrid application is served once', async () => {
    const started: string[] = [];
    @Gateway('/chat')
    class Hybrid implements OnApplicationBootstrap {
      afterInit(): void {
        started.push('afterInit');
      }

      onApplicationBootstrap(): void {
        started.push('bootstrap');
      }

      @Event()
      say(): string {
        return 'said';
      }
    }
    const port = await freePort();
    const { app, join, log } = await serve([Hybrid], {
      controllers: [Sums],
      prepare: (app) => void app.connectMicroservice<MicroserviceOptions>(tcp(port)),
    });
    await app.startAllMicroservices();
    const client = await join('/chat');
    expect(await ask(client, 'say')).toEqual(['said']);
    expect(await sum(port)).toBe(6);
    expect(started).toEqual(['afterInit', 'bootstrap']);
    expect(log.warnings).toEqual([]);
    const gone = next(client, 'disconnect');
    await app.close();
    expect((await gone)[0]).toBe('transport close');
  });

  it('that is a context throws in the sender, except during start-up', async () => {
    const log = new RecordingLog();
    @Injectable()
    class Early {
      constructor(@InjectBroadcaster('/chat') chat: Broadcaster) {
        chat.emit('too early for anybody');
      }
    }
    @Module({ imports: [SocketIoModule.forRoot({ logger: log })], providers: [Chat, Early] })
    class Worker {}
    const app = await NestFactory.createApplicationContext(Worker, { logger: false });
    later(() => app.close());
    const chat: Broadcaster = app.get(getBroadcasterToken('/chat'));
    expect(() => chat.emit('news')).toThrow(NO_SERVER);
    expect(() => chat.to('room').emit('news')).toThrow(NO_SERVER);
    expect(() => chat.serverSideEmit('news')).toThrow(NO_SERVER);
    await expect(chat.call('news')).rejects.toEqual(NO_SERVER);
    expect([log.warnings, log.errors]).toEqual([[], []]);
    expect(log.debugs).toContainEqual(expect.stringContaining('no HTTP server'));
  });

  it.each([
    ['an application', (type: object) => NestFactory.create(type, { preview: true, logger: false })],
    ['a context', (type: object) => NestFactory.createApplicationContext(type, { preview: true, logger: false })],
  ])('that is only a preview has no effect: %s', async (_what, create) => {
    const log = new RecordingLog();
    @Module({ imports: [SocketIoModule.forRoot({ logger: log })], providers: [Chat] })
    class AppModule {}
    const app = await create(AppModule);
    await app.close();
    expect([log.debugs, log.warnings, log.errors]).toEqual([[], [], []]);
  });
});

describeWith('redis-server', 'a worker without an HTTP server', () => {
  it('reaches the clients of other servers through their message queue', async () => {
    const redis = await startRedis();
    later(() => redis.stop());
    const connection = (): Client => {
      const client = new Client({ host: '127.0.0.1', port: redis.port });
      later(() => client.quit());
      return client;
    };
    const module = () =>
      SocketIoModule.forRootAsync({ useFactory: () => ({ adapter: createAdapter(connection(), connection()) }) });
    const web = await startApp({ imports: [module()], providers: [Chat] });
    @Module({ imports: [module()] })
    class Worker {}
    const worker = await NestFactory.createApplicationContext(Worker, { logger: false });
    later(() => worker.close());
    const client = web.connect('/chat');
    await entered(client);
    const chat: Broadcaster = worker.get(Broadcaster).of('/chat');
    await expect.poll(async () => (await chat.fetchSockets()).map(({ id }) => id)).toEqual([client.id]);
    client.on('ask', (answer: (text: string) => void) => answer('here'));
    const heard = next(client, 'news');
    chat.to(client.id ?? '').emit('news', 1);
    expect(await heard).toEqual([1]);
    expect(await chat.call('ask')).toBe('here');
    expect(worker.get(Server).has('/chat')).toBe(false);
  });
});
