import 'reflect-metadata';
import { createParamDecorator, ParseIntPipe, type Type } from '@nestjs/common';
import { Ack, ConnectedSocket, MessageBody } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import { bodyOf, planArguments } from '../../../lib/nest/events/argument-plan.js';
import { Call } from '../../../lib/nest/call.js';
import { Args, EventName, Reason } from '../../../lib/nest/decorators/parameter.decorators.js';
import type { LifecycleKind } from '../../../lib/nest/decorators/metadata.js';
import { FakeClient } from '../../support/nest-client.js';

const client = new FakeClient().socket;
const ack = () => {};
const call = new Call(client, ['say', { text: 'hi' }, 2], ack);

/** The arguments with which a handler is called directly. */
function read(type: Type, method = 'handle', kind: LifecycleKind | null = null): unknown[] | undefined {
  return planArguments(type, method, kind).read?.(call);
}

describe('planArguments', () => {
  describe('of a method without decorators', () => {
    it('passes client, data and acknowledgement', () => {
      class Chat {
        handle(...args: unknown[]): unknown {
          return args;
        }
      }
      expect(planArguments(Chat, 'handle', null)).toMatchObject({ decorated: false, takesAck: false });
      expect(read(Chat)).toEqual([client, call.body, ack]);
    });

    it('leaves the acknowledgement to a method with three parameters', () => {
      class Two {
        handle(_client: unknown, _data: unknown): void {}
      }
      class Three {
        handle(_client: unknown, _data: unknown, _ack: unknown): void {}
      }
      expect(planArguments(Two, 'handle', null).takesAck).toBe(false);
      expect(planArguments(Three, 'handle', null).takesAck).toBe(true);
    });

    it('refuses more parameters than there are values', () => {
      class Chat {
        handle(_client: unknown, _data: unknown, _ack: unknown, _more: unknown): void {}
      }
      expect(() => planArguments(Chat, 'handle', null)).toThrow(
        expect.objectContaining({
          code: 'INVALID_HANDLER',
          message: expect.stringContaining('parameter 3 of Chat.handle must have a decorator'),
        }),
      );
    });
  });

  describe('of a method with decorators', () => {
    it('passes the value of each decorator in its place', () => {
      class Chat {
        handle(
          @Args(1) number: unknown,
          @Ack() ack: unknown,
          @MessageBody() body: unknown,
          @MessageBody('text') text: unknown,
          @ConnectedSocket() client: unknown,
          @EventName() event: unknown,
        ): unknown {
          return [number, ack, body, text, client, event];
        }
      }
      expect(planArguments(Chat, 'handle', null)).toMatchObject({ decorated: true, takesAck: true });
      expect(read(Chat)).toEqual([2, ack, { text: 'hi' }, 'hi', client, 'say']);
    });

    it('does not take the acknowledgement without @Ack()', () => {
      class Chat {
        handle(@ConnectedSocket() _client: unknown, @MessageBody() _body: unknown, @Args() _args: unknown): void {}
      }
      expect(planArguments(Chat, 'handle', null).takesAck).toBe(false);
    });

    it('refuses a parameter without a decorator if others have one', () => {
      class Chat {
        first(_plain: unknown, @MessageBody() _body: unknown): void {}

        between(@MessageBody() _body: unknown, _plain: unknown, @ConnectedSocket() _client: unknown): void {}

        last(@MessageBody() _body: unknown, _plain: unknown): void {}
      }
      for (const [method, index] of [
        ['first', 0],
        ['between', 1],
        ['last', 1],
      ] as const) {
        expect(() => planArguments(Chat, method, null)).toThrow(
          expect.objectContaining({
            code: 'INVALID_HANDLER',
            message: expect.stringContaining(`parameter ${index} of Chat.${method} must have a decorator`),
          }),
        );
      }
    });

    it('lets a parameter with a default value keep it', () => {
      class Chat {
        last(@MessageBody('text') text: string, times = 2): string {
          return text.repeat(times);
        }

        first(times = 3, @MessageBody('text') text: string): string {
          return text.repeat(times);
        }
      }
      expect(new Chat().last(...(read(Chat, 'last') as [string]))).toBe('hihi');
      expect(new Chat().first(...(read(Chat, 'first') as [undefined, string]))).toBe('hihihi');
    });

    it('finds the parameters of an inherited method', () => {
      class Base {
        handle(@MessageBody('text') text: unknown): unknown {
          return text;
        }
      }
      class Chat extends Base {}
      expect(read(Chat)).toEqual(['hi']);
    });
  });

  it.each(['pipeOnBody', 'pipeOnOurs', 'foreignDecorator'])(
    "needs Nest's pipeline for parameters with pipes or decorators of other libraries: %s",
    (method) => {
      const Foreign = createParamDecorator(() => 'own');
      class Chat {
        pipeOnBody(@MessageBody(ParseIntPipe) _body: unknown): void {}

        pipeOnOurs(@MessageBody() _body: unknown, @Args(0, ParseIntPipe) _first: unknown): void {}

        foreignDecorator(@Foreign() _own: unknown): void {}
      }
      expect(planArguments(Chat, method, null)).toMatchObject({ decorated: true, read: null });
    },
  );

  describe('of @Reason()', () => {
    class Chat {
      handle(@Reason() reason: unknown): unknown {
        return reason;
      }
    }

    it('reads it for a disconnect handler', () => {
      const left = new Call(client, ['disconnect', 'ping timeout'], undefined);
      expect(planArguments(Chat, 'handle', 'disconnect').read?.(left)).toEqual(['ping timeout']);
    });

    it.each(['connect', null] as const)('refuses it anywhere else: %s', (kind) => {
      expect(() => planArguments(Chat, 'handle', kind)).toThrow(
        expect.objectContaining({
          code: 'INVALID_HANDLER',
          message: expect.stringContaining('@Reason() on Chat.handle'),
        }),
      );
    });
  });

  it.each(['connect', 'disconnect'] as const)('refuses @Ack() where nothing is acknowledged: %s', (kind) => {
    class Chat {
      handle(@Ack() ack: unknown): unknown {
        return ack;
      }
    }
    expect(() => planArguments(Chat, 'handle', kind)).toThrow(
      expect.objectContaining({ code: 'INVALID_HANDLER', message: expect.stringContaining('@Ack() on Chat.handle') }),
    );
  });

  it('treats a method that the class does not have as one without parameters', () => {
    class Chat {}
    expect(planArguments(Chat, 'handle', null)).toMatchObject({ decorated: false, takesAck: false });
  });
});

describe('bodyOf', () => {
  it('is the first argument', () => {
    expect(bodyOf(call, undefined)).toEqual({ text: 'hi' });
    expect(bodyOf(new Call(client, ['say'], undefined), undefined)).toBeUndefined();
  });

  it('is one property of it', () => {
    expect(bodyOf(call, 'text')).toBe('hi');
    expect(bodyOf(call, 'missing')).toBeUndefined();
    expect(bodyOf(new Call(client, ['say', [7]], undefined), '0')).toBe(7);
  });

  it.each([null, undefined, 0, '', false])('has no properties if it is %j', (body) => {
    expect(bodyOf(new Call(client, ['say', body], undefined), 'text')).toBeUndefined();
  });
});
