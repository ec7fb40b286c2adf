import 'reflect-metadata';
import { UseGuards } from '@nestjs/common';
import { SubscribeMessage } from '@nestjs/websockets';
import { WsContextCreator } from '@nestjs/websockets/context/ws-context-creator.js';
import { afterEach, describe, expect, it } from 'vitest';
import { Call } from '../../../lib/nest/call.js';
import { methodOf } from '../../../lib/nest/decorators/metadata.js';
import { HandlerPatches } from '../../../lib/nest/enhancers/handler-patches.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { FakeClient } from '../../support/nest-client.js';

type Method = (...args: unknown[]) => unknown;
const ack = (): void => {};

type Create = (this: unknown, instance: object, callback: Method, ...rest: unknown[]) => Method;

class Chat {
  constructor(readonly name = 'Ann') {}

  @SubscribeMessage('greet')
  @UseGuards(class {})
  greet(greeting: unknown): string {
    return `${String(greeting)} ${this.name}`;
  }
}

const greet = methodOf(Chat, 'greet');
const prototype = WsContextCreator.prototype as unknown as { create: Create };
const original = prototype.create;

afterEach(() => {
  prototype.create = original;
});

async function handler(event?: string, instance: object = new Chat()) {
  const log = new RecordingLog();
  const patches = await HandlerPatches.load(log);
  return { ...patches.of({ instance, method: 'greet', callback: greet }, event), log, patches };
}

describe('a handler', () => {
  it('is bound as it is if nothing is patched', async () => {
    expect(await handler()).toMatchObject({ called: greet, around: null });
    expect(await handler('greet')).toMatchObject({ called: greet, around: null });
    const unloaded = new HandlerPatches(null, new RecordingLog());
    expect(unloaded.of({ instance: new Chat(), method: 'greet', callback: greet })).toEqual({
      called: greet,
      around: null,
    });
  });

  it('runs within a function that a patch puts around it, with client, data and acknowledgement', async () => {
    const seen: unknown[][] = [];
    prototype.create = function (...given) {
      const inner = original.apply(this, given);
      return (...args) => {
        seen.push(args.slice(0, 3));
        return `(${String(inner(...args))})`;
      };
    };
    const { called, around } = await handler();
    const { socket } = new FakeClient();
    const call = new Call(socket, ['greet', 'hi'], ack);
    expect(called).toBe(greet);
    expect(around?.((received) => (received === call ? 'the handler' : 'lost'))(call)).toBe('(the handler)');
    expect(seen).toEqual([[socket, 'hi', ack]]);
  });

  it('is the method that a patch gives to Nest', async () => {
    prototype.create = function (instance, callback, ...rest) {
      return original.call(this, instance, (...args) => `patched ${String(callback.apply(instance, args))}`, ...rest);
    };
    const { called, around } = await handler('say');
    expect(called.call(new Chat(), 'hi')).toBe('patched hi Ann');
    expect(around).toBeNull();
  });

  it('has the metadata of its method, and the event as its message', async () => {
    const seen: unknown[] = [];
    prototype.create = function (instance, callback, ...rest) {
      const metadata = ['message', 'websockets:message_mapping', '__guards__'].map(
        (key) => Reflect.getMetadata(key, callback) as unknown,
      );
      seen.push([instance.constructor, callback.name, rest[1], ...metadata]);
      return original.call(this, instance, callback, ...rest);
    };
    const guards = Reflect.getMetadata('__guards__', greet) as unknown;
    await handler();
    await handler('say');
    expect(seen).toEqual([
      [Chat, 'greet', 'greet', 'greet', true, guards],
      [Chat, 'greet', 'greet', 'say', true, guards],
    ]);
    expect(Reflect.getMetadata('message', greet)).toBe('greet');
  });

  it.each<[string, Create]>([
    [
      'throws',
      () => {
        throw new Error('no such member');
      },
    ],
    ['makes another handler', () => () => 'another'],
  ])('is bound without patches if `create` %s, with one warning', async (_case, create) => {
    prototype.create = create;
    const { called, around, log, patches } = await handler();
    expect({ called, around }).toEqual({ called: greet, around: null });
    patches.of({ instance: new Chat(), method: 'greet', callback: greet });
    expect(log.warnings).toEqual([
      expect.stringMatching(/not traced by tools that patch WsContextCreator .*: \w*Error/),
    ]);
  });
});
