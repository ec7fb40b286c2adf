import {
  type DynamicModule,
  Inject,
  Injectable,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { Test } from '@nestjs/testing';
import { ConnectedSocket } from '@nestjs/websockets';
import {
  Broadcaster,
  Event,
  Gateway,
  getBroadcasterToken,
  InjectBroadcaster,
  OnConnect,
  OnDisconnect,
  Reason,
  Server,
  type ServerOptions,
  Socket,
  SocketIoModule,
  type SocketIoModuleOptions,
  type SocketIoOptionsFactory,
} from 'nest-socketio';
import { EventEmitter, once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { io } from 'socket.io-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { RecordingLog } from '../support/engine-rig.js';
import { later, next, type Platform, PLATFORMS, startApp } from '../support/nest-app.js';
import { ask, entered, received, serve } from '../support/nest-rig.js';

@Gateway()
class Chat {
  @Event()
  say(): string {
    return 'said';
  }
}

/** Starts an application with the module set up this way. */
function start(module: DynamicModule, providers: Provider[] = [Chat], platform: Platform = 'Express') {
  return startApp({ imports: [module], providers }, platform);
}

/** A promise, and what resolves it. */
function gate(): { passed: Promise<unknown>; open: () => void } {
  const emitter = new EventEmitter();
  return { passed: once(emitter, 'open'), open: () => emitter.emit('open') };
}

afterEach(() => void vi.restoreAllMocks());

describe('SocketIoModule', () => {
  describe('forRoot', () => {
    it('needs no options', async () => {
      const { connect } = await start(SocketIoModule.forRoot());
      expect(await ask(connect(), 'say')).toEqual(['said']);
    });

    it('passes its options to the server', async () => {
      const { connect } = await start(SocketIoModule.forRoot({ path: '/live' }));
      expect(await ask(connect('/', { path: '/live' }), 'say')).toEqual(['said']);
      const [error] = await next(connect(), 'connect_error');
      expect(error).toBeInstanceOf(Error);
    });

    it.each<[string, ServerOptions, string, RegExp]>([
      [
        'an option that does not exist, and names the nearest',
        { pingIntervall: 1_000 } as ServerOptions,
        'UNKNOWN_OPTION',
        /pingIntervall.*did you mean "pingInterval"\?/,
      ],
      ['an option with a value that it cannot have', { pingInterval: -1 }, 'INVALID_OPTION', /pingInterval/],
    ])('refuses to start with %s', async (_what, options, code, message) => {
      const expected = { name: 'SocketIoError', code, message: expect.stringMatching(message) };
      await expect(start(SocketIoModule.forRoot(options))).rejects.toMatchObject(expected);
      await expect(start(SocketIoModule.forRootAsync({ useFactory: () => options }))).rejects.toMatchObject(expected);
    });

    it("logs with Nest's logger, or with the one that it is given", async () => {
      const nest = vi.spyOn(Logger.prototype, 'log').mockReturnValue();
      const log = new RecordingLog();
      const line = 'Chat serves /: "say"';
      await start(SocketIoModule.forRoot({ logger: log }));
      expect(log.debugs).toContain(line);
      expect(nest).not.toHaveBeenCalledWith(line);
      await start(SocketIoModule.forRoot());
      expect(nest.mock.calls.filter(([text]) => String(text).includes('Chat'))).toEqual([[line]]);
    });
  });

  describe('forRootAsync', () => {
    @Injectable()
    class Config {
      readonly path = '/configured';
    }

    @Module({ providers: [Config], exports: [Config] })
    class ConfigModule {}

    @Injectable()
    class Options implements SocketIoOptionsFactory {
      createSocketIoOptions(): SocketIoModuleOptions {
        return { path: '/configured' };
      }
    }

    @Module({ providers: [Options], exports: [Options] })
    class OptionsModule {}

    it.each<[string, () => DynamicModule]>([
      [
        'a factory with what it injects',
        () =>
          SocketIoModule.forRootAsync({
            imports: [ConfigModule],
            inject: [Config],
            useFactory: ({ path }: Config) => ({ path }),
          }),
      ],
      [
        'a factory that takes its time',
        () => SocketIoModule.forRootAsync({ useFactory: () => Promise.resolve({ path: '/configured' }) }),
      ],
      ['a class', () => SocketIoModule.forRootAsync({ useClass: Options })],
      ['a provider that exists', () => SocketIoModule.forRootAsync({ imports: [OptionsModule], useExisting: Options })],
    ])('takes the options from %s', async (_what, set) => {
      const { app, connect } = await start(set());
      expect(await ask(connect('/', { path: '/configured' }), 'say')).toEqual(['said']);
      expect(app.get(Broadcaster)).toBeInstanceOf(Broadcaster);
    });
  });

  describe('provides', () => {
    @Injectable()
    class Newsroom {
      constructor(
        readonly server: Server,
        readonly everybody: Broadcaster,
        @InjectBroadcaster('/chat') readonly chat: Broadcaster,
      ) {}
    }

    @Module({ providers: [Newsroom] })
    class NewsModule {}

    it.each<[string, (options: { isGlobal?: boolean }) => DynamicModule]>([
      ['forRoot', (options) => SocketIoModule.forRoot(options)],
      ['forRootAsync', (options) => SocketIoModule.forRootAsync({ ...options, useFactory: () => ({}) })],
    ])('server and broadcasters to all modules by default: %s', async (_name, set) => {
      const run = (isGlobal?: boolean) =>
        startApp({ imports: [set(isGlobal === undefined ? {} : { isGlobal }), NewsModule] });
      for (const isGlobal of [undefined, true]) {
        const { app } = await run(isGlobal);
        const newsroom = app.get(Newsroom, { strict: false });
        expect(newsroom.server).toBe(app.get(Server));
        expect(newsroom.everybody).toBe(app.get(Broadcaster));
        expect(newsroom.chat).toBe(app.get(getBroadcasterToken('/chat')));
      }
      await expect(run(false)).rejects.toThrow("Nest can't resolve dependencies of the Newsroom");
    });

    it('server and broadcasters to the modules that import it if it is not global', async () => {
      const { app } = await start(SocketIoModule.forRoot({ isGlobal: false }), [Newsroom]);
      expect(app.get(Newsroom).server).toBe(app.get(Server));
    });

    it('a broadcaster to a module that is loaded later, by forFeature()', async () => {
      const { app, connect } = await start(SocketIoModule.forRoot());
      @Injectable()
      class LateNews {
        constructor(
          @Inject(getBroadcasterToken('late')) readonly late: Broadcaster,
          @Inject(getBroadcasterToken('/later')) readonly later: Broadcaster,
          readonly root: Broadcaster,
        ) {}
      }
      @Module({ imports: [SocketIoModule.forFeature('late', '/later')], providers: [LateNews], exports: [LateNews] })
      class LateModule {}
      @Module({ providers: [LateNews] })
      class UnpreparedModule {}

      const loader = app.get(LazyModuleLoader);
      await expect(loader.load(() => UnpreparedModule)).rejects.toThrow(
        "Nest can't resolve dependencies of the LateNews",
      );
      const news = (await loader.load(() => LateModule)).get(LateNews);
      expect([news.late.namespace, news.later.namespace]).toEqual(['/late', '/later']);
      expect(news.root).toBe(app.get(Broadcaster));

      const client = connect();
      await entered(client);
      const heard = next(client, 'news');
      news.late.of('/').emit('news', 1);
      expect(await heard).toEqual([1]);
    });
  });

  describe.each(PLATFORMS)('on %s', (platform) => {
    it('accepts no client before all bootstrap hooks have run', async () => {
      const happened: string[] = [];
      const hook = gate();
      @Gateway()
      class Watched {
        @OnConnect()
        enter(): void {
          happened.push('a client entered');
        }
      }
      @Injectable()
      class Slow implements OnModuleInit, OnApplicationBootstrap {
        async onModuleInit(): Promise<void> {
          await Promise.resolve();
          happened.push('initialised');
        }

        async onApplicationBootstrap(): Promise<void> {
          happened.push('bootstrap begins');
          await hook.passed;
          happened.push('bootstrap ends');
        }
      }
      @Module({ providers: [Slow] })
      class SlowModule {}

      let http: HttpServer | undefined;
      const starting = startApp(
        { imports: [SlowModule, SocketIoModule.forRoot()], providers: [Watched] },
        platform,
        (app) => (http = app.getHttpServer() as HttpServer),
      );
      await expect.poll(() => happened).toEqual(['initialised', 'bootstrap begins']);
      expect(http?.listening).toBe(false);
      hook.open();
      const { connect } = await starting;
      await entered(connect());
      expect(happened).toEqual(['initialised', 'bootstrap begins', 'bootstrap ends', 'a client entered']);
    });

    it('closes clients with 1001 when the application closes', async () => {
      const { app, url } = await start(SocketIoModule.forRoot(), [Chat], platform);
      const client = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
      later(() => client.terminate());
      await once(client, 'message');
      client.send('40');
      await once(client, 'message');
      const closed = once(client, 'close');
      await app.close();
      expect((await closed)[0]).toBe(1001);
      expect((app.getHttpServer() as HttpServer).listening).toBe(false);
    });

    it('waits for disconnect handlers when the application closes', async () => {
      const seen: unknown[] = [];
      const left = gate();
      @Gateway('/chat')
      class Rooms {
        @OnConnect()
        enter(@ConnectedSocket() client: Socket<object, object, object, { name: string }>): void {
          client.join('lobby');
          client.data.name = 'Ann';
        }

        @OnDisconnect()
        async leave(@ConnectedSocket() client: Socket, @Reason() reason: string): Promise<void> {
          seen.push(reason);
          await left.passed;
          seen.push([...client.rooms].toSorted().includes('lobby'), client.data);
        }

        @OnDisconnect()
        fail(): void {
          throw new Error('x');
        }
      }
      const log = new RecordingLog();
      const { app, connect } = await start(SocketIoModule.forRoot({ logger: log }), [Rooms], platform);
      await entered(connect('/chat'));
      let closed = false;
      const closing = app.close().then(() => (closed = true));
      await expect.poll(() => seen).toEqual(['server shutting down']);
      expect(closed).toBe(false);
      left.open();
      await closing;
      expect(seen).toEqual(['server shutting down', true, { name: 'Ann' }]);
      expect(log.errors).toEqual([['Rooms.fail failed', expect.objectContaining({ message: 'x' })]]);
    });
  });

  it('starts with long polling in the option transports, and says so', async () => {
    const log = new RecordingLog();
    const options = { logger: log, transports: ['websocket', 'polling'] };
    const { connect, url } = await startApp({ imports: [SocketIoModule.forRoot(options)], providers: [Chat] });
    expect(await ask(connect(), 'say')).toEqual(['said']);
    expect(log.warnings).toEqual([
      'option "transports" lists polling, but only WebSocket is served: ' +
        "set transports: ['websocket'] here and in the options of the clients",
    ]);
    expect((await fetch(`${url}/socket.io/default/`)).status).toBe(400);
    await expect(
      startApp({ imports: [SocketIoModule.forRoot({ logger: log, transports: ['polling'] })], providers: [Chat] }),
    ).rejects.toThrow(`option "transports" must be ['websocket'], got ["polling"]: only WebSocket is served`);
  });

  it('runs without an HTTP application: another server may be attached', async () => {
    const log = new RecordingLog();
    const module = await Test.createTestingModule({
      imports: [SocketIoModule.forRoot({ logger: log })],
      providers: [Chat],
    }).compile();
    later(() => module.close());
    await module.init();
    expect(log.debugs).toContainEqual(expect.stringContaining('no HTTP server'));
    expect([log.errors, log.warnings]).toEqual([[], []]);

    const http = createServer();
    later(() => http.close());
    module.get(Server).attach(http);
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const client = io(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
    });
    later(() => client.disconnect());
    expect(await ask(client, 'say')).toEqual(['said']);
    const heard = next(client, 'news');
    module.get(Broadcaster).emit('news', 1);
    expect(await heard).toEqual([1]);

    const gone = next(client, 'disconnect');
    await module.close();
    expect((await gone)[0]).toBe('transport close');
  });

  it('runs in an application context, where a broadcaster throws because there are no clients', async () => {
    const log = new RecordingLog();
    @Module({ imports: [SocketIoModule.forRoot({ logger: log })], providers: [Chat] })
    class Worker {}
    const app = await NestFactory.createApplicationContext(Worker, { logger: false });
    later(() => app.close());
    expect(log.debugs).toContainEqual(expect.stringContaining('no HTTP server'));
    expect([log.errors, log.warnings]).toEqual([[], []]);
    expect(() => app.get(Broadcaster).emit('news')).toThrow(expect.objectContaining({ code: 'SERVER_CLOSED' }));
  });

  it('logs nothing about a missing HTTP server if there is one', async () => {
    const { log } = await serve([Chat]);
    expect(log.debugs).not.toContainEqual(expect.stringContaining('no HTTP server'));
  });

  it('does not start if another adapter replaces its own', async () => {
    const starting = serve([Chat], { prepare: (app) => app.useWebSocketAdapter(new IoAdapter(app)) });
    await expect(starting).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(
        /^the WebSocket adapter must be .* got IoAdapter from app\.useWebSocketAdapter\(\)/,
      ),
    });
  });

  it('keeps applications of one process apart', async () => {
    @Gateway('/chat')
    class Rooms {
      @Event()
      fence(): void {}
    }
    const [one, two] = [await serve([Rooms]), await serve([Rooms])];
    const [atOne, atTwo] = [await one.join('/chat'), await two.join('/chat')];
    const [heardByOne, heardByTwo] = [received(atOne), received(atTwo)];
    expect(one.app.get(Server)).not.toBe(two.app.get(Server));
    expect(one.app.get(Broadcaster)).not.toBe(two.app.get(Broadcaster));
    one.app.get(Broadcaster).of('/chat').emit('news', 'of one');
    two.app.get(Server).of('/chat').emit('news', 'of two');
    await Promise.all([ask(atOne, 'fence'), ask(atTwo, 'fence')]);
    expect(heardByOne[0]).toEqual({ type: 'event', data: ['news', 'of one'] });
    expect(heardByTwo[0]).toEqual({ type: 'event', data: ['news', 'of two'] });
    expect([heardByOne.length, heardByTwo.length]).toEqual([2, 2]);

    await one.app.close();
    expect(await ask(atTwo, 'fence')).toEqual([]);
    expect(await two.app.get(Broadcaster).of('/chat').fetchSockets()).toHaveLength(1);
  });
});
