import { Controller, Get, Injectable, type OnModuleInit, Param } from '@nestjs/common';
import { Broadcaster, Event, Gateway, getBroadcasterToken, InjectBroadcaster, Server } from 'nest-socketio';
import { afterEach, describe, expect, it } from 'vitest';
import { requestedBroadcasters } from '../../../lib/nest/broadcaster/requested-namespaces.js';
import { next } from '../../support/nest-app.js';
import { ask, received, serve } from '../../support/nest-rig.js';

interface News {
  headline: (text: string) => void;
}

@Gateway('/chat')
class Chat {
  @Event()
  fence(): void {}
}

@Gateway()
class Root {
  @Event()
  fence(): void {}
}

describe('Broadcaster', () => {
  const servers: Server[] = [];
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

  function broadcaster(namespace?: string): { server: Server; broadcaster: Broadcaster } {
    const server = new Server();
    servers.push(server);
    return { server, broadcaster: new Broadcaster(server, namespace) };
  }

  it.each([
    [undefined, '/'],
    ['/', '/'],
    ['chat', '/chat'],
    ['/chat', '/chat'],
  ])('of %j sends to the namespace %s', (namespace, path) => {
    expect(broadcaster(namespace).broadcaster.namespace).toBe(path);
  });

  it('opens no namespace to clients when it is used', async () => {
    const { server, broadcaster: chat } = broadcaster('chat');
    expect(chat.emit('said', 'to an empty namespace')).toBe(true);
    expect(await chat.fetchSockets()).toEqual([]);
    expect(await chat.emitWithAck('who?')).toEqual([]);
    expect(server.has('/chat')).toBe(false);
    const { join } = await serve([
      Root,
      { provide: 'news', useFactory: (root: Broadcaster) => root.of('/news').emit('x'), inject: [Broadcaster] },
    ]);
    await expect(join('/news')).rejects.toThrow('Invalid namespace');
  });

  it('sends serverSideEmit to the other servers of a cluster, of which there are none here', async () => {
    const { broadcaster: chat } = broadcaster('chat');
    const answer = await new Promise((resolve) => {
      chat.serverSideEmit('who?', (...args: unknown[]) => resolve(args));
    });
    expect(answer).toEqual([null, []]);
  });

  it('returns the broadcasters of other namespaces', () => {
    const { broadcaster: root } = broadcaster();
    const chat = root.of('chat');
    expect(chat).toBeInstanceOf(Broadcaster);
    expect(chat.namespace).toBe('/chat');
    expect(chat.of('/news').namespace).toBe('/news');
  });

  it('refuses event names that clients cannot receive', () => {
    expect(() => broadcaster().broadcaster.emit('disconnect')).toThrow(
      expect.objectContaining({ code: 'RESERVED_EVENT' }),
    );
  });

  it('reaches the clients of its namespace, from services and controllers', async () => {
    @Injectable()
    class Newsroom implements OnModuleInit {
      constructor(
        private readonly everybody: Broadcaster,
        @InjectBroadcaster('/chat') private readonly chat: Broadcaster<News>,
      ) {}

      onModuleInit(): void {
        this.chat.emit('headline', 'no client is connected yet');
        this.chat.to('lobby').volatile.emit('headline', 'no client is connected yet');
      }

      publish(text: string): void {
        this.chat.emit('headline', text);
        this.everybody.emit('published');
      }
    }
    @Controller()
    class Pages {
      @InjectBroadcaster('chat')
      private readonly chat!: Broadcaster;

      @Get('say/:text')
      say(@Param('text') text: string): string {
        this.chat.emit('said', text);
        return 'done';
      }
    }
    const { app, url, join } = await serve([Chat, Root, Newsroom], { controllers: [Pages] });
    const chatter = await join('/chat');
    const visitor = await join('/');
    const [atChat, atRoot] = [received(chatter), received(visitor)];
    const published = next(visitor, 'published');
    app.get(Newsroom).publish('it works');
    await published;
    expect(await (await fetch(`${url}/say/hello`)).text()).toBe('done');
    await Promise.all([ask(chatter, 'fence'), ask(visitor, 'fence')]);
    expect(atChat).toEqual([
      { type: 'event', data: ['headline', 'it works'] },
      { type: 'event', data: ['said', 'hello'] },
      { type: 'ack', data: [] },
    ]);
    expect(atRoot).toEqual([
      { type: 'event', data: ['published'] },
      { type: 'ack', data: [] },
    ]);
  });

  it('starts every kind of chain', async () => {
    const { app, join } = await serve([Chat]);
    const chat = app.get(Broadcaster).of('/chat');
    const [ann, bob] = [await join('/chat'), await join('/chat')];
    const [atAnn, atBob] = [received(ann), received(bob)];
    const [annId, bobId] = [ann.id ?? '', bob.id ?? ''];
    ann.on('ask', (answer: (value: string) => void) => answer('Ann'));
    bob.on('ask', (answer: (value: string) => void) => answer('Bob'));

    chat.in(annId).socketsJoin('lobby');
    chat.to('lobby').emit('to the lobby');
    chat.except('lobby').emit('to others');
    chat.to(['lobby', bobId]).send('to both');
    chat.to([]).emit('to no room');
    chat.local.compress(true).to(bobId).emit('to Bob');
    expect(await chat.to('lobby').call('ask')).toBe('Ann');
    expect(new Set(await chat.timeout(5_000).emitWithAck('ask'))).toEqual(new Set(['Ann', 'Bob']));
    expect((await chat.in('lobby').fetchSockets()).map(({ id }) => id)).toEqual([annId]);
    await expect(chat.call('ask')).rejects.toMatchObject({ code: 'NOT_ONE_RECEIVER' });
    const names = (packets: typeof atAnn) => packets.map(({ data }) => (data as unknown[])[0]);
    expect(names(atAnn)).toEqual(['to the lobby', 'message', 'ask', 'ask']);
    expect(names(atBob)).toEqual(['to others', 'message', 'to Bob', 'ask']);

    chat.socketsLeave('lobby');
    expect(await chat.in('lobby').fetchSockets()).toEqual([]);
    const gone = next(ann, 'disconnect');
    chat.in(annId).disconnectSockets();
    expect((await gone)[0]).toBe('io server disconnect');
    expect((await chat.fetchSockets()).map(({ id }) => id)).toEqual([bobId]);
  });

  it('can be replaced for a test', async () => {
    const emitted: unknown[][] = [];
    const replacement = { emit: (...args: unknown[]) => emitted.push(args) };
    @Injectable()
    class Newsroom {
      constructor(
        readonly everybody: Broadcaster,
        @InjectBroadcaster('/chat') readonly chat: Broadcaster,
      ) {}
    }
    const { app } = await serve([Newsroom], {
      override: (builder) =>
        builder
          .overrideProvider(Broadcaster)
          .useValue(replacement)
          .overrideProvider(getBroadcasterToken('chat'))
          .useValue(replacement),
    });
    const { everybody, chat } = app.get(Newsroom);
    everybody.emit('a', 1);
    chat.emit('b');
    expect(emitted).toEqual([['a', 1], ['b']]);
  });
});

