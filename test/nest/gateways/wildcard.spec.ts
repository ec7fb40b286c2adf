/** `@Gateway('*')`: handlers for all namespaces that have none of their own for the same event. */
import { Injectable, Scope } from '@nestjs/common';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketServer } from '@nestjs/websockets';
import {
  Broadcaster,
  ConnectionRefused,
  Event,
  EventName,
  Gateway,
  Namespace,
  OnConnect,
  OnDisconnect,
  Server,
  Socket,
} from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { ask, entered, refused, serve } from '../../support/nest-rig.js';
import { next } from '../../support/nest-app.js';

@Gateway('*')
class AnyGateway {
  readonly seen: string[] = [];

  @WebSocketServer()
  readonly all!: Namespace;

  constructor(readonly root: Broadcaster) {}

  @OnConnect()
  enter(@ConnectedSocket() client: Socket): void {
    if (client.handshake.auth['banned'] === true) throw new ConnectionRefused('banned');
    this.seen.push(`in ${client.nsp.name}`);
  }

  @OnDisconnect()
  leave(@ConnectedSocket() client: Socket): void {
    this.seen.push(`out ${client.nsp.name}`);
  }

  handleConnection(client: Socket): void {
    this.seen.push(`hook ${client.nsp.name}`);
  }

  @Event()
  who(): string {
    return 'any who';
  }

  @SubscribeMessage('where')
  where(client: Socket): string {
    return client.nsp.name;
  }

  @Event('*')
  rest(@EventName() name: string, @MessageBody() body: unknown, @ConnectedSocket() client: Socket): unknown {
    return { rest: name, body, in: client.nsp.name };
  }
}

@Gateway('/chat')
class ChatGateway {
  @Event()
  who(): string {
    return 'chat who';
  }

  @OnConnect()
  enter(): void {}
}

@Gateway('/rooms/:id')
class RoomsGateway {
  @Event('*')
  rest(@EventName() name: string): string {
    return `rooms * ${name}`;
  }
}

const PROVIDERS = [AnyGateway, ChatGateway, RoomsGateway];

describe("@Gateway('*')", () => {
  it('handles what a namespace does not, with the real name of the event', async () => {
    const { join } = await serve(PROVIDERS);
    const chat = await join('/chat');
    expect(await ask(chat, 'who')).toEqual(['chat who']); // (namespace, event)
    expect(await ask(chat, 'other', 1)).toEqual([{ rest: 'other', body: 1, in: '/chat' }]); // ('*', '*')
    expect(await ask(chat, 'where')).toEqual(['/chat']); // ('*', event)
    const room = await join('/rooms/7');
    expect(await ask(room, 'who')).toEqual(['rooms * who']); // (namespace, '*') before ('*', event)
    const root = await join('/');
    expect(await ask(root, 'who')).toEqual(['any who']);
  });

  it('decides on clients where the namespace does not, and its hook sees all of them', async () => {
    const { app, join, connect } = await serve(PROVIDERS);
    const banned = { auth: { banned: true } };
    await entered(connect('/chat', banned));
    expect(await refused(connect('/rooms/7', banned))).toMatchObject({ message: 'banned' });
    const room = await join('/rooms/8');
    room.disconnect();
    const { seen } = app.get(AnyGateway);
    await expect.poll(() => seen).toEqual(['hook /chat', 'in /rooms/8', 'hook /rooms/8', 'out /rooms/8']);
  });

  it('makes no namespace that clients could join; the option namespaces does', async () => {
    const { connect, app } = await serve(PROVIDERS);
    expect(await refused(connect('/unheard'))).toMatchObject({ message: 'Invalid namespace' });
    expect(app.get(AnyGateway).all).toBe(app.get(Server).forAll());
    const open = await serve(PROVIDERS, { server: { namespaces: '*' } });
    expect(await ask(await open.join('/unheard'), 'where')).toEqual(['/unheard']);
  });

  it('reaches the clients of all namespaces by its @WebSocketServer(), and may have the Broadcaster of /', async () => {
    const { app, join, log } = await serve(PROVIDERS);
    const heard = [await join('/chat'), await join('/rooms/7')].map((client) => next(client, 'news'));
    app.get(AnyGateway).all.emit('news', 1);
    expect(await Promise.all(heard)).toEqual([[1], [1]]);
    expect(log.warnings).toEqual([]);
  });

  it('has one handler for an event, as any', async () => {
    @Gateway('*')
    class Second {
      @Event()
      who(): void {}
    }
    await expect(serve([...PROVIDERS, Second])).rejects.toThrow(
      'the event "who" of * must have one handler, got AnyGateway.who and Second.who',
    );
  });

  it('may have one instance per connection, whatever the namespace has', async () => {
    @Gateway('/x')
    class Known {
      @OnConnect()
      enter(): void {}

      @OnDisconnect()
      leave(): void {}
    }
    let made = 0;
    @Injectable({ scope: Scope.REQUEST })
    @Gateway('*')
    class PerClient {
      readonly number = ++made;

      @Event()
      number_(): number {
        return this.number;
      }
    }
    const { join } = await serve([Known, PerClient]);
    const [first, second] = [await join('/x'), await join('/')];
    const answers = [await ask(first, 'number_'), await ask(second, 'number_'), await ask(first, 'number_')];
    expect(answers.flat()).toEqual([1, 2, 1]);
  });

  it('may handle events one after the other', async () => {
    @Gateway({ namespace: '*', concurrency: 'serial' })
    class Serial {
      running = 0;
      most = 0;

      @Event()
      async step(): Promise<void> {
        this.most = Math.max(this.most, ++this.running);
        await new Promise(setImmediate);
        this.running--;
      }
    }
    const { app, join } = await serve([Serial]);
    const client = await join('/');
    await Promise.all([ask(client, 'step'), ask(client, 'step'), ask(client, 'step')]);
    expect(app.get(Serial)).toMatchObject({ most: 1, running: 0 });
  });
});
