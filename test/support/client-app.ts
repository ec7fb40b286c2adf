/** An application with a handler for everything that a stock client can do. */
import { type CanActivate, type ExecutionContext, Injectable, UseGuards } from '@nestjs/common';
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import {
  ackArgs,
  Args,
  Auth,
  Broadcaster,
  ConnectionRefused,
  Event,
  Gateway,
  InjectBroadcaster,
  OnConnect,
  OnDisconnect,
  Reason,
  Socket,
  SocketIoModule,
} from 'nest-socketio';
import { type Platform, type RunningApp, startApp } from './nest-app.js';

interface Nested {
  readonly blob: Buffer;
  readonly list: readonly [Buffer, { readonly deep: readonly [Buffer, ...unknown[]] }];
}

@Gateway()
class RootGateway {
  @Event()
  echo(@Args() args: unknown[]): unknown {
    return ackArgs(...args);
  }

  /** Returns how the server sees the received data. */
  @Event()
  inspect(@MessageBody() { blob, list: [empty, { deep }] }: Nested): unknown {
    return [blob, empty, deep[0]].map((data) => [data instanceof Uint8Array, Buffer.from(data).toString('hex')]);
  }

  @Event()
  mirror(@ConnectedSocket() client: Socket, @MessageBody() body: unknown): void {
    client.emit('mirrored', body, { copy: body });
  }

  @Event()
  leaveAll(@ConnectedSocket() client: Socket): void {
    client.disconnect(true);
  }
}

@Injectable()
class ChatGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { name } = context.switchToWs().getClient<Socket>().handshake.auth;
    if (name === 'banned') throw new ConnectionRefused('you are banned', { until: ['Friday', null] });
    return name !== 'guest';
  }
}

@Gateway('/chat')
export class ChatGateway {
  readonly left: [unknown, string][] = [];

  constructor(@InjectBroadcaster('/chat') private readonly chat: Broadcaster) {}

  @OnConnect()
  @UseGuards(ChatGuard)
  enter(@ConnectedSocket() client: Socket, @Auth('name') name: string): void {
    client.data = name;
    client.emit('welcome', name);
  }

  @OnDisconnect()
  leaves(@ConnectedSocket() client: Socket, @Reason() reason: string): void {
    this.left.push([client.data, reason]);
  }

  @Event()
  join(@ConnectedSocket() client: Socket, @MessageBody() room: string): number {
    client.join(room);
    return client.rooms.size;
  }

  @Event()
  leave(@ConnectedSocket() client: Socket, @MessageBody() room: string): number {
    client.leave(room);
    return client.rooms.size;
  }

  @Event()
  say(@ConnectedSocket() client: Socket, @Args(0) room: string, @Args(1) text: string): void {
    this.chat.to(room).except(client.id).emit('said', text);
  }

  @Event()
  tell(@Args(0) rooms: string | string[], @Args(1) text: string): void {
    this.chat.to(rooms).emit('told', text);
  }

  @Event()
  announce(@MessageBody() data: Buffer): void {
    this.chat.emit('announced', { data });
  }

  @Event()
  survey(@ConnectedSocket() client: Socket, @Args() args: unknown[]): Promise<unknown> {
    return client.emitWithAck('question', args);
  }

  @Event()
  leaveChat(@ConnectedSocket() client: Socket): void {
    client.disconnect();
  }
}

/** Starts the application. It refuses clients named `guest` or `banned` in `/chat` only. */
export function startClientApp(platform: Platform): Promise<RunningApp> {
  return startApp({ imports: [SocketIoModule.forRoot()], providers: [RootGateway, ChatGateway] }, platform);
}
