import {
  type ArgumentsHost,
  BadRequestException,
  Catch,
  Logger,
  Module,
  UseFilters,
  UseGuards,
  UsePipes,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import {
  BaseWsExceptionFilter,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WsException,
} from '@nestjs/websockets';
import { ackArgs, Event, Server, type Socket, SocketIoModule } from 'nest-socketio';
import { NEVER, Observable, of, tap } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { exceptionOf } from '../../../lib/nest/subscribe-message/exception-event.js';
import { SubscribedCall, SubscribedEvent, Subscribers } from '../../../lib/nest/subscribe-message/subscribed-event.js';
import { PacketType } from '../../../lib/protocol/internal.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { next, startApp } from '../../support/nest-app.js';
import { FakeClient } from '../../support/nest-client.js';
import { ask, received, type RigOptions, serve } from '../../support/nest-rig.js';

/** The class name `Chat`, with a method `say` that does this, and a `fence`. */
function chat(say: (body: unknown) => unknown, ...decorators: MethodDecorator[]) {
  class Chat {
    @SubscribeMessage('say')
    say(@MessageBody() body: unknown): unknown {
      return say(body);
    }

    @SubscribeMessage('fence')
    fence(): string {
      return 'fenced';
    }
  }
  const method = Object.getOwnPropertyDescriptor(Chat.prototype, 'say') as PropertyDescriptor;
  for (const decorate of decorators) decorate(Chat.prototype, 'say', method);
  WebSocketGateway()(Chat);
  return Chat;
}

/** All packets that answer `say`. */
async function say(gateway: ReturnType<typeof chat>, options: RigOptions & { ack?: boolean } = {}) {
  const { ack = true, ...rig } = options;
  const { log, join } = await serve([gateway], rig);
  const client = await join();
  const packets = received(client);
  if (ack) client.emit('say', 1, () => {});
  else client.emit('say', 1);
  for (let i = 0; i < 3; i++) await client.emitWithAck('fence');
  const answers = packets.filter(({ data }) => !(data as unknown[]).includes('fenced'));
  return { answers, log };
}

const circular: { self?: unknown } = {};
circular.self = circular;

const NO = { status: 'error', message: 'no', cause: { pattern: 'say', data: 1 } };
const INTERNAL = { ...NO, message: 'Internal server error' };

function throwing(error: unknown): () => never {
  return () => {
    throw error;
  };
}

describe('a method with @SubscribeMessage', () => {
  it('acknowledges with several arguments', async () => {
    const { answers } = await say(chat(() => ackArgs(1, 2)));
    expect(answers).toEqual([{ type: 'ack', data: [1, 2] }]);
  });

  it('logs an error with the method, and does not send it to the client', async () => {
    const { answers, log } = await say(chat(throwing(new Error('a secret'))));
    expect(answers).toEqual([{ type: 'event', data: ['exception', INTERNAL] }]);
    expect(log.errors).toEqual([['Chat.say failed', expect.objectContaining({ message: 'a secret' })]]);
  });

  it.each([
    ['an answer', () => circular],
    ['an event', () => ({ event: 'e', data: circular })],
    ['an item of an Observable', () => of(circular)],
    ['an event of a reserved name', () => ({ event: 'disconnect', data: 1 })],
  ])('fails like any other method if %s cannot be sent', async (_what, method) => {
    const { answers, log } = await say(chat(method));
    expect(answers).toEqual([{ type: 'event', data: ['exception', INTERNAL] }]);
    expect(log.errors).toEqual([['Chat.say failed', expect.any(Error)]]);
  });

  it('sends an internal error if the exception cannot be sent', async () => {
    const { answers, log } = await say(chat(throwing(new WsException(circular))));
    expect(answers).toEqual([{ type: 'event', data: ['exception', INTERNAL] }]);
    expect(log.errors).toEqual([['Chat.say threw an error that cannot be sent', expect.any(Error)]]);
  });

  it('ends an Observable when its client leaves', async () => {
    let ended = 0;
    const items = new Observable((subscriber) => {
      const running = NEVER.subscribe(subscriber);
      return () => {
        ended++;
        running.unsubscribe();
      };
    });
    const { app, join } = await serve([chat(() => items)]);
    const client = await join();
    client.emit('say', 1);
    await client.emitWithAck('fence');
    expect(ended).toBe(0);
    client.disconnect();
    await expect.poll(() => ended).toBe(1);
    await expect.poll(() => app.get(Server).engine.clientsCount).toBe(0);
  });

  it('does not subscribe to an Observable of a client that has left', async () => {
    const subscribed: unknown[] = [];
    const method = async (): Promise<unknown> => of(1).pipe(tap((item) => subscribed.push(item)));
    @WebSocketGateway()
    class Chat {
      @SubscribeMessage('say')
      async say(client: Socket): Promise<unknown> {
        client.disconnect();
        return method();
      }
    }
    const { join } = await serve([Chat]);
    const client = await join();
    client.emit('say', 1);
    await next(client, 'disconnect');
    expect(subscribed).toEqual([]);
  });

  it('skips a filter that fails', async () => {
    const failing = { catch: throwing(new TypeError('response.status is not a function')) };
    const { answers, log } = await say(chat(throwing(new WsException('no')), UseFilters(failing)));
    expect(answers).toEqual([{ type: 'event', data: ['exception', NO] }]);
    expect(log.warnings).toEqual([
      expect.stringMatching(/^the exception filter Object failed on the event "say".*status is not/),
    ]);
  });

  it('uses the exception that a filter throws for the client', async () => {
    const translating = { catch: throwing(new WsException('no')) };
    const { answers, log } = await say(chat(throwing(new Error('x')), UseFilters(translating)));
    expect(answers).toEqual([{ type: 'event', data: ['exception', NO] }]);
    expect([log.warnings, log.errors]).toEqual([[], []]);
  });

  it('is not affected by global filters', async () => {
    const called: unknown[] = [];
    @Catch()
    class Everything {
      catch(error: unknown): string {
        called.push(error);
        return 'caught';
      }
    }
    @Module({ providers: [{ provide: APP_FILTER, useClass: Everything }] })
    class Filters {}
    const { answers } = await say(
      chat(throwing(new WsException('no')), UsePipes({ transform: (value: unknown) => value })),
      { imports: [Filters] },
    );
    expect(answers).toEqual([{ type: 'event', data: ['exception', NO] }]);
    expect(called).toEqual([]);
  });

  it.each([
    ['denies', () => false],
    ['denies later', () => Promise.resolve(false)],
    ['never answers', () => of()],
  ])('is not called when a guard %s', async (_how, canActivate) => {
    const called: unknown[] = [];
    const { answers } = await say(chat((body) => called.push(body), UseGuards({ canActivate })));
    expect(answers).toEqual([{ type: 'event', data: ['exception', { ...NO, message: 'Forbidden resource' }] }]);
    expect(called).toEqual([]);
  });
});

describe('several methods with one message', () => {
  it('are all called and awaited; the first answer counts', async () => {
    const log = new RecordingLog();
    const client = new FakeClient();
    const run = (result: unknown) => {
      const bound = { run: () => result, filters: null };
      const subscription = { where: 'Chat.say', takesAck: false, pattern: 'say', boundFor: () => bound };
      return new SubscribedEvent(subscription, 'event', log);
    };
    const packet = { type: PacketType.EVENT, nsp: '/', id: 7, data: ['say'] } as const;
    const subscribers = new Subscribers();
    subscribers.add(run(Promise.resolve('later')));
    subscribers.add(run('now'));
    await subscribers.handle(client.socket, { ...packet, data: ['say'] });
    expect(client.acknowledged).toEqual([[7, ['now']]]);

    const atOnce = new Subscribers();
    atOnce.add(run(undefined));
    atOnce.add(run(2));
    expect(atOnce.handle(client.socket, { ...packet, id: 8, data: ['say'] })).toBeUndefined();
    expect(client.acknowledged[1]).toEqual([8, [2]]);
  });
});

describe('the option errors', () => {
  const bad = chat(throwing(new BadRequestException({ message: ['no text'] })));
  const described = { code: 'bad_request', status: 400, message: 'Bad Request Exception', details: ['no text'] };

  it.each([
    ['event', [{ type: 'event', data: ['exception', INTERNAL] }]],
    ['ack', [{ type: 'ack', data: [{ error: described }] }]],
    [
      'both',
      [
        { type: 'event', data: ['exception', INTERNAL] },
        { type: 'ack', data: [{ error: described }] },
      ],
    ],
  ] as const)('sends an error by %s', async (errors, expected) => {
    expect((await say(bad, { server: { errors } })).answers).toEqual(expected);
  });

  it('sends an error by the event if no acknowledgement was requested', async () => {
    const { answers } = await say(bad, { server: { errors: 'ack' }, ack: false });
    expect(answers).toEqual([{ type: 'event', data: ['exception', INTERNAL] }]);
  });

  it.each([
    ['what a filter returns', 'answer', { type: 'ack', data: ['answer'] }],
    ['the error where a filter returns nothing', undefined, { type: 'ack', data: [{ error: described }] }],
    [
      'our failure where that cannot be sent',
      circular,
      { type: 'ack', data: [{ error: expect.objectContaining({ code: 'internal' }) }] },
    ],
  ])('acknowledges with %s', async (_what, returned, expected) => {
    const filter = UseFilters({ catch: () => returned });
    const gateway = chat(throwing(new BadRequestException({ message: ['no text'] })), filter);
    expect((await say(gateway, { server: { errors: 'ack' } })).answers).toEqual([expected]);
  });

  it('has three values', async () => {
    const starting = startApp({ imports: [SocketIoModule.forRoot({ errors: 'never' as 'ack' })] });
    await expect(starting).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('"errors"'),
    });
  });
});

