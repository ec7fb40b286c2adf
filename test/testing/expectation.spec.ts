import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { type Resolvers, Expectation } from '../../lib/testing/expectation.js';

/** Creates an expectation that gives up as soon as it is awaited. */
function hopeless(begin: (resolvers: Resolvers<number>) => void = () => {}): {
  expectation: Expectation<number>;
  resolvers: Resolvers<number>;
  giveUp: ReturnType<typeof vi.fn>;
} {
  let resolvers!: Resolvers<number>;
  const giveUp = vi.fn(async () => new Error('given up'));
  const expectation = Expectation.of<number>((made) => {
    resolvers = made;
    begin(made);
  }, giveUp);
  return { expectation, resolvers, giveUp };
}

describe('Expectation', () => {
  it('is a promise', () => {
    const { expectation } = hopeless(({ resolve }) => resolve(1));
    expect(expectation).toBeInstanceOf(Promise);
    expect(expectation.finally(() => {})).not.toBeInstanceOf(Expectation);
  });

  it('stays pending until it is awaited', async () => {
    const { expectation, resolvers, giveUp } = hopeless();
    await setImmediate();
    expect(giveUp).not.toHaveBeenCalled();
    resolvers.resolve(7);
    expect(await expectation).toBe(7);
    expect(giveUp).not.toHaveBeenCalled();
  });

  it.each([
    ['await', async (promise: Promise<number>) => await promise],
    ['then', (promise: Promise<number>) => promise.then((value) => value)],
    ['catch', (promise: Promise<number>) => promise.catch((error: unknown) => Promise.reject(error as Error))],
    ['Promise.all', (promise: Promise<number>) => Promise.all([promise, Promise.resolve(1)])],
    ['Promise.race', (promise: Promise<number>) => Promise.race([promise, new Promise(() => {})])],
  ])('gives up once it is awaited by %s', async (_how, wait) => {
    const { expectation, resolvers, giveUp } = hopeless();
    await expect(wait(expectation)).rejects.toThrow('given up');
    await expect(expectation).rejects.toThrow('given up');
    expect(giveUp).toHaveBeenCalledExactlyOnceWith(resolvers);
    expect(resolvers.isOpen()).toBe(false);
  });

  it('leaves no rejection unhandled', async () => {
    const unhandled = vi.fn();
    process.once('unhandledRejection', unhandled);
    const { resolvers } = hopeless();
    resolvers.reject(new Error('unawaited'));
    await setImmediate();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('keeps the first result', async () => {
    const { expectation, resolvers } = hopeless(({ resolve }) => resolve(1));
    resolvers.reject(new Error('late'));
    expect(await expectation).toBe(1);
  });

  it('is rejected with an exception of begin()', async () => {
    const { expectation } = hopeless(() => {
      throw new Error('not begun');
    });
    await expect(expectation).rejects.toThrow('not begun');
  });
});
