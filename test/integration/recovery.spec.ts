/** Connection state recovery with the stock client, in Nest applications. */
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import type { Socket as NetSocket } from 'node:net';
import {
  Auth,
  Broadcaster,
  ConnectionRefused,
  Event,
  Gateway,
  InjectBroadcaster,
  OnConnect,
  Socket,
  SocketIoModule,
} from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { next, PLATFORMS, type Platform, startApp } from '../support/nest-app.js';

@Gateway('/chat')
class ChatGateway {
  /** The clients that connected, and whether they recovered. */
  readonly entered: [name: unknown, recovered: boolean][] = [];
  banned: unknown = null;

  constructor(@InjectBroadcaster('/chat') readonly chat: Broadcaster) {}

  @OnConnect()
  enter(@ConnectedSocket() client: Socket, @Auth('name') name: unknown): void {
    if (name === this.banned) throw new ConnectionRefused('banned');
    this.entered.push([name, client.recovered]);
    client.data.visits = (client.data.visits ?? 0) + 1;
  }

  @Event()
  join(@MessageBody() room: string, @ConnectedSocket() client: Socket): void {
    client.join(room);
  }

  @Event()
  visits(@ConnectedSocket() client: Socket): number {
    return client.data.visits;
  }
}

async function startChat(platform: Platform) {
  const options = SocketIoModule.forRoot({ connectionStateRecovery: {} });
  const running = await startApp({ imports: [options], providers: [ChatGateway] }, platform);
  const connections: NetSocket[] = [];
  running.app.getHttpServer().on('connection', (socket: NetSocket) => connections.push(socket));
  const gateway = running.app.get(ChatGateway);
  const client = running.connect('/chat', { auth: { name: 'ann' } });
  await next(client, 'connect');
  const heard: unknown[][] = [];
  client.onAny((...event: unknown[]) => heard.push(event.slice(0, 2)));
  /** Breaks the connection. Resolves when both sides have noticed. */
  const lose = async (): Promise<void> => {
    const gone = next(client, 'disconnect');
    connections.at(-1)?.destroy();
    await gone;
    await expect.poll(async () => (await gateway.chat.fetchSockets()).length).toBe(0);
  };
  return { gateway, client, heard, lose };
}

describe.each(PLATFORMS)('a client that loses its connection, on %s', (platform) => {
  it('resumes as the same socket, and gets the events it missed', async () => {
    const { gateway, client, heard, lose } = await startChat(platform);
    await client.emitWithAck('join', 'den');
    const { id } = client;
    const seen = next(client, 'news');
    gateway.chat.emit('news', 'before');
    await seen;
    await lose();
    gateway.chat.to('den').emit('news', Buffer.from('in the den'));
    gateway.chat.to('attic').emit('news', 'in the attic');
    await next(client.connect(), 'connect');
    expect([client.id, client.recovered]).toEqual([id, true]);
    gateway.chat.to('den').emit('news', 'after');
    await expect.poll(() => heard.length).toBe(3);
    expect(heard).toEqual([
      ['news', 'before'],
      ['news', Buffer.from('in the den')],
      ['news', 'after'],
    ]);
    expect(await client.emitWithAck('visits')).toBe(2);
    expect(gateway.entered).toEqual([
      ['ann', false],
      ['ann', true],
    ]);
  });

  it('resumes even if it had received nothing yet', async () => {
    const { gateway, client, heard, lose } = await startChat(platform);
    const { id } = client;
    await lose();
    gateway.chat.emit('news', 1);
    await next(client.connect(), 'connect');
    expect([client.id, client.recovered]).toEqual([id, true]);
    await expect.poll(() => heard).toEqual([['news', 1]]);
  });

  it('is authenticated again', async () => {
    const { gateway, client, lose } = await startChat(platform);
    gateway.banned = 'ann';
    await lose();
    const refused = next(client.connect(), 'connect_error');
    expect((await refused)[0]).toMatchObject({ message: 'banned' });
  });
});
