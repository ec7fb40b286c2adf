import { type INestApplicationContext, Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { Server, SocketIoModule } from 'nest-socketio';
import { afterEach, describe, expect, it } from 'vitest';
import { ServerMonitor } from '../../lib/testing/server-monitor.js';
import { resolveTarget } from '../../lib/testing/test-target.js';
import { cleanUp, onCleanUp } from '../support/engine-clean-up.js';

afterEach(cleanUp);

@Injectable()
class Counter implements OnApplicationBootstrap {
  started = 0;

  onApplicationBootstrap(): void {
    this.started++;
  }
}

const METADATA = { imports: [SocketIoModule.forRoot()], providers: [Counter] };

async function compile(): Promise<TestingModule> {
  return closed(await Test.createTestingModule(METADATA).compile());
}

function closed<T extends INestApplicationContext>(app: T): T {
  onCleanUp(() => app.close());
  return app;
}

describe('resolveTarget', () => {
  it('gives a server an HTTP server that does not listen', async () => {
    const server = new Server();
    const target = await resolveTarget(server);
    expect(target.monitor).toBe(ServerMonitor.of(server));
    expect(target.http).toBe(target.monitor.http);
  });

  it('uses the HTTP server of an application', async () => {
    const app = closed((await compile()).createNestApplication());
    expect(await resolveTarget(app)).toEqual({ monitor: ServerMonitor.of(app.get(Server)), http: app.getHttpServer() });
  });

  it('gives a module without HTTP an HTTP server that does not listen', async () => {
    const module = await compile();
    const { monitor, http } = await resolveTarget(module);
    expect(monitor).toBe(ServerMonitor.of(module.get(Server)));
    expect(http).toBe(monitor.http);
  });

  it('initialises an application context', async () => {
    @Module(METADATA)
    class Worker {}
    const app = closed(await NestFactory.createApplicationContext(Worker, { logger: false }));
    expect((await resolveTarget(app)).monitor.server).toBe(app.get(Server));
    expect(app.get(Counter).started).toBe(1);
  });

  it('initialises an application once', async () => {
    const module = await compile();
    await Promise.all([resolveTarget(module), resolveTarget(module)]);
    await resolveTarget(module);
    expect(module.get(Counter).started).toBe(1);
    const other = await compile();
    await other.init();
    await resolveTarget(other);
    expect(other.get(Counter).started).toBe(1);
  });

  it('throws without SocketIoModule', async () => {
    const module = closed(await Test.createTestingModule({}).compile());
    await expect(resolveTarget(module)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'the application has no SocketIoModule: import SocketIoModule.forRoot() into one of its modules',
      cause: { name: 'Error' },
    });
  });

  it('throws for a module that an application was created from', async () => {
    const module = await compile();
    closed(module.createNestApplication());
    await expect(resolveTarget(module)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'an application was created from this testing module: connect to the application instead',
    });
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['http://localhost', 'http://localhost'],
    [{ get() {} }, '[object Object]'],
  ])('throws for %j', async (target, text) => {
    await expect(resolveTarget(target as never)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `target must be a Nest application or a Server, got ${text}`,
    });
  });
});
