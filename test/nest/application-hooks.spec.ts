import { once } from 'node:events';
import { createServer, type IncomingMessage, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Inject, Injectable, Module, type OnApplicationBootstrap, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { afterBootstrap, limitClosing, replaceOnce } from '../../lib/nest/application-hooks.js';
import { RecordingLog } from '../support/engine-rig.js';
import { ManualClock } from '../support/manual-clock.js';

class Gateway {
  name = 'Chat';

  start(greeting: string): string {
    return `${greeting} ${this.name}`;
  }
}

describe('replaceOnce', () => {
  it('replaces a method for one call, and can call it', () => {
    const gateway = new Gateway();
    replaceOnce(gateway, 'start', (original, [greeting]) => `(${String(original(greeting))})`);
    expect(Object.keys(gateway)).toEqual(['name']);
    expect(gateway.start('hi')).toBe('(hi Chat)');
    expect(gateway.start('hi')).toBe('hi Chat');
    expect(Object.hasOwn(gateway, 'start')).toBe(false);
  });

  it('restores a method of the object itself', () => {
    const gateway = new Gateway();
    const own = Object.assign(gateway, { start: () => 'own' }).start;
    replaceOnce(gateway, 'start', (original) => `(${String(original())})`);
    expect(gateway.start('hi')).toBe('(own)');
    expect(Object.values(gateway)).toEqual(['Chat', own]);
  });

  it('adds a method that the object lacks', () => {
    const object: { stop?: () => unknown } = {};
    replaceOnce(object, 'stop', (original) => [original()]);
    expect(object.stop?.()).toEqual([undefined]);
    expect(Object.keys(object)).toEqual([]);
    expect(object.stop).toBeUndefined();
  });
});

/** A module that calls `afterBootstrap` from its own hook. */
function calling(order: string[], failure?: Error) {
  @Injectable()
  class Calling implements OnApplicationBootstrap {
    constructor(@Inject(ModulesContainer) private readonly modules: ModulesContainer) {}

    async onApplicationBootstrap(): Promise<void> {
      await afterBootstrap(this.modules, this, async () => {
        order.push('end');
        if (failure !== undefined) throw failure;
      });
      order.push('called');
    }
  }
  @Module({ providers: [Calling] })
  class CallingModule {}
  return CallingModule;
}

async function boot(root: Type): Promise<void> {
  const module = await Test.createTestingModule({ imports: [root] }).compile();
  await module.init();
  await module.close();
}

describe('afterBootstrap', () => {
  it('runs the task after the hook of the root module', async () => {
    const order: string[] = [];
    const CallingModule = calling(order);
    @Module({ imports: [CallingModule] })
    class Root implements OnApplicationBootstrap {
      async onApplicationBootstrap(): Promise<void> {
        await Promise.resolve();
        order.push('root');
      }
    }
    await boot(Root);
    expect(order).toEqual(['called', 'root', 'end']);
  });

  it('makes an error of the task a start-up error', async () => {
    const CallingModule = calling([], new Error('no port'));
    await expect(boot(CallingModule)).rejects.toThrow('no port');
  });

  it.each([
    ['the caller is the root module', true, true],
    ['the root module is request-scoped', false, false],
  ])('runs the task at once if %s', async (_what, isSelf, isStatic) => {
    const order: string[] = [];
    class Caller {}
    const wrapper = { instance: new Proxy(new Caller(), {}), isDependencyTreeStatic: () => isStatic };
    const root = { distance: 1, metatype: isSelf ? Caller : class {}, getProviderByKey: () => wrapper };
    const modules = new Map([['root', root]]) as unknown as ModulesContainer;
    await afterBootstrap(modules, new Caller(), async () => void order.push('end'));
    expect(order).toEqual(['end']);
  });
});

/** A server that never ends the response to a request, and the response. */
async function streaming(): Promise<[http: Server, response: IncomingMessage]> {
  const http = createServer((_request, response) => void response.write('begun'));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const response = await new Promise<IncomingMessage>((resolve) => {
    get({ host: '127.0.0.1', port: (http.address() as AddressInfo).port }, resolve);
  });
  response.on('error', () => {}); // it is cut off
  return [http, response];
}

describe('limitClosing', () => {
  const clock = new ManualClock();
  const log = new RecordingLog();

  it('cuts off open responses after the timeout', async () => {
    const [http, response] = await streaming();
    limitClosing(http, 100, clock, log);
    const closed = once(http, 'close');
    http.close();
    clock.advance(99);
    expect([response.destroyed, log.warnings]).toEqual([false, []]);
    clock.advance(1);
    await closed;
    expect(log.warnings.splice(0)).toEqual([expect.stringContaining('still open 100 ms')]);
  });

  it('has no effect on a server that closes in time or never listened', async () => {
    const [http, response] = await streaming();
    limitClosing(http, 100, clock, log);
    const closed = once(http, 'close');
    http.close();
    response.destroy();
    await closed;
    expect(clock.timers).toBe(0);
    limitClosing(http, 100, clock, log);
    expect(clock.timers).toBe(0);
    expect(log.warnings).toEqual([]);
  });
});
