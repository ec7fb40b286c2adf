/** `TestClient` of `nest-socketio/testing` in Nest applications, on both platforms and without HTTP. */
import { type INestApplicationContext, Injectable, UseGuards } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import {
  Auth,
  type Broadcaster,
  ConnectionRefused,
  Event,
  Gateway,
  getBroadcasterToken,
  Handshake,
  InjectBroadcaster,
  OnConnect,
  OnDisconnect,
  type Socket,
  SocketIoModule,
} from 'nest-socketio';
import { TestClient } from 'nest-socketio/testing';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { later } from '../support/nest-app.js';

@Injectable()
class Directory {
  async find(token: string): Promise<string | null> {
    await delay(1); // like a query to a database
    return token === 'sesame' ? 'ada' : null;
  }
}

@Gateway('/chat')
class ChatGateway {
  readonly left: string[] = [];

  constructor(
    @InjectBroadcaster('/chat') private readonly chat: Broadcaster,
    private readonly directory: Directory,
  ) {}

  @OnConnect()
  async enter(
    @ConnectedSocket() client: Socket,
    @Auth('token') token: string,
    @Handshake('headers.cookie') cookie?: string,
  ) {
    const name = await this.directory.find(token);
    if (name === null) throw new ConnectionRefused('unknown token', { retry: false });
    client.data = { name, cookie };
    client.join('lobby');
  }

  @Event('say')
  async say(@MessageBody() text: string, @ConnectedSocket() client: Socket) {
    await delay(1);
    this.chat.to('lobby').except(client.id).emit('said', text);
    return { heard: text.length };
  }

  @Event('ask')
  async ask(@ConnectedSocket() client: Socket): Promise<unknown> {
    return client.call('age');
  }

  @Event('secret')
  @UseGuards({ canActivate: () => false })
  secret(): void {}

  @Event('break')
  break(): never {
    throw new Error('broken');
  }

  @OnDisconnect()
  async leave(@ConnectedSocket() client: Socket): Promise<void> {
    await delay(1);
    this.left.push((client.data as { name: string }).name);
  }
}

const HOSTS = ['Express', 'Fastify', 'a module without HTTP'] as const;

async function start(host: (typeof HOSTS)[number]): Promise<INestApplicationContext> {
  const log = { debug() {}, warn() {}, error() {} };
  const metadata = { imports: [SocketIoModule.forRoot({ logger: log })], providers: [ChatGateway, Directory] };
  const module = await Test.createTestingModule(metadata).compile();
  const app =
    host === 'Express'
      ? module.createNestApplication()
      : host === 'Fastify'
        ? module.createNestApplication(new FastifyAdapter())
        : module;
  later(() => app.close());
  return app;
}

const SESAME = { auth: { token: 'sesame' } };

describe.each(HOSTS)('on %s', (host) => {
  it('talks to gateways', async () => {
    const app = await start(host);
    const [ada, ben] = await Promise.all([
      TestClient.connect(app, '/chat', { ...SESAME, cookies: { sid: 'abc' } }),
      TestClient.connect(app, '/chat', SESAME),
    ]);
    expect(ada.socket.rooms).toEqual(new Set([ada.id, 'lobby']));
    expect(ada.socket.data).toEqual({ name: 'ada', cookie: 'sid=abc' });
    expect(await ada.emitWithAck('say', 'hello')).toEqual({ heard: 5 });
    expect(await ben.next('said')).toEqual(['hello']);
    ada.answer('age', () => 36);
    expect(await ada.emitWithAck('ask')).toBe(36);
    expect(await ada.emitWithAck('secret')).toMatchObject({ error: { code: 'forbidden' } });
    app.get<Broadcaster>(getBroadcasterToken('/chat')).emit('news', 1);
    await ada.settled();
    expect([ada.received(), ben.received()]).toEqual([[['news', 1]], [['news', 1]]]);
    await ada.disconnect();
    expect(app.get(ChatGateway).left).toEqual(['ada']);
    await app.close();
    expect(ben.disconnectReason).toBe('transport close');
  });

  it('is refused', async () => {
    const app = await start(host);
    await expect(TestClient.connect(app, '/chat', { auth: { token: 'x' } })).rejects.toMatchObject({
      message: 'unknown token',
      data: { retry: false },
    });
    await expect(
      TestClient.connect(app, '/chat', { headers: { origin: 'https://elsewhere.example' } }),
    ).rejects.toMatchObject({ data: { status: 403 } });
  });

  it('reports handlers that fail', async () => {
    const app = await start(host);
    const client = await TestClient.connect(app, '/chat', SESAME);
    client.emit('break');
    await expect(client.settled()).rejects.toMatchObject({
      code: 'HANDLER_FAILED',
      message: expect.stringMatching(/^ChatGateway\.break failed.*: broken$/) as string,
      cause: new Error('broken'),
    });
    expect(await client.next('exception')).toMatchObject([{ code: 'internal' }]);
    expect(await client.emitWithAck('break')).toMatchObject({ error: { code: 'internal' } });
    expect(client.failures()).toMatchObject([{ error: new Error('broken') }]);
    await client.close();
  });
});

describe('with fake timers', () => {
  it('works as long as setImmediate is real', async () => {
    const app = await start('a module without HTTP');
    const client = await TestClient.connect(app, '/chat', SESAME);
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'Date', 'performance'] });
    later(() => vi.useRealTimers());
    setTimeout(() => app.get<Broadcaster>(getBroadcasterToken('/chat')).emit('tick'), 60_000);
    await expect(client.next('tick')).rejects.toMatchObject({ code: 'NOT_RECEIVED' });
    vi.advanceTimersByTime(60_000);
    expect(await client.next('tick')).toEqual([]);
    vi.useRealTimers();
  });
});
