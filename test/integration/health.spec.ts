/** A Nest application with health checks of Terminus, probed over HTTP from start to end. */
import { type BeforeApplicationShutdown, Controller, Get, Module } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Event, Gateway, Server, SocketIoModule } from 'nest-socketio';
import {
  LivenessCheck,
  type ReadinessOptions,
  SocketIoHealthIndicator,
  SocketIoHealthModule,
} from 'nest-socketio/terminus';
import { describe, expect, it } from 'vitest';
import { RecordingLog, turn } from '../support/engine-rig.js';
import { SOON } from '../support/events.js';
import { ManualClock } from '../support/manual-clock.js';
import { later, next, PLATFORMS, startApp } from '../support/nest-app.js';
import { ask, entered } from '../support/nest-rig.js';
import { startRedis } from '../support/redis.js';
import { describeWith } from '../support/requires.js';
import { deferred } from '../support/server-rig.js';

@Gateway()
class Chat {
  @Event()
  say(): string {
    return 'said';
  }
}

@Controller('health')
class HealthController {
  options: ReadinessOptions = {};

  constructor(
    private readonly health: HealthCheckService,
    private readonly socketio: SocketIoHealthIndicator,
  ) {}

  @Get('live')
  @LivenessCheck()
  live() {
    return this.health.check([() => this.socketio.live('socketio', { eventLoopDelay: 60_000 })]);
  }

  @Get('ready')
  @HealthCheck()
  ready() {
    return this.health.check([() => this.socketio.ready('socketio', this.options)]);
  }
}

const HEALTH = {
  imports: [TerminusModule.forRoot({ logger: false }), SocketIoHealthModule],
  controllers: [HealthController],
};

interface Answer {
  readonly status: number;
  readonly body: { readonly status: string; readonly details: { readonly socketio: Record<string, unknown> } };
}

async function probe(url: string, name: 'live' | 'ready'): Promise<Answer> {
  const response = await fetch(`${url}/health/${name}`);
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

async function statuses(url: string): Promise<number[]> {
  return [(await probe(url, 'live')).status, (await probe(url, 'ready')).status];
}

describe.each(PLATFORMS)('the health checks on %s', (platform) => {
  it('answer 200, and ready answers 503 from the start of a shutdown, while clients are connected', async () => {
    const hook = deferred();
    @Module({ imports: HEALTH.imports, controllers: HEALTH.controllers })
    class SlowModule implements BeforeApplicationShutdown {
      beforeApplicationShutdown(): Promise<void> {
        return hook.promise;
      }
    }
    const clock = new ManualClock();
    const drain = { delay: 5_000, batch: 1, interval: 50 };
    const { app, url, connect } = await startApp(
      {
        imports: [SocketIoModule.forRoot({ clock, pingInterval: 1_000_000_000, drain }), SlowModule],
        providers: [Chat],
      },
      platform,
    );
    const first = connect();
    await entered(first);
    expect(await statuses(url)).toEqual([200, 200]);
    expect((await probe(url, 'ready')).body).toMatchObject({
      status: 'ok',
      details: { socketio: { draining: false, servers: { '/socket.io': { connections: 1 } } } },
    });

    const closed = app.close();
    await turn();
    expect(await statuses(url)).toEqual([200, 503]); // the hook of another module is running
    const second = connect();
    await entered(second);
    expect((await probe(url, 'ready')).body.details.socketio).toMatchObject({
      status: 'down',
      draining: true,
      servers: { '/socket.io': { connections: 2 } },
      problems: ['the server is shutting down'],
    });

    hook.resolve();
    await expect.poll(async () => (await probe(url, 'ready')).body.status).toBe('shutting_down'); // says Terminus
    expect(await statuses(url)).toEqual([200, 503]);
    expect(await ask(first, 'say')).toEqual(['said']);

    const gone = next(first, 'disconnect');
    clock.advance(5_000);
    await gone;
    expect(await statuses(url)).toEqual([200, 503]);
    expect(await ask(second, 'say')).toEqual(['said']);
    clock.advance(50);
    await closed;
    await expect(probe(url, 'live')).rejects.toThrow();
  });
});

describeWith('redis-server', 'the health checks of a server whose broker is away', () => {
  it.each<[ReadinessOptions, number, string]>([
    [{}, 200, 'degraded'],
    [{ failOn: ['broker'] }, 503, 'error'],
  ])('answer, with %j: %d, %s', async (options, status, result) => {
    const redis = await startRedis();
    later(() => redis.stop());
    const module = SocketIoModule.forRoot({ broker: `redis://127.0.0.1:${redis.port}`, logger: new RecordingLog() });
    const { app, url, connect } = await startApp({
      ...HEALTH,
      imports: [module, ...HEALTH.imports],
      providers: [Chat],
    });
    app.get(HealthController).options = options;
    const client = connect();
    await entered(client);
    await expect.poll(async () => (await probe(url, 'ready')).status, SOON).toBe(200);
    expect(app.get(Server).cluster.health.degraded).toBeNull();

    redis.signal('SIGKILL');
    await expect
      .poll(async () => {
        const { status, body } = await probe(url, 'ready');
        return [status, body.status];
      }, SOON)
      .toEqual([status, result]);
    expect((await probe(url, 'live')).status).toBe(200);
    expect(await ask(client, 'say')).toEqual(['said']);
  });
});
