import {
  type ArgumentMetadata,
  createParamDecorator,
  type ExecutionContext,
  ParseIntPipe,
  type PipeTransform,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { Ack, ConnectedSocket, MessageBody } from '@nestjs/websockets';
import { IsInt, IsString } from 'class-validator';
import { Args, Auth, Event, EventName, Gateway, Handshake, Socket } from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { ask, serve } from '../../support/nest-rig.js';

class SayDto {
  @IsString()
  text!: string;
}

class SeatDto {
  @IsInt()
  seat!: number;
}

describe('pipes of handlers', () => {
  it('get neither the socket nor the acknowledgement', async () => {
    const seen: [value: unknown, metadata: ArgumentMetadata][] = [];
    const watch: PipeTransform = {
      transform: (value: unknown, metadata) => {
        seen.push([value, metadata]);
        return value;
      },
    };
    const Own = createParamDecorator((data: string) => `own ${data}`);
    @Gateway()
    @UsePipes(watch)
    class Chat {
      @Event()
      plain(client: Socket, body: SayDto, ack: (answer: unknown) => void): void {
        ack([client instanceof Socket, body]);
      }

      @Event()
      decorated(
        @ConnectedSocket() client: Socket,
        @MessageBody() body: SayDto,
        @MessageBody('text') text: string,
        @Own('value') own: string,
        @Args(0) first: unknown,
        @Ack() ack: (answer: unknown) => void,
      ): void {
        ack([client instanceof Socket, body, text, own, first]);
      }
    }
    const { join } = await serve([Chat]);
    const client = await join();
    const body = { text: 'hi' };
    expect(await ask(client, 'plain', body)).toEqual([[true, body]]);
    expect(seen).toEqual([[body, expect.objectContaining({ type: 'body', metatype: SayDto })]]);
    seen.length = 0;
    expect(await ask(client, 'decorated', body)).toEqual([[true, body, 'hi', 'own value', body]]);
    expect(seen).toHaveLength(4);
    expect(seen.map(([value, { type, data }]) => [value, type, data])).toEqual(
      expect.arrayContaining([
        [body, 'body', undefined],
        ['hi', 'body', 'text'],
        ['own value', 'custom', 'value'],
        [body, 'custom', 0],
      ]),
    );
  });

  it('turn the body into an instance of its class', async () => {
    @Gateway()
    @UsePipes(new ValidationPipe({ transform: true, whitelist: true }))
    class Chat {
      @Event()
      decorated(@MessageBody() body: SayDto): unknown {
        return [body instanceof SayDto, body];
      }

      @Event()
      plain(_client: Socket, body: SayDto): unknown {
        return [body instanceof SayDto, body];
      }
    }
    const { join } = await serve([Chat]);
    const client = await join();
    for (const event of ['decorated', 'plain']) {
      expect(await ask(client, event, { text: 'hi', admin: true })).toEqual([[true, { text: 'hi' }]]);
      expect(await ask(client, event, { text: 7 })).toEqual([
        {
          error: {
            code: 'bad_request',
            status: 400,
            message: 'Bad Request',
            details: [{ path: 'text', message: 'text must be a string', code: 'isString' }],
          },
        },
      ]);
    }
  });

  it('validate the values of custom decorators if they are set up to', async () => {
    @Gateway()
    @UsePipes(new ValidationPipe({ validateCustomDecorators: true }))
    class Chat {
      @Event()
      say(@Args(1) body: SayDto): SayDto {
        return body;
      }
    }
    const { join } = await serve([Chat]);
    const client = await join();
    expect(await ask(client, 'say', 'lobby', { text: 'hi' })).toEqual([{ text: 'hi' }]);
    expect(await ask(client, 'say', 'lobby', { text: 7 })).toMatchObject([{ error: { code: 'bad_request' } }]);
  });

  it('transform parameters', async () => {
    @Gateway()
    class Chat {
      @Event()
      sum(
        @MessageBody('a', ParseIntPipe) a: number,
        @Args(1, new ParseIntPipe()) b: number,
        @Auth('age', ParseIntPipe) age: number,
        @Handshake('query.room', ParseIntPipe) room: number,
        @EventName() event: string,
      ): unknown {
        return [a, b, age, room, event];
      }
    }
    const { join } = await serve([Chat]);
    const client = await join('/', { auth: { age: '30' }, query: { room: '7' } });
    expect(await ask(client, 'sum', { a: '1' }, '2')).toEqual([[1, 2, 30, 7, 'sum']]);
    expect(await ask(client, 'sum', {}, '2')).toMatchObject([{ error: { code: 'bad_request' } }]);
  });

  it('give custom decorators the context', async () => {
    const Sender = createParamDecorator((_data: unknown, context: ExecutionContext) => {
      const ws = context.switchToWs();
      return [ws.getClient<Socket>().handshake.auth['name'], ws.getPattern(), context.getType()];
    });
    @Gateway()
    class Chat {
      @Event()
      say(@Sender() sender: unknown): unknown {
        return sender;
      }
    }
    const { join } = await serve([Chat]);
    expect(await ask(await join('/', { auth: { name: 'Ann' } }), 'say')).toEqual([['Ann', 'say', 'ws']]);
  });

  it('transform for each handler by its own types', async () => {
    @Gateway()
    @UsePipes(new ValidationPipe())
    class Base {
      @Event()
      seat(_client: Socket, body: SeatDto): SeatDto {
        return body;
      }
    }
    @Gateway()
    class Chat extends Base {
      @Event()
      say(_client: Socket, body: SayDto): SayDto {
        return body;
      }
    }
    const { join } = await serve([Chat]);
    const client = await join();
    expect(await ask(client, 'seat', { seat: 1 })).toEqual([{ seat: 1 }]);
    expect(await ask(client, 'say', { text: 'hi' })).toEqual([{ text: 'hi' }]);
    expect(await ask(client, 'seat', { text: 'hi' })).toMatchObject([{ error: { status: 400 } }]);
    expect(await ask(client, 'say', { seat: 1 })).toMatchObject([{ error: { status: 400 } }]);
  });
});
