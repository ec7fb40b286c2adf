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
  it('takes the place of a method for one call, and can call it', () => {
    const gateway = new Gateway();
    replaceOnce(gateway, 'start', (original, [greeting]) => `(${String(original(greeting))})`);
    expect(Object.keys(gateway)).toEqual(['name']);
    expect(gateway.start('hi')).toBe('(hi Chat)');
    expect(gateway.start('hi')).toBe('hi Chat');
    expect(Object.hasOwn(gateway, 'start')).toBe(false);
  });

  it('puts back what stood on the object itself', () => {
    const gateway = new Gateway();
    const own = Object.assign(gateway, { start: () => 'own' }).start;
    replaceOnce(gateway, 'start', (original) => `(${String(original())})`);
    expect(gateway.start('hi')).toBe('(own)');
    expect(Object.values(gateway)).toEqual(['Chat', own]);
  });

  it('stands where nothing was', () => {
    const object: { stop?: () => unknown } = {};
    replaceOnce(object, 'stop', (original) => [original()]);
    expect(object.stop?.()).toEqual([undefined]);
    expect(Object.keys(object)).toEqual([]);
    expect(object.stop).toBeUndefined();
  });
});

/** Something that asks, from its own hook, to be told of the end. */
function asking(order: string[], failure?: Error) {
  @Injectable()
  class Asking implements OnApplicationBootstrap {
    constructor(@Inject(ModulesContainer) private readonly modules: ModulesContainer) {}

    async onApplicationBootstrap(): Promise<void> {
      await afterBootstrap(this.modules, this, async () => {
        order.push('end');
        if (failure !== undefined) throw failure;
      });
      order.push('asked');
    }
  }
  @Module({ providers: [Asking] })
  class AskingModule {}
  return AskingModule;
}

async function boot(root: Type): Promise<void> {
  const module = await Test.createTestingModule({ imports: [root] }).compile();
  await module.init();
  await module.close();
}

describe('afterBootstrap', () => {
  it('comes after the hook of the root module', async () => {
    const order: string[] = [];
    const AskingModule = asking(order);
    @Module({ imports: [AskingModule] })
    class Root implements OnApplicationBootstrap {
      async onApplicationBootstrap(): Promise<void> {
        await Promise.resolve();
        order.push('root');
      }
    }
    await boot(Root);
    expect(order).toEqual(['asked', 'root', 'end']);
  });

  it('makes its failure one of the start', async () => {
    const AskingModule = asking([], new Error('no port'));
    await expect(boot(AskingModule)).rejects.toThrow('no port');
  });

  it.each([
    ['is the root module itself', true, true],
    ['belongs to a root module without hooks, made per request', false, false],
  ])('comes at once where who asks %s', async (_what, isSelf, isStatic) => {
    const order: string[] = [];
    const self = {};
    const wrapper = { instance: isSelf ? self : {}, isDependencyTreeStatic: () => isStatic };
    const root = { distance: 1, metatype: class {}, getProviderByKey: () => wrapper };
    const modules = new Map([['root', root]]) as unknown as ModulesContainer;
    await afterBootstrap(modules, self, async () => void order.push('end'));
    expect(order).toEqual(['end']);
  });
});

/** A server that answers a request and never ends it, and the answer. */
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

  it('cuts off what is open when the time is up', async () => {
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

  it('has no effect on a server that closes in time, or was never open', async () => {
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