describe('getBroadcasterToken', () => {
  it('is the class itself for /', () => {
    expect(getBroadcasterToken()).toBe(Broadcaster);
    expect(getBroadcasterToken('/')).toBe(Broadcaster);
    expect(getBroadcasterToken('')).toBe(Broadcaster);
  });

  it('is the same for all spellings of a name, and different for other names', () => {
    expect(getBroadcasterToken('chat')).toBe(getBroadcasterToken('/chat'));
    expect(getBroadcasterToken('chat')).not.toBe(getBroadcasterToken('news'));
  });
});

describe('@InjectBroadcaster', () => {
  it('refuses a pattern', () => {
    expect(() => InjectBroadcaster('/rooms/:id')).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message:
          'the namespace of a Broadcaster must be a name, got the pattern /rooms/:id: ' +
          "inject Broadcaster and call of('/rooms/7') with the name of a namespace",
      }),
    );
  });

  it('makes forRoot() provide it', async () => {
    const token = getBroadcasterToken('/noted');
    const before = await serve([]);
    expect(() => before.app.get<Broadcaster>(token)).toThrow('/noted');
    InjectBroadcaster('noted');
    expect(requestedBroadcasters.names).toContain('/noted');
    const after = await serve([]);
    expect(after.app.get<Broadcaster>(token).namespace).toBe('/noted');
  });

  it('injects the broadcaster of / without a name', async () => {
    @Injectable()
    class Newsroom {
      constructor(
        @InjectBroadcaster() readonly one: Broadcaster,
        @InjectBroadcaster('/') readonly same: Broadcaster,
      ) {}
    }
    const { app } = await serve([Newsroom]);
    const { one, same } = app.get(Newsroom);
    expect(one).toBe(app.get(Broadcaster));
    expect(same).toBe(one);
  });
});
