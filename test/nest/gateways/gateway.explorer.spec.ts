import { Controller, Injectable, Module, Scope } from '@nestjs/common';
import { Ack, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  Auth,
  ConnectionRefused,
  Event,
  EventName,
  Gateway,
  OnConnect,
  OnDisconnect,
  Reason,
  Server,
} from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { ask, entered, received, refused, type RigOptions, serve } from '../../support/nest-rig.js';

/** The error with which the application does not start. */
async function startUpError(...[providers, options]: Parameters<typeof serve>): Promise<unknown> {
  return serve(providers, options).then(
    () => 'it started',
    (error: unknown) => error,
  );
}

function giveBack<T>(value: T): T {
  return value;
}

function invalid(...parts: string[]): unknown {
  return expect.objectContaining({
    name: 'SocketIoError',
    code: 'INVALID_HANDLER',
    message: expect.toSatisfy((message: string) => parts.every((part) => message.includes(part))),
  });
}

describe('GatewayExplorer', () => {
  describe('binds', () => {
    it('several gateways to one namespace', async () => {
      @Gateway('/chat')
      class Talk {
        @Event()
        say(): string {
          return 'Talk.say';
        }
      }
      @Gateway({ namespace: 'chat' })
      class Rooms {
        @Event()
        join(): string {
          return 'Rooms.join';
        }
      }
      @Gateway('/news')
      class News {
        @Event()
        say(): string {
          return 'News.say';
        }
      }
      const { join } = await serve([Talk, Rooms, News]);
      const chat = await join('/chat');
      const news = await join('/news');
      expect(await ask(chat, 'say')).toEqual(['Talk.say']);
      expect(await ask(chat, 'join')).toEqual(['Rooms.join']);
      expect(await ask(news, 'say')).toEqual(['News.say']);
    });

    it('gateways of all modules, and of several instances of one class the first', async () => {
      const made: Chat[] = [];
      const answered: Chat[] = [];
      @Gateway()
      class Chat {
        constructor() {
          made.push(this);
        }

        @Event()
        say(): void {
          answered.push(this);
        }
      }
      @Module({ providers: [Chat] })
      class ModuleA {}
      @Module({ providers: [Chat] })
      class ModuleB {}
      const { join } = await serve([], { imports: [ModuleA, ModuleB] });
      await ask(await join(), 'say');
      expect(made).toHaveLength(2);
      expect(answered).toHaveLength(1);
      expect(made).toContain(answered[0]);
    });

    it('a gateway once that has other names too', async () => {
      @Gateway()
      class Chat {
        @Event()
        say(): string {
          return 'said';
        }
      }
      const { join } = await serve([
        { provide: 'ALIAS', useExisting: Chat },
        Chat,
        { provide: 'FACTORY', useFactory: (chat: Chat) => chat, inject: [Chat] },
        { provide: 'FUNCTION', useFactory: giveBack, inject: [Chat] },
        { provide: 'VALUE', useValue: new Chat() },
      ]);
      expect(await ask(await join(), 'say')).toEqual(['said']);
    });

    it('a gateway that is provided under a token', async () => {
      @Gateway()
      class Chat {
        @Event()
        say(): string {
          return 'said';
        }
      }
      const { join } = await serve([{ provide: 'CHAT', useClass: Chat }]);
      expect(await ask(await join(), 'say')).toEqual(['said']);
    });

    it('inherited handlers, unless they are overridden without a decorator', async () => {
      abstract class Base {
        protected abstract readonly name: string;

        @Event()
        inherited(@MessageBody() body: string): string {
          return `${this.name}.inherited ${body}`;
        }

        @Event()
        replaced(): string {
          return 'Base.replaced';
        }

        @Event()
        hidden(): string {
          return 'Base.hidden';
        }
      }
      @Gateway()
      class Chat extends Base {
        protected readonly name = 'Chat';

        @Event('renamed')
        override replaced(): string {
          return 'Chat.replaced';
        }

        override hidden(): string {
          return 'Chat.hidden';
        }

        @Event('*')
        rest(@EventName() name: string): string {
          return `nothing for ${name}`;
        }
      }
      const { join } = await serve([Chat]);
      const client = await join();
      expect(await ask(client, 'inherited', 'x')).toEqual(['Chat.inherited x']);
      expect(await ask(client, 'renamed')).toEqual(['Chat.replaced']);
      expect(await ask(client, 'replaced')).toEqual(['nothing for replaced']);
      expect(await ask(client, 'hidden')).toEqual(['nothing for hidden']);
    });

    it("the decorator of a gateway's base class to a gateway without its own", async () => {
      @Gateway('/chat')
      class Base {
        @Event()
        say(): string {
          return this.constructor.name;
        }
      }
      class Chat extends Base {}
      const { join } = await serve([Chat]);
      expect(await ask(await join('/chat'), 'say')).toEqual(['Chat']);
    });

    it('one method to several events, one of them its own name', async () => {
      @Gateway()
      class Chat {
        @Event()
        @Event('talk')
        @Event('*')
        say(@EventName() name: string): string {
          return name;
        }
      }
      const { join } = await serve([Chat]);
      const client = await join();
      expect(await ask(client, 'say')).toEqual(['say']);
      expect(await ask(client, 'talk')).toEqual(['talk']);
      expect(await ask(client, 'anything')).toEqual(['anything']);
    });

    it('the catch-all to those events only that have no handler, whatever comes first', async () => {
      @Gateway()
      class Rest {
        @Event('*')
        rest(@EventName() name: string): string {
          return `rest ${name}`;
        }
      }
      @Gateway()
      class Chat {
        @Event()
        say(): string {
          return 'say';
        }
      }
      const { join } = await serve([Rest, Chat]);
      const client = await join();
      expect(await ask(client, 'say')).toEqual(['say']);
      expect(await ask(client, 'shout')).toEqual(['rest shout']);
    });

    it('a gateway without handlers, so that clients may come and listen', async () => {
      @Gateway('/silent')
      class Silent {}
      const { app, join, log } = await serve([Silent]);
      const client = await join('/silent');
      const packets = received(client);
      client.emit('say', 'unheard');
      await expect.poll(() => app.get(Server).of('/silent').unhandledEvents).toBe(1);
      expect(packets).toEqual([]);
      expect(log.debugs).toContain('Silent serves /silent: nothing yet, no method has @Event()');
    });

    it('no handlers to a namespace that has none', async () => {
      @Gateway('/chat')
      class Chat {
        @Event()
        say(): void {}
      }
      const { connect } = await serve([Chat]);
      expect(await refused(connect('/other'))).toEqual({ message: 'Invalid namespace', data: undefined });
    });

    it('and logs what it has bound', async () => {
      @Gateway('/chat')
      class Chat {
        @OnConnect()
        @OnDisconnect()
        changed(): void {}

        @Event()
        @Event('talk')
        say(): void {}
      }
      const { log } = await serve([Chat]);
      expect(log.debugs).toContain('Chat serves /chat: disconnect, connect, "talk", "say"');
      expect([log.errors, log.warnings]).toEqual([[], []]);
    });
  });

  describe('refuses to start', () => {
    it('with two handlers for one event of one namespace', async () => {
      @Gateway('/chat')
      class Talk {
        @Event('say')
        talk(): void {}
      }
      @Gateway('chat')
      class Chat {
        @Event()
        say(): void {}
      }
      expect(await startUpError([Talk, Chat])).toMatchObject({
        code: 'DUPLICATE_HANDLER',
        message: expect.stringContaining('the event "say" of /chat must have one handler, got Talk.talk and Chat.say'),
      });
    });

    it('with two handlers for one event in one gateway', async () => {
      @Gateway()
      class Chat {
        @Event('*')
        first(): void {}

        @Event('*')
        second(): void {}
      }
      expect(await startUpError([Chat])).toMatchObject({
        code: 'DUPLICATE_HANDLER',
        message: expect.stringContaining('the event "*" of / must have one handler, got Chat.first and Chat.second'),
      });
    });

    it('with a handler on a class that is no gateway', async () => {
      @Injectable()
      class Service {
        @Event()
        say(): void {}
      }
      @Controller()
      class Pages {
        @OnConnect()
        enter(): void {}
      }
      expect(await startUpError([Service])).toEqual(invalid('Service.say', 'Service is not a gateway'));
      expect(await startUpError([], { controllers: [Pages] })).toEqual(
        invalid('Pages.enter', 'Pages is not a gateway'),
      );
    });

    it('with a parameter that nothing could be passed for', async () => {
      @Gateway()
      class Chat {
        @Event()
        say(@MessageBody() _body: unknown, _client: unknown): void {}
      }
      expect(await startUpError([Chat])).toEqual(invalid('parameter 1 of Chat.say must have a decorator'));
    });

    it('with a generator that cannot be one', async () => {
      @Gateway()
      class Feed {
        @Event()
        async *ticks(@Ack() _ack: unknown): AsyncGenerator<number> {
          yield await Promise.resolve(1);
        }
      }
      @Gateway()
      class Sums {
        @Event()
        *sums(): Generator<number> {
          yield 1;
        }
      }
      @Gateway()
      class Doors {
        @OnConnect()
        async *enter(): AsyncGenerator<boolean> {
          yield await Promise.resolve(false);
        }
      }
      for (const [gateway, rule, advice] of [
        [Feed, 'Feed.ticks must acknowledge or return a stream, got both', 'remove @Ack()'],
        [Sums, 'Sums.sums must be a plain or async method, or an async generator, got a generator', 'write async *'],
        [Doors, 'Doors.enter must be a plain or async method, got a generator', 'only @Event() handlers'],
      ] as const) {
        expect(await startUpError([gateway])).toEqual(invalid(rule, advice));
      }
    });

    it('with @Reason() outside @OnDisconnect()', async () => {
      @Gateway()
      class OnEvent {
        @Event()
        say(@Reason() _reason: unknown): void {}
      }
      @Gateway()
      class OnEntering {
        @OnConnect()
        enter(@Reason() _reason: unknown): void {}
      }
      expect(await startUpError([OnEvent])).toEqual(invalid('@Reason() on OnEvent.say'));
      expect(await startUpError([OnEntering])).toEqual(invalid('@Reason() on OnEntering.enter'));
    });

    it('never because of a gateway that uses something transient', async () => {
      @Injectable({ scope: Scope.TRANSIENT })
      class Counter {
        count = 0;
      }
      @Gateway()
      class Chat {
        constructor(private readonly counter: Counter) {}

        @Event()
        say(): number {
          return ++this.counter.count;
        }
      }
      const { join } = await serve([Chat, Counter]);
      const client = await join();
      await ask(client, 'say');
      expect(await ask(client, 'say')).toEqual([2]);
    });
  });

  describe('methods with @SubscribeMessage', () => {
    @WebSocketGateway()
    class Old {
      readonly called: string[] = [];

      @SubscribeMessage('say')
      say(): string {
        this.called.push('say');
        return 'first';
      }

      @SubscribeMessage('say')
      sayToo(): string {
        this.called.push('sayToo');
        return 'second';
      }
    }

    it('are served in either kind of class, and so is @Event()', async () => {
      @Gateway()
      class Chat {
        @SubscribeMessage('mixed')
        mixed(): string {
          return 'mixed';
        }
      }
      @WebSocketGateway()
      class Newer {
        @Event()
        fresh(): string {
          return 'fresh';
        }
      }
      const { join, log } = await serve([Old, Chat, Newer]);
      const client = await join();
      expect(await ask(client, 'mixed')).toEqual(['mixed']);
      expect(await ask(client, 'fresh')).toEqual(['fresh']);
      expect(log.warnings).toEqual([]);
      expect(log.debugs).toContain('Old serves /: "say", "say"');
    });

    it('share an event, and the first answer counts', async () => {
      @Gateway()
      class Other {
        @SubscribeMessage('say')
        say(): string {
          return 'third';
        }
      }
      const { app, join } = await serve([Old, Other]);
      expect(await ask(await join(), 'say')).toEqual(['first']);
      expect(app.get(Old).called).toEqual(['say', 'sayToo']);
    });

    it('do not share an event with @Event()', async () => {
      @Gateway()
      class Newer {
        @Event()
        say(): void {}
      }
      for (const gateways of [
        [Old, Newer],
        [Newer, Old],
      ]) {
        expect(await startUpError(gateways)).toMatchObject({
          code: 'DUPLICATE_HANDLER',
          message: expect.stringMatching(/Old\.say.* and |Newer\.say and Old/),
        });
      }
    });

    it('log a warning if they are generators', async () => {
      @WebSocketGateway()
      class Feed {
        @SubscribeMessage('ticks')
        async *ticks(): AsyncGenerator<number> {
          yield await Promise.resolve(1);
        }
      }
      const { log } = await serve([Feed]);
      expect(log.warnings).toEqual([
        expect.stringMatching(/^Feed\.ticks is a generator.*return an Observable, or use @Event\(\)$/),
      ]);
    });

    it('log a warning if they can never be called', async () => {
      class Stray {
        @SubscribeMessage('say')
        say(): void {}
      }
      @WebSocketGateway()
      class Deaf {
        @SubscribeMessage('disconnect')
        left(): void {}

        @SubscribeMessage('*')
        all(): void {}

        @SubscribeMessage({ cmd: 'sum' })
        sum(): void {}

        @SubscribeMessage('mixed')
        mixed(@MessageBody() _body: unknown, _client: unknown): void {}
      }
      const { log } = await serve([Stray, Deaf]);
      expect(log.warnings).toEqual([
        expect.stringMatching(/^Stray\.say has @SubscribeMessage\(\), but Stray is not a gateway/),
        expect.stringMatching(/^Deaf\.left has @SubscribeMessage\('disconnect'\).*use @OnDisconnect\(\)/),
        expect.stringMatching(/^Deaf\.all has @SubscribeMessage\('\*'\).*use @Event\('\*'\)/),
        expect.stringMatching(/^Deaf\.sum has @SubscribeMessage\(\{ cmd: 'sum' \}\)/),
        expect.stringMatching(/^parameter 1 of Deaf\.mixed has no decorator/),
      ]);
    });
  });

  describe('lifecycle handlers', () => {
    /** The events, in order. */
    const events: string[] = [];

    @Gateway()
    class First {
      @OnConnect()
      async enter(@Auth('name') name: string): Promise<void> {
        events.push(`First.enter ${name}`);
        await Promise.resolve();
        events.push(`First.entered ${name}`);
      }

      @OnDisconnect()
      leave(@Auth('name') name: string, @Reason() reason: string): void {
        events.push(`First.leave ${name}: ${reason}`);
      }
    }

    @Gateway()
    class Second {
      @OnConnect()
      check(@Auth('name') name: string, @Auth('token') token: unknown): boolean {
        events.push(`Second.check ${name}`);
        if (name === 'Mallory') throw new ConnectionRefused('not you', { name });
        if (name === 'Eve') throw new Error('the database is down');
        return token !== 'expired';
      }

      @OnConnect()
      welcome(@Auth('name') name: string): void {
        events.push(`Second.welcome ${name}`);
      }
    }

    async function start(options?: RigOptions) {
      events.length = 0;
      return serve([First, Second], options);
    }

    it('run in the order of their declaration, one after another', async () => {
      const { join } = await start();
      await join('/', { auth: { name: 'Ann' } });
      expect(events).toEqual(['First.enter Ann', 'First.entered Ann', 'Second.check Ann', 'Second.welcome Ann']);
    });

    it('stop at the first that refuses, and no disconnect handler runs', async () => {
      const { app, connect } = await start();
      const client = connect('/', { auth: { name: 'Mallory' } });
      expect(await refused(client)).toEqual({ message: 'not you', data: { name: 'Mallory' } });
      const other = connect('/', { auth: { name: 'Bob', token: 'expired' } });
      expect(await refused(other)).toEqual({ message: 'Connection refused', data: undefined });
      for (const gone of [client, other]) gone.io.engine.close();
      await expect.poll(() => app.get(Server).engine.clientsCount).toBe(0);
      expect(events.filter((event) => /leave|welcome/.test(event))).toEqual([]);
    });

    it('refuse the client for an internal error, which is logged and not sent', async () => {
      const { connect, log } = await start();
      const { message, data } = await refused(connect('/', { auth: { name: 'Eve' } }));
      expect(message).toBe('Internal server error');
      expect(data).toEqual({ code: 'internal', id: expect.any(String) });
      const { id } = data as { id: string };
      expect(log.errors).toEqual([
        [
          `Second.check failed; the client got only the id ${id}`,
          expect.objectContaining({ message: 'the database is down' }),
        ],
      ]);
    });

    it('let a client try again that was refused', async () => {
      const { connect } = await start();
      const client = connect('/', { auth: { name: 'Ann', token: 'expired' } });
      await refused(client);
      client.auth = { name: 'Ann', token: 'renewed' };
      client.connect();
      await entered(client);
      expect(events.at(-1)).toBe('Second.welcome Ann');
      client.disconnect();
      await expect.poll(() => events.at(-1)).toBe('First.leave Ann: client namespace disconnect');
    });
  });
});
