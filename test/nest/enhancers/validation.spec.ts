import {
  type ArgumentMetadata,
  BadRequestException,
  ParseIntPipe,
  StandardSchemaValidationPipe,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { MessageBody, SubscribeMessage, WsException } from '@nestjs/websockets';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import { Event, Gateway, OnConnect, type SocketIoModuleOptions } from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { next } from '../../support/nest-app.js';
import { ask, refused, serve } from '../../support/nest-rig.js';

const MESSAGE = z.object({ room: z.string(), text: z.string().max(5), times: z.coerce.number().default(1) });
type Message = z.infer<typeof MESSAGE>;

/** The exception of a validation pipe with these details. */
function invalid(...details: unknown[]): unknown[] {
  return [{ error: { code: 'bad_request', status: 400, message: 'Bad Request', details } }];
}

describe('class-validator', () => {
  class Said {
    @IsString()
    text!: string;

    @IsInt()
    times!: number;
  }

  it('reaches the acknowledgement with its issues, from a pipe of the application', async () => {
    @Gateway()
    class Chat {
      @Event()
      say(@MessageBody() said: Said): unknown {
        return said instanceof Said;
      }
    }
    const { join, log } = await serve([Chat], {
      prepare: (app) => app.useGlobalPipes(new ValidationPipe({ transform: true })),
    });
    const client = await join();
    expect(await ask(client, 'say', { text: 1 })).toEqual(
      invalid(
        { path: 'text', message: 'text must be a string', code: 'isString' },
        { path: 'times', message: 'times must be an integer number', code: 'isInt' },
      ),
    );
    expect(await ask(client, 'say', { text: 'hi', times: 1 })).toEqual([true]);
    expect(log.errors).toEqual([]);
  });

  class Item {
    @IsInt()
    amount!: number;
  }

  class Order {
    @IsString()
    name!: string;

    @ValidateNested({ each: true })
    @Type(() => Item)
    items!: Item[];
  }

  class Hint {
    @IsOptional()
    @IsString()
    text?: string;
  }

  const AMOUNT = { path: 'items.1.amount', message: 'amount must be an integer number', code: 'isInt' };
  const NAME = { path: 'name', message: 'name must be a string', code: 'isString' };
  const WRONG = { name: 1, items: [{ amount: 1 }, { amount: 'two' }] };

  /** A gateway with this pipe, and with events that take a whole order and one property. */
  async function orders(pipe: ValidationPipe, server: SocketIoModuleOptions = {}) {
    @Gateway()
    @UsePipes(pipe)
    class Orders {
      @Event()
      order(@MessageBody() _order: Order): void {}

      @Event()
      wrapped(@MessageBody('order') _order: Order): void {}

      @Event()
      hint(@MessageBody() _hint: Hint): void {}

      @Event()
      wrappedHint(@MessageBody('hint') _hint: Hint): void {}

      @SubscribeMessage('old')
      old(@MessageBody() _order: Order): void {}
    }
    const { join, log } = await serve([Orders], { server });
    return { client: await join(), log };
  }

  it.each([
    ['a list of messages', new ValidationPipe()],
    ['messages by path', new ValidationPipe({ errorFormat: 'grouped' })],
  ])('reaches the client with nested paths, whether the pipe makes %s', async (_what, pipe) => {
    const { client, log } = await orders(pipe);
    expect(await ask(client, 'order', WRONG)).toEqual(invalid(NAME, AMOUNT));
    expect(await ask(client, 'wrapped', { order: WRONG })).toEqual(
      invalid({ ...NAME, path: 'order.name' }, { ...AMOUNT, path: 'order.items.1.amount' }),
    );
    const refusal = { message: 'Validation failed (object is expected)', code: 'isObject' };
    expect(await ask(client, 'hint', 'none')).toEqual(invalid({ ...refusal, path: '' }));
    expect(await ask(client, 'wrappedHint', { hint: 'none' })).toEqual(invalid({ ...refusal, path: 'hint' }));
    expect(log.errors).toEqual([]);
  });

  it('reaches a client that requested no acknowledgement, and one of @SubscribeMessage()', async () => {
    const { client } = await orders(new ValidationPipe(), { errors: 'ack' });
    const told = next(client, 'exception');
    client.emit('order', WRONG);
    expect(await told).toMatchObject([{ code: 'bad_request', details: [NAME, AMOUNT] }]);
    expect(await ask(client, 'old', WRONG)).toEqual(invalid(NAME, AMOUNT));
  });

  it.each<[string, ValidationPipe, unknown]>([
    [
      'texts',
      new ValidationPipe({ exceptionFactory: (e) => new BadRequestException(e.map(nameOf)) }),
      ['name', 'items'],
    ],
    [
      'an object',
      new ValidationPipe({ exceptionFactory: (e) => new BadRequestException({ fields: e.map(nameOf) }) }),
      { fields: ['name', 'items'] },
    ],
    ['a WsException', new ValidationPipe({ exceptionFactory: () => new WsException({ fields: 2 }) }), { fields: 2 }],
    [
      'a promise',
      new ValidationPipe({ exceptionFactory: (e) => Promise.resolve(new BadRequestException(e.map(nameOf))) }),
      ['name', 'items'],
    ],
    ['no messages', new ValidationPipe({ disableErrorMessages: true }), undefined],
    [
      'the messages of its class',
      new (class extends ValidationPipe {
        protected override flattenValidationErrors(): string[] {
          return ['wrong'];
        }
      })(),
      ['wrong'],
    ],
  ])('is passed through from a pipe that makes %s', async (_what, pipe, details) => {
    const { client } = await orders(pipe);
    const [{ error }] = (await ask(client, 'order', WRONG)) as [{ error: { details?: unknown } }];
    expect(error.details).toEqual(details);
  });

  it('has no more issues than the messages of the pipe, which are bounded', async () => {
    const { client } = await orders(new ValidationPipe({ maxErrorMessagesLength: 10 }));
    const items = Array.from({ length: 100 }, () => ({ amount: 'two' }));
    const [{ error }] = (await ask(client, 'order', { name: 'n', items })) as [{ error: { details: unknown[] } }];
    expect(error.details).toHaveLength(2); // the pipe has one message, and one that says that others are left out
  });
});

function nameOf({ property }: { readonly property: string }): string {
  return property;
}

describe('a Standard Schema on a parameter', () => {
  @Gateway()
  class Chat {
    @Event()
    say(@MessageBody({ schema: MESSAGE }) message: Message): unknown {
      return message;
    }

    @Event()
    times(@MessageBody('times', { schema: z.string().regex(/^\d+$/), pipes: [ParseIntPipe] }) times: number): number {
      return times;
    }
  }

  it.each([
    ['no pipe is set up for', false],
    ['the pipe of the application validates', true],
  ])('validates and transforms if %s', async (_what, isGlobal) => {
    const { join, log } = await serve([Chat], {
      prepare: (app) => {
        if (isGlobal) app.useGlobalPipes(new StandardSchemaValidationPipe());
      },
    });
    const client = await join();
    expect(await ask(client, 'say', { room: 'r', text: 'hi', times: '2' })).toEqual([
      { room: 'r', text: 'hi', times: 2 },
    ]);
    expect(await ask(client, 'say', { text: 'too long' })).toEqual(
      invalid(
        { path: 'room', message: expect.any(String), code: 'invalid_type' },
        { path: 'text', message: expect.any(String), code: 'too_big' },
      ),
    );
    expect(await ask(client, 'say')).toEqual(invalid({ path: '', message: expect.any(String), code: 'invalid_type' }));
    expect(log.errors).toEqual([]);
  });

  it('validates what the client sends, before other pipes see it', async () => {
    const { join } = await serve([Chat]);
    const client = await join();
    expect(await ask(client, 'times', { times: '12' })).toEqual([12]);
    expect(await ask(client, 'times', { times: 12 })).toEqual(
      invalid({ path: 'times', message: expect.any(String), code: 'invalid_type' }),
    );
  });

  it('has nested paths, and no code if the schema has none', async () => {
    const schema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () => ({ issues: [{ message: 'too few', path: ['items', { key: 0 }, 'amount'] }] }),
      },
    } as const;
    @Gateway()
    class Orders {
      @Event()
      order(@MessageBody({ schema }) _order: unknown): void {}
    }
    const { join } = await serve([Orders]);
    expect(await ask(await join(), 'order', {})).toEqual(invalid({ path: 'items.0.amount', message: 'too few' }));
  });

  it('passes through what the pipe of the application makes of it', async () => {
    const { join } = await serve([Chat], {
      prepare: (app) =>
        app.useGlobalPipes(
          new StandardSchemaValidationPipe({ exceptionFactory: (issues) => new BadRequestException([issues.length]) }),
        ),
    });
    expect(await ask(await join(), 'say', { text: 1 })).toEqual(invalid(2));
  });

  it('is validated once', async () => {
    const seen: ArgumentMetadata[] = [];
    class Watching extends StandardSchemaValidationPipe {
      override transform<T>(value: T, metadata: ArgumentMetadata): Promise<T> {
        seen.push(metadata);
        return Promise.resolve(value);
      }
    }
    @Gateway()
    @UsePipes(new Watching())
    class Lenient {
      @Event()
      say(@MessageBody({ schema: MESSAGE }) message: unknown): unknown {
        return message;
      }
    }
    const { join } = await serve([Lenient]);
    expect(await ask(await join(), 'say', 'anything')).toEqual(['anything']);
    expect(seen).toMatchObject([{ type: 'body', schema: MESSAGE }]);
  });

  it('refuses the client whose auth does not fit', async () => {
    @Gateway()
    class Private {
      @OnConnect()
      enter(@MessageBody({ schema: z.object({ token: z.string() }) }) _auth: unknown): void {}
    }
    const { connect, join } = await serve([Private]);
    await join('/', { auth: { token: 't' } });
    expect(await refused(connect('/', { auth: { token: 1 } }))).toEqual({
      message: 'Bad Request',
      data: {
        code: 'bad_request',
        status: 400,
        details: [{ path: 'token', message: expect.any(String), code: 'invalid_type' }],
      },
    });
  });
});
