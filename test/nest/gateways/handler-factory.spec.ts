import 'reflect-metadata';
import {
  type CanActivate,
  type ExceptionFilter,
  ForbiddenException,
  type NestInterceptor,
  ParseIntPipe,
  type PipeTransform,
  type Type,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { Ack, ConnectedSocket, MessageBody } from '@nestjs/websockets';
import { EMPTY, of, tap, throwError } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import type { Call } from '../../../lib/nest/call.js';
import { ConnectionScopes, type GatewayInstance } from '../../../lib/nest/connection-scope.js';
import { Args, Auth, Reason } from '../../../lib/nest/decorators/parameter.decorators.js';
import { FilterAnswer } from '../../../lib/nest/events/answer.js';
import { Globals } from '../../../lib/nest/enhancers/globals.js';
import { RateLimits } from '../../../lib/nest/events/rate-limits.js';
import { HandlerFactory } from '../../../lib/nest/gateways/handler-factory.js';
import type { LiveSessions } from '../../../lib/nest/sessions/live-sessions.js';
import { HandlerPatches } from '../../../lib/nest/enhancers/handler-patches.js';
import type { Pipeline } from '../../../lib/nest/enhancers/pipeline.js';
import { PacketType } from '../../../lib/protocol/internal.js';
import { ConnectionRefused } from '../../../lib/server/internal.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { FakeClient } from '../../support/nest-client.js';

const GUARD: CanActivate = { canActivate: () => true };
const PIPE: PipeTransform = { transform: (value: unknown) => value };
const INTERCEPTOR: NestInterceptor = { intercept: (_context, next) => next.handle() };
const FILTER: ExceptionFilter = { catch: () => {} };

function setUp() {
  const config = new ApplicationConfig();
  const log = new RecordingLog();
  /** Replaces Nest's pipeline. */
  const wrap = vi.fn<Pipeline['wrap']>(() => () => Promise.resolve('through the pipeline'));
  const globals = new Globals(config);
  const scopes = new ConnectionScopes({ registerRequestByContextId: () => {} }, globals);
  const factory = new HandlerFactory(
    { wrap } as unknown as Pipeline,
    globals,
    scopes,
    null,
    log,
    new RateLimits({}, log),
    new HandlerPatches(null, log),
  );
  const client = new FakeClient();
  client.handshake.auth = { token: 't' };
  return { config, globals, scopes, log, wrap, factory, client };
}

function gateway(type: Type<object>): GatewayInstance {
  return { type, instance: new type(), id: 'id of the provider' };
}

/** The synchronous acknowledgements of an event's handler. */
function handled(type: Type, method: string, { config, factory, client, wrap } = setUp()) {
  const handler = factory.event(gateway(type), method, method);
  void handler(client.socket, { type: PacketType.EVENT, nsp: '/', id: 1, data: [method, 'body'] });
  return { acknowledged: client.acknowledged.map(([, args]) => args), wrap, config };
}

/** The refusal of a client, or `null`. */
async function decide(type: Type, rig = setUp()): Promise<ConnectionRefused | null> {
  const handler = rig.factory.connect(gateway(type), 'enter');
  try {
    await handler(rig.client.socket);
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(ConnectionRefused);
    return error as ConnectionRefused;
  }
}

/** A gateway whose connect handler does this. */
function entering(enter: () => unknown): Type {
  return class Chat {
    enter(): unknown {
      return enter();
    }
  };
}

/** Runs a disconnect handler. */
async function leave(type: Type, rig = setUp()) {
  await rig.factory.leave(gateway(type), 'leave', 'disconnect')(rig.client.socket, 'ping timeout', undefined);
  return rig;
}

describe('HandlerFactory', () => {
  describe('for an event', () => {
    it('calls the method directly, on its instance', () => {
      class Chat {
        readonly #greeting = 'hello';

        greet(@MessageBody() body: string, @ConnectedSocket() client: FakeClient): unknown {
          return [this.#greeting, body, client.id];
        }
      }
      const { acknowledged, wrap } = handled(Chat, 'greet');
      expect(acknowledged).toEqual([[['hello', 'body', 'fake-client-000000-id']]]);
      expect(wrap).not.toHaveBeenCalled();
    });

    it('calls the decorated method of the class, even if the instance replaces it', () => {
      class Chat {
        constructor() {
          Object.assign(this, { greet: () => 'replaced', guarded: () => 'replaced' });
        }

        greet(): string {
          return 'of the class';
        }

        @UseGuards(GUARD)
        guarded(): void {}
      }
      expect(handled(Chat, 'greet').acknowledged).toEqual([['of the class']]);
      expect(handled(Chat, 'guarded').wrap).toHaveBeenCalledOnce();
    });

    it('leaves the acknowledgement to a method that takes it', () => {
      class Chat {
        greet(@Ack() ack: (...args: unknown[]) => void): string {
          ack('by', 'hand');
          return 'ignored';
        }
      }
      expect(handled(Chat, 'greet').acknowledged).toEqual([['by', 'hand']]);
    });

    it('refuses a method whose parameters could not be filled', () => {
      class Chat {
        greet(@MessageBody() _body: unknown, _plain: unknown): void {}
      }
      expect(() => handled(Chat, 'greet')).toThrow(expect.objectContaining({ code: 'INVALID_HANDLER' }));
    });

    describe('through the pipeline', () => {
      class Plain {
        greet(): string {
          return 'directly';
        }
      }

      it.each<[string, ClassDecorator & MethodDecorator]>([
        ['guard', UseGuards(GUARD)],
        ['interceptor', UseInterceptors(INTERCEPTOR)],
        ['pipe', UsePipes(PIPE)],
        ['filter', UseFilters(FILTER)],
      ])('calls a method that has a %s, or whose class has', async (_kind, decorate) => {
        class OnMethod {
          @decorate
          greet(): void {}

          other(): string {
            return 'directly';
          }
        }
        @decorate
        class OnClass extends Plain {}
        class Inherited extends OnClass {}

        for (const type of [OnMethod, OnClass, Inherited]) {
          const rig = setUp();
          const { wrap } = handled(type, 'greet', rig);
          expect(wrap).toHaveBeenCalledExactlyOnceWith(
            expect.objectContaining({ instance: expect.any(type) as unknown, id: 'id of the provider' }),
            expect.objectContaining({ method: 'greet', decorated: false, guarded: true }),
            undefined,
            expect.any(Function) as unknown,
          );
          await expect.poll(() => rig.client.acknowledged).toEqual([[1, ['through the pipeline']]]);
        }
        expect(handled(OnMethod, 'other').acknowledged).toEqual([['directly']]);
      });

      it.each<[string, (config: ApplicationConfig) => void]>([
        ['guard', (config) => config.useGlobalGuards(GUARD)],
        ['guard of a provider', (config) => config.addGlobalGuard(GUARD)],
        ['interceptor', (config) => config.useGlobalInterceptors(INTERCEPTOR)],
        ['pipe', (config) => config.useGlobalPipes(PIPE)],
        ['filter', (config) => config.useGlobalFilters(FILTER)],
      ])('calls every method when there is a global %s', (_kind, add) => {
        const rig = setUp();
        add(rig.config);
        expect(handled(Plain, 'greet', rig).wrap).toHaveBeenCalledOnce();
      });

      it('calls a method with a pipe on a parameter, and says that it is decorated', () => {
        class Chat {
          greet(@Args(0, ParseIntPipe) _number: number): void {}
        }
        const { wrap } = handled(Chat, 'greet');
        expect(wrap).toHaveBeenCalledExactlyOnceWith(
          expect.objectContaining({ instance: expect.any(Chat) as unknown, id: 'id of the provider' }),
          expect.objectContaining({ method: 'greet', decorated: true, guarded: true }),
          undefined,
          expect.any(Function) as unknown,
        );
      });
    });
  });

  describe('for a connect handler', () => {
    it('passes client, auth and the name of the event', async () => {
      const seen: unknown[] = [];
      class Chat {
        enter(@ConnectedSocket() client: unknown, @Auth('token') token: unknown, @MessageBody() auth: unknown): void {
          seen.push(client, token, auth);
        }
      }
      const rig = setUp();
      expect(await decide(Chat, rig)).toBeNull();
      expect(seen).toEqual([rig.client, 't', { token: 't' }]);
    });

    it.each([undefined, null, 0, '', true, 'no', { refuse: true }, []])('accepts what returns %j', async (result) => {
      expect(await decide(entering(() => result))).toBeNull();
      expect(await decide(entering(() => Promise.resolve(result)))).toBeNull();
      expect(await decide(entering(() => of(result)))).toBeNull();
    });

    it('accepts an Observable without a value', async () => {
      expect(await decide(entering(() => EMPTY))).toBeNull();
    });

    it.each<[string, () => unknown]>([
      ['false', () => false],
      ['a promise of false', () => Promise.resolve(false)],
      ['an Observable of false', () => of(true, false)],
    ])('refuses what returns %s', async (_what, enter) => {
      expect(await decide(entering(enter))).toMatchObject({ message: 'Connection refused', data: undefined });
    });

    it.each<[string, () => unknown]>([
      [
        'throws',
        () => {
          throw new ConnectionRefused('full', { seats: 0 });
        },
      ],
      ['rejects', () => Promise.reject(new ConnectionRefused('full', { seats: 0 }))],
      ['errs', () => throwError(() => new ConnectionRefused('full', { seats: 0 }))],
    ])('refuses with message and data of a ConnectionRefused: %s', async (_what, enter) => {
      const rig = setUp();
      expect(await decide(entering(enter), rig)).toMatchObject({ message: 'full', data: { seats: 0 } });
      expect(rig.log.errors).toEqual([]);
    });

    it('refuses with what an exception says', async () => {
      const forbidden = new ForbiddenException('not yours');
      const rig = setUp();
      expect(
        await decide(
          entering(() => Promise.reject(forbidden)),
          rig,
        ),
      ).toMatchObject({
        message: 'not yours',
        data: { code: 'forbidden', status: 403 },
        cause: forbidden,
      });
      expect(rig.log.errors).toEqual([]);
    });

    it('refuses for our own failures without a word of them, and logs', async () => {
      const rig = setUp();
      const error = new Error('secret');
      const refusal = await decide(
        entering(() => Promise.reject(error)),
        rig,
      );
      expect(refusal?.message).toBe('Internal server error');
      expect(refusal?.data).toEqual({ code: 'internal', id: expect.stringMatching(/^[\w-]{20}$/) });
      const data = refusal?.data as { id: string } | undefined;
      expect(rig.log.errors).toEqual([[`Chat.enter failed; the client got only the id ${data?.id}`, error]]);
    });

    it("refuses with a filter's answer as data", async () => {
      const rig = setUp();
      rig.config.useGlobalFilters(FILTER);
      rig.wrap.mockReturnValue(() => Promise.resolve(new FilterAnswer({ retry: 5 })));
      expect(
        await decide(
          entering(() => 'never called'),
          rig,
        ),
      ).toMatchObject({
        message: 'Connection refused',
        data: { retry: 5 },
      });
    });
  });

  describe('with live sessions', () => {
    it('calls each kind within the session of the client, which is optional for a client that leaves', async () => {
      class Chat {
        handle(): string {
          return 'done';
        }
      }
      const seen: unknown[] = [];
      const around: LiveSessions['around'] = (run, use) => (call) => {
        seen.push([call.event, use]);
        return run(call);
      };
      const { globals, scopes, log, client } = setUp();
      const sessions = { around } as LiveSessions;
      const factory = new HandlerFactory(
        {} as Pipeline,
        globals,
        scopes,
        sessions,
        log,
        new RateLimits({}, log),
        new HandlerPatches(null, log),
      );
      const chat = gateway(Chat);
      void factory.event(
        chat,
        'handle',
        'say',
      )(client.socket, { type: PacketType.EVENT, nsp: '/', id: 1, data: ['say'] });
      await factory.connect(chat, 'handle')(client.socket);
      await factory.leave(chat, 'handle', 'disconnect')(client.socket, 'ping timeout', undefined);
      expect(client.acknowledged).toEqual([[1, ['done']]]);
      expect(seen).toEqual([
        ['say', 'required'],
        ['connect', 'required'],
        ['disconnect', 'optional'],
      ]);
    });
  });

  describe('for a disconnect handler', () => {
    it('passes client and reason', async () => {
      const seen: unknown[] = [];
      class Chat {
        leave(@ConnectedSocket() client: unknown, @Reason() reason: unknown): void {
          seen.push(client, reason);
        }
      }
      const { client } = await leave(Chat);
      expect(seen).toEqual([client, 'ping timeout']);
    });

    it.each<[string, (done: () => void) => unknown]>([
      [
        'a promise',
        async (done) => {
          await Promise.resolve();
          done();
        },
      ],
      ['an Observable', (done) => of(1).pipe(tap(done))],
    ])('waits for %s', async (_what, run) => {
      const done = vi.fn<() => void>();
      class Chat {
        leave(): unknown {
          return run(done);
        }
      }
      const { log } = await leave(Chat);
      expect(done).toHaveBeenCalledOnce();
      expect(log.errors).toEqual([]);
    });

    it.each<[string, () => unknown]>([
      [
        'thrown',
        () => {
          throw new Error('x');
        },
      ],
      ['rejected with', () => Promise.reject(new Error('x'))],
      ['an Observable ends with', () => throwError(() => new Error('x'))],
    ])('logs what is %s', async (_what, run) => {
      class Chat {
        leave(): unknown {
          return run();
        }
      }
      const { log } = await leave(Chat);
      expect(log.errors).toEqual([['Chat.leave failed', expect.objectContaining({ message: 'x' })]]);
    });

    it('refuses a method whose parameters could not be filled', () => {
      class Chat {
        leave(@Reason() _reason: unknown, _plain: unknown): void {}
      }
      const { factory } = setUp();
      expect(() => factory.leave(gateway(Chat), 'leave', 'disconnect')).toThrow(
        expect.objectContaining({ code: 'INVALID_HANDLER' }),
      );
    });
  });

  it('allows @Reason() in disconnect and drop handlers only', () => {
    class Chat {
      leave(@Reason() reason: unknown): unknown {
        return reason;
      }
    }
    const { factory } = setUp();
    expect(() => factory.leave(gateway(Chat), 'leave', 'disconnect')).not.toThrow();
    expect(() => factory.leave(gateway(Chat), 'leave', 'drop')).not.toThrow();
    expect(() => factory.return(gateway(Chat), 'leave')).toThrow('@Reason() on Chat.leave');
    expect(() => factory.connect(gateway(Chat), 'leave')).toThrow('@Reason() on Chat.leave');
    expect(() => factory.event(gateway(Chat), 'leave', 'say')).toThrow('@Reason() on Chat.leave');
  });

  it('hands the call to the pipeline, for a disconnect or drop without guards', async () => {
    const seen: Call[] = [];
    const rig = setUp();
    rig.config.useGlobalGuards(GUARD);
    rig.wrap.mockReturnValue((call) => {
      seen.push(call);
      return Promise.resolve();
    });
    class Chat {
      handle(): void {}
    }
    const chat = gateway(Chat);
    await rig.factory.connect(chat, 'handle')(rig.client.socket);
    await rig.factory.return(chat, 'handle')(rig.client.socket);
    await rig.factory.leave(chat, 'handle', 'drop')(rig.client.socket, 'ping timeout', undefined);
    await rig.factory.leave(chat, 'handle', 'disconnect')(rig.client.socket, 'ping timeout', undefined);
    expect(rig.wrap.mock.calls.map(([, { guarded }]) => guarded)).toEqual([true, true, false, false]);
    expect(seen.map(({ data, ack }) => [data, ack])).toEqual([
      [['connect', { token: 't' }], undefined],
      [['return', { token: 't' }], undefined],
      [['drop', 'ping timeout'], undefined],
      [['disconnect', 'ping timeout'], undefined],
    ]);
  });
});
