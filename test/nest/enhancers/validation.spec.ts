import {
  type ArgumentMetadata,
  ParseIntPipe,
  StandardSchemaValidationPipe,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { MessageBody } from '@nestjs/websockets';
import { IsInt, IsString } from 'class-validator';
import { Event, Gateway, OnConnect } from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ask, refused, serve } from '../../support/nest-rig.js';

const MESSAGE = z.object({ room: z.string(), text: z.string().max(5), times: z.coerce.number().default(1) });
type Message = z.infer<typeof MESSAGE>;

/** The exception of a validation pipe with these issues. */
function invalid(...details: string[]): unknown[] {
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
      invalid('text must be a string', 'times must be an integer number'),
    );
    expect(await ask(client, 'say', { text: 'hi', times: 1 })).toEqual([true]);
    expect(log.errors).toEqual([]);
  });
});

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
      invalid(expect.stringMatching(/^room: /) as string, expect.stringMatching(/^text: /) as string),
    );
    expect(await ask(client, 'say')).toEqual(invalid(expect.any(String) as string));
    expect(log.errors).toEqual([]);
  });

  it('validates what the client sends, before other pipes see it', async () => {
    const { join } = await serve([Chat]);
    const client = await join();
    expect(await ask(client, 'times', { times: '12' })).toEqual([12]);
    expect(await ask(client, 'times', { times: 12 })).toEqual(invalid(expect.any(String) as string));
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
      data: { code: 'bad_request', status: 400, details: [expect.stringMatching(/^token: /)] },
    });
  });
});
