import { Inject, Injectable, Module, type OnApplicationBootstrap, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { atBootstrapEnd } from '../../lib/nest/bootstrap-end.js';

/** Something that asks, from its own hook, to be told of the end. */
function asking(order: string[], failure?: Error) {
  @Injectable()
  class Asking implements OnApplicationBootstrap {
    constructor(@Inject(ModulesContainer) private readonly modules: ModulesContainer) {}

    async onApplicationBootstrap(): Promise<void> {
      await atBootstrapEnd(this.modules, this, async () => {
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

describe('atBootstrapEnd', () => {
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
    await atBootstrapEnd(modules, self, async () => void order.push('end'));
    expect(order).toEqual(['end']);
  });
});
