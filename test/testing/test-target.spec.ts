import { type INestApplicationContext, Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { Server, SocketIoModule } from 'nest-socketio';
import { afterEach, describe, expect, it } from 'vitest';
import { Stage } from '../../lib/testing/server-monitor.js';
import { doorOf } from '../../lib/testing/test-target.js';
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

describe('the door', () => {
  it('of a server is an HTTP server that does not listen', async () => {
    const server = new Server();
    const door = await doorOf(server);
    expect(door.stage).toBe(Stage.of(server));
    expect(door.http).toBe(door.stage.http);
  });

  it('of an application is its HTTP server', async () => {
    const app = closed((await compile()).createNestApplication());
    expect(await doorOf(app)).toEqual({ stage: Stage.of(app.get(Server)), http: app.getHttpServer() });
  });

  it('of a module without HTTP is that of its server', async () => {
    const module = await compile();
    const { stage, http } = await doorOf(module);
    expect(stage).toBe(Stage.of(module.get(Server)));
    expect(http).toBe(stage.http);
  });

  it('of an application context too', async () => {
    @Module(METADATA)
    class Worker {}
    const app = closed(await NestFactory.createApplicationContext(Worker, { logger: false }));
    expect((await doorOf(app)).stage.server).toBe(app.get(Server));
    expect(app.get(Counter).started).toBe(1);
  });

  it('initialises an application once', async () => {
    const module = await compile();
    await Promise.all([doorOf(module), doorOf(module)]);
    await doorOf(module);
    expect(module.get(Counter).started).toBe(1);
    const other = await compile();
    await other.init();
    await doorOf(other);
    expect(other.get(Counter).started).toBe(1);
  });

  it('is not there without SocketIoModule', async () => {
    const module = closed(await Test.createTestingModule({}).compile());
    await expect(doorOf(module)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'the application has no SocketIoModule: import SocketIoModule.forRoot() into one of its modules',
      cause: { name: 'Error' },
    });
  });

  it('is that of the application once one was made from the module', async () => {
    const module = await compile();
    closed(module.createNestApplication());
    await expect(doorOf(module)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'an application was made from this testing module: connect to the application',
    });
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['http://localhost', 'http://localhost'],
    [{ get() {} }, '[object Object]'],
  ])('is not there in %j', async (target, text) => {
    await expect(doorOf(target as never)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `${text} is neither a Nest application nor a Server`,
    });
  });
});
