import {
  type ArgumentsHost,
  BadRequestException,
  Catch,
  type ExceptionFilter,
  ForbiddenException,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { APP_FILTER, BaseExceptionFilter } from '@nestjs/core';
import { Ack, MessageBody, WsException } from '@nestjs/websockets';
import { Event, Gateway } from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { ask, received, serve } from '../../support/nest-rig.js';

function failing(): never {
  throw new Error('x');
}

/** Answers every error with its own name. */
function answering(name: string): ExceptionFilter {
  return { catch: () => `answered by ${name}` };
}

/** The filter in Nest's documentation of exception filters. */
@Catch()
class HttpFilter implements ExceptionFilter {
  catch(_exception: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<{ status(code: number): { json(body: unknown): void } }>();
    response.status(500).json({ statusCode: 500 });
  }
}

const INTERNAL = { code: 'internal', message: 'Internal server error', id: expect.any(String) as string };

describe('filters of handlers', () => {
  it('answer with their return value, synchronous or not', async () => {
    @Catch(BadRequestException)
    class Translate implements ExceptionFilter<BadRequestException> {
      catch(exception: BadRequestException, host: ArgumentsHost): Promise<unknown> {
        return Promise.resolve({ ok: false, why: exception.message, event: host.switchToWs().getPattern() });
      }
    }
    @Gateway()
    @UseFilters(Translate)
    class Chat {
      @Event()
      bad(): void {
        throw new BadRequestException('no');
      }

      @Event()
      other(): void {
        throw new ForbiddenException('no');
      }

      @Event()
      manual(@Ack() _ack: unknown): void {
        throw new BadRequestException('no');
      }
    }
    const { join } = await serve([Chat]);
    const client = await join();
    expect(await ask(client, 'bad')).toEqual([{ ok: false, why: 'no', event: 'bad' }]);
    expect(await ask(client, 'other')).toEqual([{ error: { code: 'forbidden', status: 403, message: 'no' } }]);
    expect(await ask(client, 'manual')).toEqual([{ ok: false, why: 'no', event: 'manual' }]);
  });

  it('may be provided for the application', async () => {
    @Gateway()
    class Chat {
      @Event()
      fail(): void {
        throw new Error('x');
      }
    }
    const { join } = await serve([Chat, { provide: APP_FILTER, useValue: answering('APP') }]);
    expect(await ask(await join(), 'fail')).toEqual(['answered by APP']);
  });

  it('answer for guards, pipes and interceptors too', async () => {
    @Gateway()
    @UseFilters(answering('filter'))
    class Chat {
      @Event()
      @UseGuards({ canActivate: () => false })
      guarded(): void {}

      @Event()
      @UsePipes({ transform: failing })
      piped(@MessageBody() _body: unknown): void {}

      @Event()
      @UseInterceptors({ intercept: failing })
      intercepted(): void {}
    }
    const { join } = await serve([Chat]);
    const client = await join();
    for (const event of ['guarded', 'piped', 'intercepted']) {
      expect(await ask(client, event)).toEqual(['answered by filter']);
    }
  });

  it.each([null, 0, false, ''])('answer with %j', async (answer) => {
    @Gateway()
    @UseFilters({ catch: () => answer })
    class Chat {
      @Event()
      fail(): void {
        throw new Error('x');
      }
    }
    const { join } = await serve([Chat]);
    expect(await ask(await join(), 'fail')).toEqual([answer]);
  });

  it('prevent the event exception for a client that requested no acknowledgement', async () => {
    @Gateway()
    class Chat {
      @Event()
      @UseFilters(answering('filter'))
      fail(): void {
        throw new Error('x');
      }

      @Event()
      fence(): void {}
    }
    const { join } = await serve([Chat]);
    const client = await join();
    const packets = received(client);
    client.emit('fail');
    await ask(client, 'fence');
    await ask(client, 'fence');
    expect(packets.filter(({ type }) => type === 'event')).toEqual([]);
  });

  it('answer with the error if they return nothing', async () => {
    const caught: unknown[] = [];
    const error = new Error('secret');
    @Gateway()
    @UseFilters({ catch: (exception: unknown) => void caught.push(exception) })
    class Chat {
      @Event()
      fail(): void {
        throw error;
      }

      @Event()
      deny(): void {
        throw new ForbiddenException('no');
      }
    }
    const { join, log } = await serve([Chat]);
    const client = await join();
    expect(await ask(client, 'fail')).toEqual([{ error: INTERNAL }]);
    expect(await ask(client, 'deny')).toEqual([{ error: { code: 'forbidden', status: 403, message: 'no' } }]);
    expect(caught).toEqual([error, expect.any(ForbiddenException)]);
    expect(log.errors).toEqual([[expect.stringMatching(/^Chat\.fail failed/), error]]);
    expect(log.warnings).toEqual([]);
  });

  it.each(['HttpFilter', 'BaseExceptionFilter'])(
    'are passed over when written for HTTP, with one warning: %s',
    async (kind) => {
      @Gateway()
      class Chat {
        @Event()
        deny(@MessageBody() _body: unknown): void {
          throw new ForbiddenException('no');
        }

        @Event()
        fail(): void {
          throw new Error('secret');
        }
      }
      const { join, log } = await serve([Chat], {
        prepare: (app) => {
          app.useGlobalFilters(
            kind === 'HttpFilter' ? new HttpFilter() : new BaseExceptionFilter(app.getHttpAdapter()),
          );
        },
      });
      const client = await join();
      expect(await ask(client, 'deny', { status: 'active' })).toEqual([
        { error: { code: 'forbidden', status: 403, message: 'no' } },
      ]);
      expect(await ask(client, 'fail')).toEqual([{ error: INTERNAL }]);
      expect(log.warnings).toEqual([
        expect.stringMatching(
          new RegExp(
            `^the exception filter ${kind} failed on the event "deny", so the filter is skipped.*filters: false.*: TypeError`,
          ),
        ),
      ]);
      expect(log.errors).toEqual([[expect.stringMatching(/^Chat\.fail failed/), expect.any(Error)]]);
    },
  );

  it.each<[string, () => Error, unknown]>([
    ['WsException', () => new WsException('rather this'), { code: 'error', message: 'rather this' }],
    [
      'HttpException',
      () => new BadRequestException('rather this'),
      { code: 'bad_request', status: 400, message: 'rather this' },
    ],
  ])('replace an error by throwing a %s', async (_kind, make, error) => {
    @Gateway()
    @UseFilters({
      catch: () => {
        throw make();
      },
    })
    class Chat {
      @Event()
      fail(): void {
        throw new Error('secret');
      }
    }
    const { join, log } = await serve([Chat]);
    expect(await ask(await join(), 'fail')).toEqual([{ error }]);
    expect([log.errors, log.warnings]).toEqual([[], []]);
  });

  it('may rethrow the exception that they were given', async () => {
    @Gateway()
    @UseFilters({
      catch: (exception: unknown) => {
        throw exception;
      },
    })
    class Chat {
      @Event()
      fail(): void {
        throw new Error('secret');
      }
    }
    const { join, log } = await serve([Chat]);
    expect(await ask(await join(), 'fail')).toEqual([{ error: INTERNAL }]);
    expect(log.warnings).toEqual([]);
    expect(log.errors).toHaveLength(1);
  });
});