describe('exceptionOf', () => {
  it.each([
    new WsException('no'),
    new WsException({ code: 7 }),
    new Error('a secret'),
    new BadRequestException('no'),
    'text',
  ])("is the payload of Nest's filter for %s", (error) => {
    const client = new FakeClient();
    const call = new SubscribedCall(client.socket, ['say', 1], undefined, 'say');
    const ws = { getClient: () => client, getPattern: () => 'say', getData: () => 1 };
    const logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    new BaseWsExceptionFilter().catch(error, { switchToWs: () => ws } as unknown as ArgumentsHost);
    logged.mockRestore();
    expect(client.emitted).toEqual([['exception', exceptionOf(error, call)]]);
  });
});

describe('a filter of Nest behind @Event()', () => {
  @Catch()
  class Telling extends BaseWsExceptionFilter {
    override catch(exception: Error, host: ArgumentsHost): void {
      super.catch(new WsException(exception.message), host);
    }
  }

  @WebSocketGateway()
  class Chat {
    @UseFilters(new Telling())
    @Event()
    say(@MessageBody() _body: unknown): never {
      throw new WsException('no');
    }

    @Event()
    fence(): void {}
  }

  it('sends one exception and answers the acknowledgement', async () => {
    const { join } = await serve([Chat]);
    const client = await join();
    const packets = received(client);
    client.emit('say', 1);
    await ask(client, 'fence');
    expect(packets.filter(({ type }) => type === 'event')).toEqual([{ type: 'event', data: ['exception', NO] }]);
    expect(await ask(client, 'say', 1)).toEqual([{ error: { code: 'error', message: 'no' } }]);
  });
});
