import type { INestApplication, Type } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { SocketIoModule, type SocketIoModuleOptions } from 'nest-socketio';
import { type LivenessOptions, SocketIoHealthIndicator, SocketIoHealthModule } from 'nest-socketio/terminus';
import { describe, expect, it } from 'vitest';
import { FakeBroker } from '../cluster/node/node-rig.js';
import { EventLoopDelay } from '../../lib/engine/internal.js';
import { startApp } from '../support/nest-app.js';
import { freePort } from '../support/process.js';

/** A delay of the event loop that a test sets, in seconds by quantile. */
class SetDelay extends EventLoopDelay {
  values: Readonly<Record<number, number>> = {};
  users = 0;

  override use(): () => void {
    this.users++;
    return () => this.users--;
  }

  override quantile(quantile: number): number {
    return this.values[quantile] ?? 0;
  }
}

interface Started {
  readonly app: INestApplication;
  readonly indicator: SocketIoHealthIndicator;
  readonly loop: SetDelay;
}

/** Starts an application that provides the indicator itself, with a delay of the event loop for the test. */
async function start(options: SocketIoModuleOptions = {}, gateways: Type[] = []): Promise<Started> {
  const loop = new SetDelay();
  const { app } = await startApp({
    imports: [SocketIoModule.forRoot(options), TerminusModule],
    providers: [SocketIoHealthIndicator, { provide: EventLoopDelay, useValue: loop }, ...gateways],
  });
  return { app, indicator: app.get(SocketIoHealthIndicator), loop };
}

const NO_DELAY = { p50: 0, p99: 0, max: 0 };

describe('live', () => {
  it.each<[number, LivenessOptions, string]>([
    [1, {}, 'up'],
    [1.0001, {}, 'down'],
    [0.3, { eventLoopDelay: 300 }, 'up'],
    [0.3, { eventLoopDelay: 299 }, 'down'],
  ])('is, with a delay of %d s and the options %j: %s', async (p99, options, status) => {
    const { indicator, loop } = await start();
    loop.values = { 0.5: 0.00126, 0.99: p99, 1: 2 };
    const delay = { p50: 1.3, p99: Math.round(p99 * 10_000) / 10, max: 2_000 };
    expect(indicator.live('io', options)).toEqual({
      io: {
        status,
        eventLoopDelay: delay,
        ...(status === 'down' && {
          message: `the event loop is ${delay.p99} ms late, more than ${options.eventLoopDelay ?? 1_000} ms`,
        }),
      },
    });
  });

  it.each([
    [{ eventLoopDelay: '1s' }, 'option "eventLoopDelay" must be a number of milliseconds, got "1s"'],
    [{ delay: 1 }, 'live() has no option "delay"'],
  ])('refuses %j', async (options, message) => {
    const { indicator } = await start();
    expect(() => indicator.live('io', options as object)).toThrow(message);
  });
});

describe('ready', () => {
  it('is up, with the figures of the server', async () => {
    const { indicator, loop } = await start();
    loop.values = { 1: 5 }; // which is a matter of live()
    expect(indicator.ready('io')).toEqual({
      io: {
        status: 'up',
        draining: false,
        eventLoopDelay: { ...NO_DELAY, max: 5_000 },
        servers: { '/socket.io': { connections: 0 } },
      },
    });
  });

  it.each([
    [{}, 'degraded'],
    [{ failOn: ['connections', 'broker'] as const }, 'down'],
    [{ failOn: [] }, 'degraded'],
  ])('is, with %j and a broker that is away: %s', async (options, status) => {
    const broker = new FakeBroker();
    const { indicator } = await start({ broker });
    expect(indicator.ready('io', options).io.status).toBe('up');
    broker.listener?.connection('the connection to Fake is lost');
    expect(indicator.ready('io', options).io).toMatchObject({
      status,
      servers: { '/socket.io': { broker: { degraded: 'the connection to Fake is lost' } } },
      problems: ['the connection to Fake is lost'],
    });
    expect(indicator.live('io').io.status).toBe('up');
    broker.listener?.connection(null);
    expect(indicator.ready('io', options).io.status).toBe('up');
  });

  it('examines the servers of all ports and paths', async () => {
    const port = await freePort();
    @WebSocketGateway(port)
    class Elsewhere {
      @SubscribeMessage('say')
      say(): void {}
    }
    const { app, indicator } = await start({}, [Elsewhere]);
    const name = `${port}/socket.io`;
    expect(indicator.ready('io').io).toMatchObject({
      status: 'up',
      servers: { '/socket.io': { connections: 0 }, [name]: { connections: 0 } },
    });
    await app.close();
    expect(indicator.ready('io').io).toMatchObject({
      status: 'down',
      draining: true,
      problems: ['/socket.io: the server is shutting down', `${name}: the server is shutting down`],
    });
  });
});

describe('SocketIoHealthIndicator', () => {
  it('measures the event loop while the application runs', async () => {
    const { app, loop } = await start();
    expect(loop.users).toBe(1);
    await app.close();
    expect(loop.users).toBe(0);
  });

  it('is a start-up error without SocketIoModule', async () => {
    await expect(startApp({ imports: [SocketIoHealthModule] })).rejects.toMatchObject({
      code: 'INVALID_SETUP',
      message:
        'SocketIoHealthIndicator needs the servers of SocketIoModule: import SocketIoModule.forRoot() into the root module',
    });
  });
});
