import { describe, expect, it, vi } from 'vitest';
import { Call } from '../../../lib/nest/call.js';
import { RateLimit, type RateLimitStore } from '../../../lib/nest/decorators/rate-limit.decorator.js';
import { RateLimitExceeded, RateLimits } from '../../../lib/nest/events/rate-limits.js';
import type { SocketIoModuleOptions } from '../../../lib/nest/module-options.js';
import type { Socket } from '../../../lib/server/internal.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { ManualClock } from '../../support/manual-clock.js';

const clock = new ManualClock();

/** A client on a connection of its own, or on that of another client. */
function client(conn: object = {}, userId?: string): Socket {
  return {
    conn,
    userId,
    ip: '10.0.0.7',
    nsp: { instruments: null },
    client: { options: { engine: { clock } } },
  } as unknown as Socket;
}

const callOf = (socket: Socket): Call => new Call(socket, ['say'], undefined);

/** Limits with a recording log. */
function limits(options: SocketIoModuleOptions = {}) {
  const log = new RecordingLog();
  return { log, limits: new RateLimits({ clock, ...options }, log) };
}

class Chat {
  @RateLimit(2, { per: 1_000 })
  say(): void {}

  free(): void {}
}

/** A gateway that is limited by a store, and its handler. */
function stored(store: RateLimitStore) {
  class Shared {
    @RateLimit(1, { per: 60_000, store })
    say(): void {}
  }
  const { limits: own, log } = limits();
  return { log, limits: own, run: own.of(Shared, 'say')(() => 'said') };
}

const exceeded = (retryAfter: unknown) =>
  expect.objectContaining({ error: { code: 'rate_limited', message: 'Too many calls', details: { retryAfter } } });

describe('RateLimits', () => {
  it('leaves a handler without a limit as it is', () => {
    const run = vi.fn<(call: Call) => unknown>();
    expect(limits().limits.of(Chat, 'free')(run)).toBe(run);
  });

  it('calls a handler until the limit is reached, then throws with the ms until the next call, and counts', () => {
    const { limits: own, log } = limits();
    const run = own.of(Chat, 'say')(() => 'said');
    const call = callOf(client());
    expect([run(call), run(call)]).toEqual(['said', 'said']);
    expect(() => run(call)).toThrow(exceeded(500));
    expect(() => run(call)).toThrow(RateLimitExceeded);
    clock.advance(500);
    expect(run(call)).toBe('said');
    expect(own.counts).toEqual({ 'Chat.say': 2 });
    expect(log.warnings).toHaveLength(1);
  });

  it('returns a copy of the counts', () => {
    const { limits: own } = limits();
    (own.counts as Record<string, number>)['Chat.say'] = 7;
    expect(own.counts).toEqual({});
  });

  it('has a bucket per connection, whatever the handler function and the namespace', () => {
    const { limits: own } = limits();
    const [run, again] = [own.of(Chat, 'say')(() => 'said'), own.of(Chat, 'say')(() => 'again')];
    const conn = {};
    expect([run(callOf(client(conn))), again(callOf(client(conn)))]).toEqual(['said', 'again']);
    expect(() => run(callOf(client(conn)))).toThrow(RateLimitExceeded);
    expect(run(callOf(client()))).toBe('said');
  });

  it('checks the limit of the gateway before that of the method', () => {
    @RateLimit(3, { per: 60_000 })
    class Both {
      @RateLimit(1, { per: 60_000 })
      one(): void {}

      other(): void {}
    }
    const { limits: own } = limits();
    const [one, other] = [own.of(Both, 'one')(() => 1), own.of(Both, 'other')(() => 2)];
    const call = callOf(client());
    expect(one(call)).toBe(1);
    expect(() => one(call)).toThrow(RateLimitExceeded); // a call that the method refuses counts for the gateway
    expect(other(call)).toBe(2);
    expect(() => other(call)).toThrow(RateLimitExceeded);
    expect(own.counts).toEqual({ 'Both.one': 1, Both: 1 });
  });
});

describe('RateLimits with a store', () => {
  it('has a key of the limit and the user, or the address of a client without a user', async () => {
    const consume = vi.fn<RateLimitStore['consume']>().mockResolvedValue({});
    const { run } = stored({ consume });
    expect(await run(callOf(client({}, 'ann')))).toBe('said');
    expect(await run(callOf(client()))).toBe('said');
    expect(consume.mock.calls).toEqual([['Shared.say:ann'], ['Shared.say:10.0.0.7']]);
    expect(clock.timers).toBe(0);
  });

  it.each([
    [250, 250],
    [0, 1],
  ])('throws if it rejects with msBeforeNext: %s', async (msBeforeNext, retryAfter) => {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- as rate-limiter-flexible does
    const { run, limits: own, log } = stored({ consume: () => Promise.reject({ msBeforeNext }) });
    await expect(run(callOf(client()))).rejects.toEqual(exceeded(retryAfter));
    expect(own.counts).toEqual({ 'Shared.say': 1 });
    expect(log.errors).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['rejects', () => Promise.reject(new Error('down'))],
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- a mistake of the store
    ['rejects without a reason', () => Promise.reject()],
    [
      'throws',
      () => {
        throw new Error('down');
      },
    ],
  ])('limits each connection if it %s', async (_how, consume) => {
    const { run, log } = stored({ consume });
    const call = callOf(client());
    expect(await run(call)).toBe('said');
    await expect(run(call)).rejects.toThrow(RateLimitExceeded);
    expect(await run(callOf(client()))).toBe('said');
    expect(log.errors[0]?.[0]).toContain('the store of @RateLimit() of Shared.say');
  });

  it('limits each connection if it does not answer within a second', async () => {
    const { run, log } = stored({ consume: () => new Promise(() => {}) });
    const answered = run(callOf(client()));
    clock.advance(1_000);
    expect(await answered).toBe('said');
    expect(log.errors).toEqual([[expect.any(String), new Error('no answer within 1000 ms')]]);
    expect(clock.timers).toBe(0);
  });

  it('is made by the option rateLimiter with the points and seconds of each limit, once', async () => {
    const consume = vi.fn<RateLimitStore['consume']>().mockResolvedValue({});
    const rateLimiter = vi.fn<(points: number, seconds: number) => RateLimitStore>(() => ({ consume }));
    const { limits: own } = limits({ rateLimiter });
    const [run, again] = [own.of(Chat, 'say')(() => 'said'), own.of(Chat, 'say')(() => 'again')];
    expect([await run(callOf(client())), await again(callOf(client()))]).toEqual(['said', 'again']);
    expect(rateLimiter.mock.calls).toEqual([[2, 1]]);
    expect(consume).toHaveBeenCalledTimes(2);
  });

  it('must not be made for a period that is no whole number of seconds', () => {
    class Fast {
      @RateLimit(1, { per: 1_500 })
      say(): void {}
    }
    const { limits: own } = limits({ rateLimiter: () => ({ consume: () => Promise.resolve() }) });
    expect(() => own.of(Fast, 'say')).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });
});
