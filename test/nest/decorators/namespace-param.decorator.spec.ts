import { ParseIntPipe } from '@nestjs/common';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import {
  Broadcaster,
  ConnectionRefused,
  Event,
  Gateway,
  InjectBroadcaster,
  Namespace,
  NamespaceParam,
  type NamespaceParams,
  OnConnect,
  OnDisconnect,
  Server,
  Socket,
} from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { next } from '../../support/nest-app.js';
import { ask, refused, serve } from '../../support/nest-rig.js';

describe('@NamespaceParam', () => {
  it('gives the segments of a wildcard, and undefined for an optional part that is missing', async () => {
    @Gateway('/files/*path')
    class Files {
      @Event()
      where(@NamespaceParam('path') path: string[]): string {
        return path.join('|');
      }
    }

    @Gateway('/rooms{/:id}')
    class Rooms {
      @Event()
      where(@NamespaceParam('id') id: string | undefined): string {
        return String(id);
      }
    }
    const { connect, join } = await serve([Files, Rooms]);
    expect(await ask(await join('/files/a/b%2Fc'), 'where')).toEqual(['a|b/c']);
    expect(await ask(await join('/rooms/7'), 'where')).toEqual(['7']);
    expect(await ask(await join('/rooms'), 'where')).toEqual(['undefined']);
    for (const name of ['/files', '/files/%', '/rooms/7/8', '/Rooms/7']) {
      expect((await refused(connect(name))).message).toBe('Invalid namespace');
    }
  });

  it('gives the parameters of the namespace to all kinds of handlers', async () => {
    const seen: unknown[] = [];
    @Gateway('/:tenant/rooms/:id')
    class Rooms {
      @OnConnect()
      enter(@NamespaceParam('id') id: string, @ConnectedSocket() client: Socket): void {
        if (id === 'closed') throw new ConnectionRefused('closed');
        client.join('inside');
      }

      @Event()
      where(@NamespaceParam('tenant') tenant: string, @NamespaceParam('id') id: string): unknown {
        return [tenant, id];
      }

      @Event()
      all(@NamespaceParam() params: NamespaceParams): unknown {
        return [Object.getPrototypeOf(params), params];
      }

      @Event()
      double(@NamespaceParam('id', ParseIntPipe) id: number, @MessageBody() times: number): number {
        return id * times;
      }

      @OnDisconnect()
      leave(@NamespaceParam('id') id: string): void {
        seen.push(id);
      }
    }
    const { connect, join } = await serve([Rooms]);
    const client = await join('/acme/rooms/7%2F8');
    expect(await ask(client, 'where')).toEqual([['acme', '7/8']]);
    expect(await ask(client, 'all')).toEqual([[null, { tenant: 'acme', id: '7/8' }]]);
    expect(await ask(await join('/acme/rooms/21'), 'double', 2)).toEqual([42]);
    expect((await refused(connect('/acme/rooms/closed'))).message).toBe('closed');
    expect((await refused(connect('/acme/rooms/%E4'))).message).toBe('Invalid namespace');
    expect((await refused(connect('/acme/rooms'))).message).toBe('Invalid namespace');
    client.disconnect();
    await expect.poll(() => seen).toEqual(['7/8']);
  });

  it('gives the named groups of a RegExp', async () => {
    @Gateway(/^\/(?<kind>room|game)-(?<id>\d+)(?<rest>x)?$/g)
    class Rooms {
      @Event()
      where(@NamespaceParam() params: unknown, @NamespaceParam('rest') rest: string | undefined): unknown {
        return [params, rest === undefined];
      }
    }
    const { join } = await serve([Rooms]);
    expect(await ask(await join('/room-7'), 'where')).toEqual([[{ kind: 'room', id: '7' }, true]]);
    expect(await ask(await join('/game-8'), 'where')).toEqual([[{ kind: 'game', id: '8' }, true]]);
  });

  it('is each gateway’s own, where several serve a namespace', async () => {
    @Gateway('/rooms/:id')
    class Rooms {
      @Event()
      one(@NamespaceParam() params: unknown): unknown {
        return params;
      }
    }
    @Gateway('/:kind/:name')
    class Anything {
      @Event()
      other(@NamespaceParam() params: unknown): unknown {
        return params;
      }
    }
    const { join } = await serve([Rooms, Anything]);
    const client = await join('/rooms/7');
    expect(await ask(client, 'one')).toEqual([{ id: '7' }]);
    expect(await ask(client, 'other')).toEqual([{ kind: 'rooms', name: '7' }]);
  });

  it.each([
    ['/rooms/:id', 'ide', 'did you mean "id"?'],
    [/^\/(?<kind>a)$/, 'name', 'no such parameter (it has kind)'],
    ['/rooms', undefined, 'the namespace of Rooms has no parameters'],
    [() => true, 'id', 'the namespace of Rooms has no parameters'],
  ])('refuses to start where %s has no parameter %s', async (namespace, name, message) => {
    @Gateway(namespace)
    class Rooms {
      @Event()
      say(@NamespaceParam(name) _value: unknown): void {}
    }
    await expect(serve([Rooms])).rejects.toMatchObject({
      code: 'INVALID_HANDLER',
      message: expect.stringContaining(message),
    });
  });
});

