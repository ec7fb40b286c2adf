import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { type Claim, Expectation } from '../../lib/testing/expectation.js';

/** An expectation that is given up as soon as somebody awaits it. */
function hopeless(begin: (claim: Claim<number>) => void = () => {}): {
  expectation: Expectation<number>;
  claim: Claim<number>;
  giveUp: ReturnType<typeof vi.fn>;
} {
  let claim!: Claim<number>;
  const giveUp = vi.fn(async () => new Error('given up'));
  const expectation = Expectation.of<number>((made) => {
    claim = made;
    begin(made);
  }, giveUp);
  return { expectation, claim, giveUp };
}

describe('Expectation', () => {
  it('is a promise', () => {
    const { expectation } = hopeless(({ resolve }) => resolve(1));
    expect(expectation).toBeInstanceOf(Promise);
    expect(expectation.finally(() => {})).not.toBeInstanceOf(Expectation);
  });

  it('waits for as long as nobody awaits it', async () => {
    const { expectation, claim, giveUp } = hopeless();
    await setImmediate();
    expect(giveUp).not.toHaveBeenCalled();
    claim.resolve(7);
    expect(await expectation).toBe(7);
    expect(giveUp).not.toHaveBeenCalled();
  });

  it.each([
    ['await', async (promise: Promise<number>) => await promise],
    ['then', (promise: Promise<number>) => promise.then((value) => value)],
    ['catch', (promise: Promise<number>) => promise.catch((error: unknown) => Promise.reject(error as Error))],
    ['Promise.all', (promise: Promise<number>) => Promise.all([promise, Promise.resolve(1)])],
    ['Promise.race', (promise: Promise<number>) => Promise.race([promise, new Promise(() => {})])],
  ])('gives up once somebody awaits it by %s', async (_how, wait) => {
    const { expectation, claim, giveUp } = hopeless();
    await expect(wait(expectation)).rejects.toThrow('given up');
    await expect(expectation).rejects.toThrow('given up');
    expect(giveUp).toHaveBeenCalledExactlyOnceWith(claim);
    expect(claim.isOpen()).toBe(false);
  });

  it('leaves no rejection unhandled', async () => {
    const unhandled = vi.fn();
    process.once('unhandledRejection', unhandled);
    const { claim } = hopeless();
    claim.reject(new Error('nobody waits'));
    await setImmediate();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('keeps what it got first', async () => {
    const { expectation, claim } = hopeless(({ resolve }) => resolve(1));
    claim.reject(new Error('late'));
    expect(await expectation).toBe(1);
  });

  it('is rejected with what beginning throws', async () => {
    const { expectation } = hopeless(() => {
      throw new Error('no beginning');
    });
    await expect(expectation).rejects.toThrow('no beginning');
  });
});
