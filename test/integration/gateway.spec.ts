import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  ParseIntPipe,
  UseGuards,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { Ack, ConnectedSocket, MessageBody, WebSocketServer } from '@nestjs/websockets';
import { IsString } from 'class-validator';
import {
  ackArgs,
  Args,
  Auth,
  Broadcaster,
  ConnectionRefused,
  Event,
  EventName,
  Gateway,
  InjectBroadcaster,
  Namespace,
  OnConnect,
  OnDisconnect,
  Reason,
  Server,
  Socket,
  SocketIoModule,
} from 'nest-socketio';
import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { next, PLATFORMS, startApp } from '../support/nest-app.js';

class SayDto {
  @IsString()
  room!: string;

  @IsString()
  text!: string;
}

@Injectable()
class DenyGuests implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToWs().getClient<Socket>().handshake.auth['token'] !== 'guest';
  }
}

@Gateway('/chat')
class ChatGateway {
  readonly left: unknown[] = [];
  initialised: unknown;

  @WebSocketServer()
  server!: Namespace;

  constructor(@InjectBroadcaster('/chat') private readonly chat: Broadcaster) {}

  afterInit(server: unknown): void {
    this.initialised = server;
  }

  @OnConnect()
  enter(@ConnectedSocket() client: Socket, @Auth('token') token: string): void {
    if (token === undefined) throw new ConnectionRefused('no token', { retry: false });
    client.join('lobby');
    client.emit('welcome', token);
    this.chat.to('lobby').emit('entered', client.id);
  }

  @Event('say')
  @UsePipes(new ValidationPipe())
  say(@MessageBody() message: SayDto, @ConnectedSocket() client: Socket): unknown {
    this.chat.to(message.room).except(client.id).emit('said', message);
    return { delivered: true };
  }

  @Event()
  list(): number[] {
    return [1, 2];
  }

  @Event()
  several(): unknown {
    return ackArgs('a', 'b');
  }

  @Event()
  later(): unknown {
    return of(1, 2, 3);
  }

  @Event()
  nothing(): void {}

  @Event()
  fail(): void {
    throw new Error('secret');
  }

  @Event()
  manual(@Ack() ack: (...args: unknown[]) => void): string {
    ack('by hand');
    ack('again');
    return 'ignored';
  }

  @Event('add')
  add(@Args(0, ParseIntPipe) a: number, @Args(1, ParseIntPipe) b: number): number {
    return a + b;
  }

  @Event('plain')
  plain(client: Socket, data: unknown): unknown[] {
    return [client.id.length, data];
  }

  @Event('secret')
  @UseGuards(DenyGuests)
  secret(): string {
    return 'gold';
  }

  @Event('*')
  other(@EventName() name: string, @Args() args: unknown[]): unknown {
    return { name, args };
  }

  @OnDisconnect()
  leave(@ConnectedSocket() client: Socket, @Reason() reason: string): void {
    this.left.push([reason, [...client.rooms].includes('lobby')]);
  }
}

describe.each(PLATFORMS)('a gateway on %s', (platform) => {
  const start = () => startApp({ imports: [SocketIoModule.forRoot()], providers: [ChatGateway] }, platform);

  it('accepts, answers and broadcasts', async () => {
    const { app, connect } = await start();
    const alice = connect('/chat', { auth: { token: 'a' } });
    const welcome = next(alice, 'welcome');
    const entered = next(alice, 'entered');
    await next(alice, 'connect');
    expect(await welcome).toEqual(['a']);
    expect(await entered).toEqual([alice.id]);

    const bob = connect('/chat', { auth: { token: 'b' } });
    await next(bob, 'connect');
    const said = next(bob, 'said');
    expect(await alice.emitWithAck('say', { room: 'lobby', text: 'hi' })).toEqual({ delivered: true });
    expect(await said).toEqual([{ room: 'lobby', text: 'hi' }]);

    const gateway = app.get(ChatGateway);
    expect(gateway.server).toBe(app.get(Server).of('/chat'));
    expect(gateway.initialised).toBe(gateway.server);

    bob.disconnect();
    await expect.poll(() => gateway.left).toEqual([['client namespace disconnect', true]]);
  });

  it('turns results and errors into acknowledgements', async () => {
    const { connect } = await start();
    const client = connect('/chat', { auth: { token: 'guest' } });
    expect(await client.emitWithAck('list')).toEqual([1, 2]);
    expect(await new Promise((resolve) => client.emit('several', (...args: unknown[]) => resolve(args)))).toEqual([
      'a',
      'b',
    ]);
    expect(await client.emitWithAck('later')).toBe(3);
    expect(await new Promise((resolve) => client.emit('nothing', (...args: unknown[]) => resolve(args)))).toEqual([]);
    expect(await client.emitWithAck('fail')).toEqual({
      error: { code: 'internal', message: 'Internal server error', id: expect.stringMatching(/^[\w-]{20}$/) },
    });
    expect(await client.emitWithAck('manual')).toBe('by hand');
    expect(await client.emitWithAck('add', '2', '3')).toBe(5);
    expect(await client.emitWithAck('add', 'x', '3')).toEqual({
      error: { code: 'bad_request', status: 400, message: 'Validation failed (numeric string is expected)' },
    });
    expect(await client.emitWithAck('plain', 'data')).toEqual([20, 'data']);
    expect(await client.emitWithAck('secret')).toEqual({
      error: { code: 'forbidden', status: 403, message: 'Forbidden resource' },
    });
    expect(await client.emitWithAck('unheard', 1, [2])).toEqual({ name: 'unheard', args: [1, [2]] });
    expect(await client.emitWithAck('say', { room: 5 })).toEqual({
      error: {
        code: 'bad_request',
        status: 400,
        message: 'Bad Request',
        details: [
          { path: 'room', message: 'room must be a string', code: 'isString' },
          { path: 'text', message: 'text must be a string', code: 'isString' },
        ],
      },
    });
    const exception = next(client, 'exception');
    client.emit('secret');
    expect(await exception).toEqual([{ code: 'forbidden', status: 403, message: 'Forbidden resource' }]);
  });

  it('refuses with message and data', async () => {
    const { app, connect } = await start();
    const client = connect('/chat');
    const [error] = (await next(client, 'connect_error')) as [Error & { data: unknown }];
    expect([error.message, error.data]).toEqual(['no token', { retry: false }]);
    expect(app.get(ChatGateway).left).toEqual([]);
  });

  it('closes without delay while clients are connected', async () => {
    const { app, connect } = await start();
    const client = connect('/chat', { auth: { token: 'a' } });
    await next(client, 'connect');
    const disconnected = next(client, 'disconnect');
    await app.close();
    expect((await disconnected)[0]).toBe('transport close');
    expect(app.get(ChatGateway).left).toEqual([['server shutting down', true]]);
  });
});