/** A gateway whose one event answers with a text. */
function answering(namespace: Parameters<typeof Gateway>[0], text: string, event = 'who') {
  @Gateway(namespace)
  class Answering {
    @Event(event)
    answer(): string {
      return text;
    }
  }
  return Object.defineProperty(Answering, 'name', { value: text });
}

describe('a namespace', () => {
  it('is served by the gateways that name it, before those of patterns and predicates', async () => {
    const { connect, join } = await serve([
      answering((name) => name === '/rooms/lobby' || name === '/rooms/7' || name === '/hall', 'predicate'),
      answering('/rooms/:id', 'pattern'),
      answering('/rooms/lobby', 'name'),
      answering('/rooms/lobby', 'second name', 'more'),
    ]);
    const lobby = await join('/rooms/lobby');
    expect(await ask(lobby, 'who')).toEqual(['name']);
    expect(await ask(lobby, 'more')).toEqual(['second name']);
    expect(await ask(await join('/rooms/7'), 'who')).toEqual(['pattern']);
    expect(await ask(await join('/hall'), 'who')).toEqual(['predicate']);
    expect((await refused(connect('/nowhere'))).message).toBe('Invalid namespace');
  });

  it('is served by all patterns that match it; the first keeps an event that others handle too', async () => {
    const { join, log } = await serve([
      answering('/rooms/:id', 'pattern'),
      answering(/^\/rooms\//, 'RegExp', 'other'),
      answering(/^\/rooms\/\d/, 'late RegExp'),
    ]);
    const client = await join('/rooms/7');
    expect(await ask(client, 'who')).toEqual(['pattern']);
    expect(await ask(client, 'other')).toEqual(['RegExp']);
    expect(log.errors).toEqual([
      [
        '"/rooms/7" is served by several patterns that handle "who": the handler of /^\\/rooms\\/\\d/ is left out',
        undefined,
      ],
    ]);
  });

  it('may not be claimed twice by patterns, where that can be known', async () => {
    await expect(serve([answering('/rooms/:id', 'one'), answering('/:kind/lobby', 'two')])).rejects.toMatchObject({
      code: 'DUPLICATE_HANDLER',
      message: expect.stringContaining('one.answer and two.answer'),
    });
  });

  it('calls its predicate for every client, with the auth payload', async () => {
    const asked: string[] = [];
    async function members(name: string, auth: Readonly<Record<string, unknown>>): Promise<boolean> {
      await Promise.resolve();
      asked.push(`${name} ${String(auth['token'])}`);
      if (auth['token'] === 'crash') throw new Error('x');
      return auth['token'] === 'valid';
    }
    const { connect, join, log } = await serve([answering(members, 'in')]);
    for (const token of ['wrong', 'crash']) {
      expect((await refused(connect('/tenant-1', { auth: { token } }))).message).toBe('Invalid namespace');
    }
    const client = await join('/tenant-1', { auth: { token: 'valid' } });
    expect(await ask(client, 'who')).toEqual(['in']);
    expect((await refused(connect('/tenant-1', { auth: { token: 'wrong' } }))).message).toBe('Invalid namespace');
    expect(asked).toEqual(['/tenant-1 wrong', '/tenant-1 crash', '/tenant-1 valid', '/tenant-1 wrong']);
    expect(log.errors).toEqual([
      ['a function that decides on namespaces failed', expect.objectContaining({ message: 'x' })],
    ]);
  });

  it('takes no answer of a predicate but true', async () => {
    const { connect } = await serve([answering(() => 'yes' as unknown as boolean, 'in')]);
    expect((await refused(connect('/x'))).message).toBe('Invalid namespace');
  });

  it('is reached by a Broadcaster, but not opened to clients', async () => {
    @Gateway('/rooms/:id')
    class Rooms {
      constructor(
        @InjectBroadcaster('/rooms/7') private readonly seven: Broadcaster,
        private readonly root: Broadcaster,
      ) {}

      @WebSocketServer()
      private readonly all!: Namespace;

      @Event()
      tell(@MessageBody() text: string): void {
        this.seven.emit('told', text);
        this.root.of('/rooms/8').emit('told', `${text} too`);
        this.all.emit('everybody', text);
      }
    }
    const guarded = answering((_name, auth) => auth['token'] === 'valid', 'in');
    const { app, connect, join } = await serve([Rooms, guarded]);
    app.get(Broadcaster).of('/tenant-1').emit('early');
    app.get(Broadcaster).of('/rooms/9').emit('early');
    expect(app.get(Server).has('/rooms/9')).toBe(false);
    expect((await refused(connect('/tenant-1'))).message).toBe('Invalid namespace');
    const [seven, eight] = [await join('/rooms/7'), await join('/rooms/8')];
    const heard = Promise.all([
      next(seven, 'told'),
      next(eight, 'told'),
      next(seven, 'everybody'),
      next(eight, 'everybody'),
    ]);
    await ask(seven, 'tell', 'it');
    expect(await heard).toEqual([['it'], ['it too'], ['it'], ['it']]);
  });

  it('serves gateways written for Nest, together with those of ours', async () => {
    @WebSocketGateway({ namespace: '/rooms/:id' })
    class Old {
      @WebSocketServer()
      private readonly all!: Namespace;

      handleConnection(client: Socket): void {
        client.emit('welcome', client.nsp.name);
      }

      @SubscribeMessage('ask')
      ask(@NamespaceParam('id') id: string): string {
        this.all.emit('asked', id);
        return `room ${id}`;
      }
    }
    @Gateway(/^\/rooms\/(?<number>\d+)$/)
    class New {
      @Event()
      number(@NamespaceParam('number') number: string): number {
        return Number(number);
      }
    }
    const { connect, log } = await serve([Old, New]);
    const seven = connect('/rooms/7');
    expect(await next(seven, 'welcome')).toEqual(['/rooms/7']);
    const asked = next(seven, 'asked');
    expect(await ask(seven, 'ask')).toEqual(['room 7']);
    expect(await asked).toEqual(['7']);
    expect(await ask(seven, 'number')).toEqual([7]);
    expect(log.warnings).toEqual([]);
  });

  it('hints at the Broadcaster of / in a gateway of another namespace', async () => {
    @Gateway('/chat')
    class Mistaken {
      constructor(readonly root: Broadcaster) {}
    }
    @Gateway('/chat')
    class Meant {
      constructor(@InjectBroadcaster('/') readonly root: Broadcaster) {}
    }
    @Gateway('/chat')
    class Right {
      constructor(@InjectBroadcaster('/chat') readonly chat: Broadcaster) {}
    }
    @Gateway('/rooms/:id')
    class OfPattern {
      constructor(readonly root: Broadcaster) {}
    }
    @Gateway()
    class Root {
      constructor(readonly root: Broadcaster) {}
    }
    const { log } = await serve([Mistaken, Meant, Right, OfPattern, Root]);
    expect(log.warnings).toEqual([
      'Mistaken serves /chat, but the Broadcaster in its constructor sends to /: ' +
        "put @InjectBroadcaster('/chat') before that parameter, or @InjectBroadcaster('/') if it should send to /",
    ]);
  });
});
