import { FilterAnswer } from '../../../lib/nest/events/answer.js';
import type { CanActivate, ExecutionContext, NestInterceptor, PipeTransform } from '@nestjs/common';
import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Call } from '../../../lib/nest/call.js';
import { EnhancedMethod } from '../../../lib/nest/enhancers/enhanced-method.js';
import type { Method, Parameter, Enhancers } from '../../../lib/nest/enhancers/enhancer-finder.js';
import type { Socket } from '../../../lib/server/internal.js';

const NONE: Enhancers = {
  guards: [],
  interceptors: [],
  parameters: [],
  filters: { filters: [], invokeCustomFilters: () => undefined },
};
const PASSING: NestInterceptor = { intercept: (_context, next) => next.handle() };

class Chat {
  readonly name = 'chat';
}

const second: Method = (_client, value) => value;

/** The result of a call with the body `hi`. */
function run(enhancers: Partial<Enhancers>, callback: Method, settles = true): unknown {
  const rules = { denied: () => new Error('denied'), settles };
  const instance = new Chat();
  const client = { onAnyOutgoing: () => {}, offAnyOutgoing: () => {} } as unknown as Socket;
  const call = new Call(client, ['say', 'hi'], undefined);
  return new EnhancedMethod({ ...NONE, ...enhancers }, { instance, callback }, rules).run(call);
}

function guard(canActivate: CanActivate['canActivate']): CanActivate {
  return { canActivate };
}

function body(index: number, ...pipes: PipeTransform['transform'][]): Parameter {
  return { index, extract: second, pipes: pipes.map((transform) => ({ transform })), metadata: { type: 'body' } };
}

describe('a method behind its enhancers', () => {
  it('returns synchronously if all enhancers do', () => {
    const parameters = [body(0, (value) => `${String(value)}!`)];
    const enhancers = { guards: [guard(() => true)], interceptors: [PASSING], parameters };
    expect(run(enhancers, (text) => text)).toBe('hi!');
  });

  it('gets the arguments of the call if its parameters have no metadata', () => {
    expect(run({}, (...args) => args.slice(1, 3))).toEqual(['hi', undefined]);
  });

  it.each<[string, CanActivate['canActivate']]>([
    ['now', () => false],
    ['later', () => Promise.resolve(false)],
    ['by an Observable', () => of(true, false)],
    ['by a value that is none', () => undefined as unknown as boolean],
  ])('is not called when a guard denies %s', async (_when, denies) => {
    let called = false;
    const guards = [guard(() => Promise.resolve(true)), guard(denies), guard(() => true)];
    const outcome = run({ guards }, () => (called = true));
    await expect(outcome).rejects.toThrow('denied');
    expect(called).toBe(false);
    expect(() => run({ guards: [guard(() => false)] }, () => {})).toThrow('denied');
  });

  it('gives guards and interceptors the class and the method', () => {
    const seen: unknown[] = [];
    const note = (context: ExecutionContext): boolean => {
      seen.push(context.getClass(), context.getType(), context.switchToWs().getData());
      return true;
    };
    run({ guards: [guard(note)] }, () => {});
    expect(seen).toEqual([Chat, 'ws', 'hi']);
  });

  it('waits for asynchronous pipes at the same time', async () => {
    const order: string[] = [];
    const slow = (name: string) => async (value: unknown) => {
      order.push(name);
      await Promise.resolve();
      return `${String(value)} ${name}`;
    };
    const parameters = [body(0, slow('a'), slow('b')), body(2, slow('c'))];
    expect(await run({ parameters }, (...args) => args)).toEqual(['hi a b', undefined, 'hi c']);
    expect(order).toEqual(['a', 'c', 'b']);
  });

  it('leaves no unhandled rejection if one pipe throws and another rejects', async () => {
    const parameters = [
      body(0, () => Promise.reject(new Error('late'))),
      body(1, () => {
        throw new Error('early');
      }),
    ];
    await expect(run({ parameters }, () => {})).rejects.toThrow(/late|early/);
    expect(() => run({ parameters: parameters.slice(1) }, () => {})).toThrow('early');
  });

  it.each<[string, Method]>([
    [
      'thrown',
      () => {
        throw new Error('x');
      },
    ],
    ['rejected', () => Promise.reject(new Error('x'))],
  ])('shows its filters what is %s', async (_how, callback) => {
    const answering = { filters: [{}], invokeCustomFilters: (error: unknown) => `caught ${String(error)}` };
    expect(await run({ filters: answering }, callback)).toEqual(new FilterAnswer('caught Error: x'));
    const silent = { filters: [{}], invokeCustomFilters: () => undefined };
    await expect(run({ filters: silent }, callback)).rejects.toThrow('x');
    expect(run({ filters: silent }, () => 7)).toBe(7);
  });

  it('settles Observables only if its rules say so', () => {
    const items = of(1, 2);
    expect(run({}, () => items)).toBe(2);
    expect(run({}, () => items, false)).toBe(items);
  });
});
