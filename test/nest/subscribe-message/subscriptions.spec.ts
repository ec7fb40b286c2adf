import {
  type ArgumentsHost,
  type CanActivate,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  Injectable,
  Scope,
  Session,
  UseFilters,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  WsException,
} from '@nestjs/websockets';
import type { Namespace, Socket } from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { HttpSessions } from '../../support/http-session.js';
import { next } from '../../support/nest-app.js';
import { ask, received, serve } from '../../support/nest-rig.js';

const SCOPES = [
  ['request-scoped', Scope.REQUEST],
  ['transient', Scope.TRANSIENT],
] as const;

const DENIED = { status: 'error', message: 'Forbidden resource', cause: { pattern: 'say', data: 1 } };

describe('a gateway with @SubscribeMessage and a scope', () => {
  it.each(SCOPES)('that is %s has one instance per connection', async (_name, scope) => {
    let made = 0;
    const trace: unknown[] = [];
    @Injectable({ scope })
    @WebSocketGateway({ namespace: '/chat' })
    class Chat {
      readonly number = ++made;
      #server = '';

      @WebSocketServer()
      server!: Namespace;

      async afterInit(server: Namespace): Promise<void> {
        await Promise.resolve();
        this.#server = server.name;
      }

      handleConnection(): void {
        trace.push(['in', this.number, this.#server, this.server.name]);
      }

      handleDisconnect(): void {
        trace.push(['out', this.number]);
      }

      @SubscribeMessage('say')
      say(): number {
        return this.number;
      }
    }
    const { join } = await serve([Chat]);
    const [alice, bob] = [await join('/chat'), await join('/chat')];
    expect(await Promise.all([ask(alice, 'say'), ask(bob, 'say'), ask(alice, 'say')])).toEqual([[1], [2], [1]]);
    alice.disconnect();
    await expect.poll(() => trace).toHaveLength(3);
    expect(trace).toEqual([
      ['in', 1, '/chat', '/chat'],
      ['in', 2, '/chat', '/chat'],
      ['out', 1],
    ]);
  });

  it('has the filters of its connection, for methods and hooks, also after the client has left', async () => {
    const caught: unknown[] = [];
    @Catch()
    @Injectable({ scope: Scope.REQUEST })
    class Noting implements ExceptionFilter<Error> {
      readonly #seen: unknown[] = [];

      catch(exception: Error, host: ArgumentsHost): void {
        this.#seen.push(exception.message);
        caught.push([host.switchToWs().getPattern(), [...this.#seen]]);
      }
    }
    const waiting: ((error: Error) => void)[] = [];
    @WebSocketGateway()
    @UseFilters(Noting)
    class Chat {
      handleDisconnect(): void {
        throw new Error('left');
      }

      @SubscribeMessage('say')
      say(): void {
        throw new WsException('no');
      }

      @SubscribeMessage('wait')
      wait(@ConnectedSocket() client: Socket): Promise<never> {
        client.disconnect();
        return new Promise((_resolve, reject) => waiting.push(reject));
      }
    }
    const { join, log } = await serve([Chat]);
    const [alice, bob] = [await join(), await join()];
    alice.emit('say');
    await expect.poll(() => caught).toEqual([['say', ['no']]]);
    bob.emit('wait');
    await next(bob, 'disconnect');
    await expect.poll(() => caught.slice(1)).toEqual([['handleDisconnect', ['left']]]);
    waiting[0]?.(new Error('late'));
    await expect.poll(() => caught.slice(2)).toEqual([['wait', ['left', 'late']]]);
    expect(log.errors).toEqual([]);
  });

  it('keeps its instance until handleDisconnect has settled', async () => {
    const left: unknown[] = [];
    @Injectable({ scope: Scope.REQUEST })
    @WebSocketGateway()
    class Chat {
      #words: unknown[] = [];

      @SubscribeMessage('say')
      say(@MessageBody() word: string): void {
        this.#words.push(word);
      }

      async handleDisconnect(): Promise<void> {
        await new Promise(setImmediate);
        left.push(this.#words);
      }
    }
    const { join } = await serve([Chat]);
    const client = await join();
    client.emit('say', 'hello');
    client.disconnect();
    await expect.poll(() => left).toEqual([['hello']]);
  });
});

describe('globals and @SubscribeMessage', () => {
  class Deny implements CanActivate {
    canActivate(): boolean {
      return false;
    }
  }

  @WebSocketGateway()
  class Chat {
    @SubscribeMessage('say')
    say(): string {
      return 'said';
    }

    @SubscribeMessage('fail')
    fail(): never {
      throw new WsException('no');
    }
  }

  it('applies guards of the application', async () => {
    const { join } = await serve([Chat, { provide: APP_GUARD, useClass: Deny }]);
    const client = await join();
    client.emit('say', 1);
    expect(await next(client, 'exception')).toEqual([DENIED]);
  });

  it('leaves out the kinds that globals switches off', async () => {
    const { join } = await serve([Chat, { provide: APP_GUARD, useClass: Deny }], {
      server: { globals: { guards: false } },
    });
    expect(await ask(await join(), 'say')).toEqual(['said']);
  });

  it('applies scoped guards, with one instance per connection', async () => {
    const asked: unknown[] = [];
    @Injectable({ scope: Scope.REQUEST })
    class Second implements CanActivate {
      #calls = 0;

      canActivate(context: ExecutionContext): boolean {
        asked.push(context.switchToHttp().getRequest<Socket>() === context.switchToWs().getClient());
        return ++this.#calls > 1;
      }
    }
    const { join } = await serve([Chat, { provide: APP_GUARD, useClass: Second }]);
    const [alice, bob] = [await join(), await join()];
    for (const client of [alice, bob]) {
      client.emit('say', 1);
      expect(await next(client, 'exception')).toEqual([DENIED]);
      expect(await ask(client, 'say')).toEqual(['said']);
    }
    expect(asked).toEqual([true, true, true, true]);
  });

  it('leaves out filters of the application, as Nest does', async () => {
    @Catch()
    class Silent implements ExceptionFilter {
      catch(): string {
        return 'caught';
      }
    }
    const { join } = await serve([Chat, { provide: APP_FILTER, useClass: Silent }]);
    const client = await join();
    const packets = received(client);
    client.emit('fail');
    const exception = { status: 'error', message: 'no', cause: { pattern: 'fail' } };
    expect(await next(client, 'exception')).toEqual([exception]);
    expect(packets).toEqual([{ type: 'event', data: ['exception', exception] }]);
  });
});

it('gives a method the current session if sessions are live, and saves its changes', async () => {
  const sessions = new HttpSessions();
  await sessions.put('id', { user: 'Ann' });
  @WebSocketGateway()
  class Chat {
    @SubscribeMessage('say')
    say(@Session() kept: Record<string, unknown>): unknown {
      kept['said'] = true;
      return kept['user'];
    }
  }
  const { join } = await serve([Chat], { server: { use: [sessions.middleware], session: 'live' } });
  const client = await join('/', { extraHeaders: sessions.headers('id') });
  await sessions.put('id', { user: 'Bob' });
  expect(await ask(client, 'say')).toEqual(['Bob']);
  expect(await sessions.read('id')).toEqual({ user: 'Bob', said: true });
});
