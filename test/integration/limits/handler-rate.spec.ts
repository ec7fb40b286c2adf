/** The decorator `@RateLimit` on running applications. */
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import { type CanActivate, UseGuards } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Redis } from 'ioredis';
import { Event, Gateway, RateLimit, RateLimits } from 'nest-socketio';
import type { Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { later, next } from '../../support/nest-app.js';
import { serve } from '../../support/nest-rig.js';
import { startRedis } from '../../support/redis.js';

const ask = (client: Socket, event: string): Promise<unknown> => client.timeout(5_000).emitWithAck(event);

const REFUSED = {
  error: { code: 'rate_limited', message: 'Too many calls', details: { retryAfter: expect.any(Number) } },
};

let guarded = 0;

class Counting implements CanActivate {
  canActivate(): boolean {
    guarded++;
    return true;
  }
}

@Gateway()
class Chat {
  @RateLimit(2, { per: 60_000 })
  @UseGuards(Counting)
  @Event()
  say(): string {
    return 'said';
  }

  @Event()
  ping(): string {
    return 'pong';
  }
}

describe('@RateLimit', () => {
  it('is an error at start-up on a method that handles no event', async () => {
    @Gateway('/idle')
    class Idle {
      @RateLimit(2, { per: 60_000 })
      help(): void {}
    }
    await expect(serve([Idle])).rejects.toMatchObject({
      code: 'INVALID_HANDLER',
      message:
        '@RateLimit() on Idle.help has no effect, because the method handles no event: put @Event() or @SubscribeMessage() on it, or remove @RateLimit()',
    });
  });

  it('is an error at start-up on a class that is no gateway', async () => {
    @RateLimit(2, { per: 60_000 })
    class Service {}
    await expect(serve([Service])).rejects.toMatchObject({
      code: 'INVALID_HANDLER',
      message:
        '@RateLimit() on Service has no effect, because the class is not a gateway: put @Gateway() on it, or remove @RateLimit()',
    });
  });

  it('refuses a call over the limit before its guards, for one client and one handler', async () => {
    const { app, log, join } = await serve([Chat]);
    const [client, other] = [await join(), await join()];
    guarded = 0;
    expect(await Promise.all([1, 2, 3].map(() => ask(client, 'say')))).toEqual(['said', 'said', REFUSED]);
    expect(guarded).toBe(2);
    const notified = next(client, 'exception');
    client.emit('say');
    expect(await notified).toEqual([REFUSED.error]);
    expect([await ask(client, 'ping'), await ask(other, 'say')]).toEqual(['pong', 'said']);
    expect(app.get(RateLimits).counts).toEqual({ 'Chat.say': 2 });
    expect(log.warnings.filter((line) => line.includes('@RateLimit(2, { per: 60000 }) of Chat.say'))).toHaveLength(1);
  });

  it('counts all handlers of a gateway together, and those of @SubscribeMessage', async () => {
    @RateLimit(2, { per: 60_000 })
    @WebSocketGateway()
    class Old {
      @SubscribeMessage('a')
      a(): string {
        return 'a';
      }

      @SubscribeMessage('b')
      b(): string {
        return 'b';
      }
    }
    const { join } = await serve([Old], { server: { errors: 'ack' } });
    const client = await join();
    expect([await ask(client, 'a'), await ask(client, 'b'), await ask(client, 'a')]).toEqual(['a', 'b', REFUSED]);
  });

  it('gives a client no new bucket when it joins again or joins another namespace', async () => {
    @Gateway('/rooms/:id')
    class Rooms {
      @RateLimit(2, { per: 60_000 })
      @Event()
      say(): string {
        return 'said';
      }
    }
    const { join } = await serve([Rooms]);
    const first = await join('/rooms/1');
    expect([await ask(first, 'say'), await ask(first.io.socket('/rooms/2'), 'say')]).toEqual(['said', 'said']);
    first.disconnect();
    const joined = next(first, 'connect');
    first.connect();
    await joined;
    expect(await ask(first, 'say')).toEqual(REFUSED);
  });

  it('must count whole seconds with the option rateLimiter: Redis never forgets a key of less than one', async () => {
    @Gateway()
    class Fast {
      @RateLimit(2, { per: 500 })
      @Event()
      say(): string {
        return 'said';
      }
    }
    const server = { rateLimiter: (points: number, duration: number) => new RateLimiterMemory({ points, duration }) };
    await expect(serve([Fast], { server })).rejects.toThrow(
      'option "per" of @RateLimit() on Fast.say must be a multiple of 1000 ms with the option rateLimiter, got 500: ' +
        'stores count in whole seconds',
    );
  });

  it('shares a bucket of rate-limiter-flexible', async () => {
    const limiters: unknown[] = [];
    const { join } = await serve([Chat], {
      server: {
        rateLimiter: (points, duration) => {
          limiters.push([points, duration]);
          return new RateLimiterMemory({ points, duration });
        },
      },
    });
    const [one, two] = [await join(), await join()]; // of the same address
    expect([await ask(one, 'say'), await ask(two, 'say'), await ask(one, 'say')]).toEqual(['said', 'said', REFUSED]);
    expect(limiters).toEqual([[2, 60]]);
  });

  it('shares a bucket between two applications through Redis, and limits each connection when Redis has stopped', async () => {
    const redis = await startRedis();
    const start = (): ReturnType<typeof serve> => {
      const storeClient = new Redis(redis.port, '127.0.0.1', { enableOfflineQueue: false, lazyConnect: false });
      storeClient.on('error', () => {});
      later(() => storeClient.disconnect());
      return new Promise((resolve) => {
        storeClient.once('ready', () =>
          resolve(
            serve([Chat], {
              server: { rateLimiter: (points, duration) => new RateLimiterRedis({ storeClient, points, duration }) },
            }),
          ),
        );
      });
    };
    const [first, second] = [await start(), await start()];
    const [one, two] = [await first.join(), await second.join()];
    expect([await ask(one, 'say'), await ask(two, 'say'), await ask(two, 'say')]).toEqual(['said', 'said', REFUSED]);
    await redis.stop();
    expect([await ask(one, 'say'), await ask(one, 'say'), await ask(one, 'say')]).toEqual(['said', 'said', REFUSED]);
    expect(first.log.errors.filter(([line]) => line.includes('the store of @RateLimit() of Chat.say'))).toHaveLength(1);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['no number of calls', () => RateLimit(0, { per: 1 }), /must be a positive integer, got 0/],
    ['no period', () => RateLimit(1, undefined as never), /must have a period, got undefined/],
    [
      'a period of 0 ms',
      () => RateLimit(1, { per: 0 }),
      /"per" of @RateLimit\(\) must be a positive number of ms, got 0/,
    ],
    ['an unknown option', () => RateLimit(1, { per: 1, pre: 1 } as never), /pre/],
    [
      'a store without consume()',
      () => RateLimit(1, { per: 1, store: {} as never }),
      /must have the method consume\(\)/,
    ],
  ])('refuses %s', (_what, decorate, message) => {
    expect(decorate).toThrow(message);
  });
});
