import {
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  ForbiddenException,
  Injectable,
  type NestInterceptor,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { Ack, MessageBody, WsException } from '@nestjs/websockets';
import { IsString } from 'class-validator';
import { Event, EventName, Gateway, OnConnect, OnDisconnect, Server, Socket } from 'nest-socketio';
import { concat, delay, EMPTY, map, type Observable, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { next } from '../../support/nest-app.js';
import { ask, received, serve } from '../../support/nest-rig.js';
import { Trace } from '../../support/nest-trace.js';

class SayDto {
  @IsString()
  text!: string;
}

/** Answers every error with its own name. */
function answering(name: string): ExceptionFilter {
  return { catch: () => `answered by ${name}` };
}

const FORBIDDEN = { code: 'forbidden', status: 403, message: 'Forbidden resource' };

describe('the pipeline', () => {
  it('runs enhancers in the order of Nest', async () => {
    const trace = new Trace();
    @Gateway()
    @UseGuards(trace.guard('class'))
    @UseInterceptors(trace.interceptor('class'))
    @UsePipes(trace.pipe('class'))
    class Chat {
      @Event()
      @UseGuards(trace.guard('method'))
      @UseInterceptors(trace.interceptor('method'))
      @UsePipes(trace.pipe('method'))
      say(@MessageBody(trace.pipe('parameter')) body: string): string {
        trace.lines.push(`say ${body}`);
        return body;
      }
    }
    const { join } = await serve(
      [
        Chat,
        { provide: APP_GUARD, useValue: trace.guard('APP') },
        { provide: APP_INTERCEPTOR, useValue: trace.interceptor('APP') },
        { provide: APP_PIPE, useValue: trace.pipe('APP') },
      ],
      {
        prepare: (app) => {
          app.useGlobalGuards(trace.guard('global'));
          app.useGlobalInterceptors(trace.interceptor('global'));
          app.useGlobalPipes(trace.pipe('global'));
        },
      },
    );
    const client = await join();
    expect(await ask(client, 'say', 'hi')).toEqual(['hi']);
    expect(trace.lines).toEqual([
      ...['APP', 'global', 'class', 'method'].map((name) => `guard ${name}`),
      ...['APP', 'global', 'class', 'method'].map((name) => `interceptor ${name}`),
      ...['APP', 'global', 'class', 'method', 'parameter'].map((name) => `pipe ${name}`),
      'say hi',
      ...['method', 'class', 'global', 'APP'].map((name) => `after ${name}`),
    ]);
  });

  it('calls the nearest filter', async () => {
    @Gateway()
    @UseFilters(answering('class'))
    class Chat {
      @Event()
      @UseFilters(answering('method'))
      near(): void {
        throw new Error('x');
      }

      @Event()
      far(): void {
        throw new Error('x');
      }
    }
    @Gateway()
    class Other {
      @Event()
      farthest(): void {
        throw new Error('x');
      }
    }
    const { join, log } = await serve([Chat, Other], { prepare: (app) => app.useGlobalFilters(answering('global')) });
    const client = await join();
    expect(await ask(client, 'near')).toEqual(['answered by method']);
    expect(await ask(client, 'far')).toEqual(['answered by class']);
    expect(await ask(client, 'farthest')).toEqual(['answered by global']);
    expect([log.errors, log.warnings]).toEqual([[], []]);
  });

  it('injects enhancers that are classes', async () => {
    @Injectable()
    class Names {
      readonly allowed = ['Ann'];
    }
    @Injectable()
    class KnownOnly implements CanActivate {
      constructor(private readonly names: Names) {}

      canActivate(context: ExecutionContext): boolean {
        return this.names.allowed.includes(context.switchToWs().getData<string>());
      }
    }
    @Gateway()
    class Chat {
      @Event()
      @UseGuards(KnownOnly)
      hello(@MessageBody() name: string): string {
        return `hello ${name}`;
      }
    }
    const { join } = await serve([Chat, Names]);
    const client = await join();
    expect(await ask(client, 'hello', 'Ann')).toEqual(['hello Ann']);
    expect(await ask(client, 'hello', 'Bob')).toEqual([{ error: FORBIDDEN }]);
  });

  it("gives enhancers the same context as Nest's own gateways", async () => {
    const contexts: ExecutionContext[] = [];
    const watch: NestInterceptor = {
      intercept(context, next) {
        contexts.push(context);
        return next.handle();
      },
    };
    @Gateway()
    @UseInterceptors(watch)
    class Chat {
      @OnConnect()
      enter(): void {}

      @Event()
      say(): void {}

      @OnDisconnect()
      leave(): void {}
    }
    const { app, join } = await serve([Chat]);
    const client = await join('/', { auth: { token: 't' } });
    const socket = app.get(Server).sockets.sockets.get(client.id ?? '');
    await ask(client, 'say', { text: 'hi' }, 2);
    client.disconnect();
    await expect.poll(() => contexts.length).toBe(3);

    expect(contexts.map((context) => context.getType())).toEqual(['ws', 'ws', 'ws']);
    expect(contexts.map((context) => context.getClass())).toEqual([Chat, Chat, Chat]);
    expect(contexts.map((context) => context.getHandler().name)).toEqual(['enter', 'say', 'leave']);
    const hosts = contexts.map((context) => context.switchToWs());
    expect(socket).toBeInstanceOf(Socket);
    for (const host of hosts) expect(host.getClient()).toBe(socket);
    expect(hosts.map((host) => host.getPattern())).toEqual(['connect', 'say', 'disconnect']);
    expect(hosts.map((host) => host.getData<unknown>())).toEqual([
      { token: 't' },
      { text: 'hi' },
      'client namespace disconnect',
    ]);
  });

  describe('guards', () => {
    it.each<[string, () => boolean | Promise<boolean> | Observable<boolean>]>([
      ['false', () => false],
      ['a promise of false', () => Promise.resolve(false)],
      ['an Observable of false', () => of(false)],
    ])('deny with %s', async (_what, canActivate) => {
      let said = 0;
      @Gateway()
      class Chat {
        @Event()
        @UseGuards({ canActivate })
        say(@Ack() _ack: unknown): void {
          said++;
        }

        @Event()
        free(): string {
          return 'free';
        }
      }
      const { join } = await serve([Chat]);
      const client = await join();
      const packets = received(client);
      expect(await ask(client, 'say')).toEqual([{ error: FORBIDDEN }]);
      const exception = next(client, 'exception');
      client.emit('say');
      await exception;
      expect(await ask(client, 'free')).toEqual(['free']);
      expect(packets).toEqual([
        { type: 'ack', data: [{ error: FORBIDDEN }] },
        { type: 'event', data: ['exception', FORBIDDEN] },
        { type: 'ack', data: ['free'] },
      ]);
      expect(said).toBe(0);
    });

    it('may be transient', async () => {
      @Injectable({ scope: Scope.TRANSIENT })
      class Once implements CanActivate {
        #calls = 0;

        canActivate(): boolean {
          return this.#calls++ === 0;
        }
      }
      @Gateway()
      class Chat {
        @Event()
        @UseGuards(Once)
        say(): string {
          return 'said';
        }
      }
      const { join } = await serve([Chat]);
      const client = await join();
      expect(await ask(client, 'say')).toEqual(['said']);
      expect(await ask(client, 'say')).toEqual([{ error: FORBIDDEN }]);
    });

    it('still apply if the instance replaces the method', async () => {
      @Gateway()
      class Chat {
        constructor() {
          Object.assign(this, { say: () => 'unguarded' });
        }

        @Event()
        @UseGuards({ canActivate: () => false })
        say(): void {}
      }
      const { join } = await serve([Chat]);
      expect(await ask(await join(), 'say')).toEqual([{ error: FORBIDDEN }]);
    });

    it('answer with the exception that they throw', async () => {
      @Gateway()
      @UseGuards({
        canActivate: () => {
          throw new WsException({ code: 'expired', message: 'the token has expired' });
        },
      })
      class Chat {
        @Event()
        say(): void {}
      }
      const { join } = await serve([Chat]);
      expect(await ask(await join(), 'say')).toEqual([
        { error: { code: 'expired', message: 'the token has expired' } },
      ]);
    });
  });

  describe('interceptors', () => {
    it('see and change the result', async () => {
      const double: NestInterceptor = {
        intercept: (_context: ExecutionContext, next: CallHandler<number>) => next.handle().pipe(map((n) => n * 2)),
      };
      @Gateway()
      @UseInterceptors(double)
      class Chat {
        @Event()
        value(): number {
          return 1;
        }

        @Event()
        promise(): Promise<number> {
          return Promise.resolve(2);
        }

        @Event()
        stream(): Observable<number> {
          return of(1, 2, 3).pipe(delay(0));
        }
      }
      const { join } = await serve([Chat]);
      const client = await join();
      expect(await ask(client, 'value')).toEqual([2]);
      expect(await ask(client, 'promise')).toEqual([4]);
      expect(await ask(client, 'stream')).toEqual([6]);
    });

    it('may answer instead of the handler', async () => {
      @Gateway()
      @UseInterceptors({ intercept: () => of('from the cache') })
      class Chat {
        @Event()
        read(): string {
          return 'from the database';
        }
      }
      const { join } = await serve([Chat]);
      expect(await ask(await join(), 'read')).toEqual(['from the cache']);
    });

    it('may end without a value', async () => {
      @Gateway()
      @UseInterceptors({ intercept: () => EMPTY })
      class Chat {
        @Event()
        read(): string {
          return 'from the database';
        }
      }
      const { join } = await serve([Chat]);
      expect(await ask(await join(), 'read')).toEqual([]);
    });
  });

  describe('results', () => {
    it('are acknowledged as without a pipeline', async () => {
      @Gateway()
      @UseGuards({ canActivate: () => true })
      class Chat {
        @Event('*')
        answer(@EventName() name: string): unknown {
          return {
            undefined,
            null: null,
            zero: 0,
            false: false,
            text: '',
            array: [1, 2],
            empty: EMPTY,
            last: of(1, 2),
            promised: Promise.resolve(of(1, 3)),
            broken: concat(
              of(1),
              throwError(() => new ForbiddenException()),
            ),
          }[name];
        }
      }
      const { join } = await serve([Chat]);
      const client = await join();
      const answers: Record<string, unknown> = {};
      for (const name of [
        'undefined',
        'null',
        'zero',
        'false',
        'text',
        'array',
        'empty',
        'last',
        'promised',
        'broken',
      ]) {
        answers[name] = await ask(client, name);
      }
      expect(answers).toEqual({
        undefined: [],
        null: [null],
        zero: [0],
        false: [false],
        text: [''],
        array: [[1, 2]],
        empty: [],
        last: [2],
        promised: [3],
        broken: [{ error: { code: 'forbidden', status: 403, message: 'Forbidden' } }],
      });
    });

    it('are acknowledged once by a handler that acknowledges itself', async () => {
      @Gateway()
      @UseGuards({ canActivate: () => true })
      class Chat {
        @Event()
        manual(@Ack() ack: (...args: unknown[]) => void): string {
          ack('by hand', 1);
          ack('again');
          return 'ignored';
        }

        @Event()
        before(@Ack() _ack: unknown): void {
          throw new ForbiddenException('no');
        }

        @Event()
        async after(@Ack() ack: (...args: unknown[]) => void): Promise<void> {
          ack('done');
          await Promise.resolve();
          throw new ForbiddenException('no');
        }

        @Event()
        fence(): void {}
      }
      const { join } = await serve([Chat]);
      const client = await join();
      const packets = received(client);
      expect(await ask(client, 'manual')).toEqual(['by hand', 1]);
      expect(await ask(client, 'before')).toEqual([{ error: { code: 'forbidden', status: 403, message: 'no' } }]);
      expect(await ask(client, 'after')).toEqual(['done']);
      await ask(client, 'fence');
      expect(packets.map(({ type }) => type)).toEqual(['ack', 'ack', 'ack', 'ack']);
    });
  });

  it('serves one class in two applications, each with its own enhancers', async () => {
    @Gateway()
    class Chat {
      @Event()
      say(client: Socket, body: SayDto, ack: (answer: unknown) => void): void {
        ack([client instanceof Socket, body]);
      }
    }
    const strict = await serve([Chat], { prepare: (app) => app.useGlobalPipes(new ValidationPipe()) });
    const loose = await serve([Chat]);
    const [strictClient, looseClient] = [await strict.join(), await loose.join()];
    expect(await ask(strictClient, 'say', { text: 'hi' })).toEqual([[true, { text: 'hi' }]]);
    expect(await ask(looseClient, 'say', { text: 'hi' })).toEqual([[true, { text: 'hi' }]]);
    expect(await ask(strictClient, 'say', { text: 7 })).toMatchObject([{ error: { status: 400 } }]);
    expect(await ask(looseClient, 'say', { text: 7 })).toEqual([[true, { text: 7 }]]);
  });

  it('waits for asynchronous enhancers', async () => {
    const lines: string[] = [];
    async function after<T>(line: string, value: T): Promise<T> {
      await Promise.resolve();
      lines.push(line);
      return value;
    }
    @Gateway()
    @UseGuards({ canActivate: () => after('guard', true) })
    @UseInterceptors({ intercept: (_context, next) => after('interceptor', next.handle()) })
    @UsePipes({ transform: (value: string) => after('pipe', value.toUpperCase()) })
    class Chat {
      @Event()
      say(@MessageBody() body: string): string {
        lines.push('handler');
        return body;
      }
    }
    const { join } = await serve([Chat]);
    expect(await ask(await join(), 'say', 'hi')).toEqual(['HI']);
    expect(lines).toEqual(['guard', 'interceptor', 'pipe', 'handler']);
  });
});
