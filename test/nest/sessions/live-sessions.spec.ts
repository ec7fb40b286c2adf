import { Catch, type ExceptionFilter, Session, UseFilters, UseGuards } from '@nestjs/common';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { SessionData } from 'express-session';
import { Event, Gateway, OnConnect, OnDisconnect, type Socket, type SocketIoModuleOptions } from 'nest-socketio';
import { EventEmitter, once } from 'node:events';
import { concat, defer, EMPTY, of, throwError } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Call } from '../../../lib/nest/call.js';
import { LiveSessions } from '../../../lib/nest/sessions/live-sessions.js';
import type { SessionRequest } from '../../../lib/nest/sessions/express-session.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { HttpSessions } from '../../support/http-session.js';
import { ManualClock } from '../../support/manual-clock.js';
import { next } from '../../support/nest-app.js';
import { FakeClient } from '../../support/nest-client.js';
import { ask, entered, received, refused, serve } from '../../support/nest-rig.js';

type Kept = Record<string, unknown>;

const ENDED = { code: 'session_ended', message: 'the session has ended' };

afterEach(() => void vi.restoreAllMocks());

/** A door that opens once. */
interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

function gate(): Gate {
  const door = new EventEmitter();
  return { opened: once(door, 'open').then(() => undefined), open: () => void door.emit('open') };
}

/** An application with live sessions, and one of them that is stored. */
async function start(gateways: (new () => object)[], data: Kept = {}, server: SocketIoModuleOptions = {}) {
  const sessions = new HttpSessions();
  await sessions.put('id', data);
  const rig = await serve(gateways, { server: { use: [sessions.middleware], session: 'live', ...server } });
  const options = { extraHeaders: sessions.headers('id') };
  return { ...rig, sessions, options, enter: (namespace = '/') => rig.join(namespace, options) };
}

function keptOf(client: Socket): Kept {
  return client.request.session as unknown as Kept;
}

@Gateway()
class Counter {
  readonly gates: Record<string, Gate> = {};

  @Event()
  read(@Session() kept: SessionData): unknown {
    const { cookie: _, ...rest } = kept;
    return rest;
  }

  @Event()
  set(@ConnectedSocket() client: Socket, @MessageBody() data: Kept): void {
    Object.assign(keptOf(client), data);
  }

  @Event()
  async later(@ConnectedSocket() client: Socket, @MessageBody() data: Kept): Promise<unknown> {
    const [name] = Object.keys(data) as [string];
    const begun = keptOf(client);
    await (this.gates[name] ??= gate()).opened;
    Object.assign(keptOf(client), data);
    return begun === keptOf(client);
  }

  @Event()
  fail(@ConnectedSocket() client: Socket): void {
    keptOf(client)['failed'] = true;
    throw new Error('on purpose');
  }
}

describe('a live session', () => {
  it('is loaded for each event, as HTTP routes have left it', async () => {
    const { sessions, enter } = await start([Counter], { visits: 1 });
    const client = await enter();
    expect(await ask(client, 'read')).toEqual([{ visits: 1 }]);
    await sessions.put('id', { visits: 2 });
    expect(await ask(client, 'read')).toEqual([{ visits: 2 }]);
  });

  it('is saved before the client is answered, and only when it was changed', async () => {
    const { sessions, enter } = await start([Counter], { a: 1 });
    const client = await enter();
    const set = vi.spyOn(sessions.store, 'set');
    await ask(client, 'read');
    await ask(client, 'set', { a: 1 });
    expect(set).not.toHaveBeenCalled();
    await ask(client, 'set', { a: 2 });
    expect(await sessions.read('id')).toEqual({ a: 2 });
    expect(set).toHaveBeenCalledTimes(1);
  });

  it('is not saved when the handler fails, though a filter answers', async () => {
    @Catch()
    class Calming implements ExceptionFilter {
      catch(): string {
        return 'calm';
      }
    }
    @Gateway('/filtered')
    class FilterAnswer {
      @Event()
      @UseFilters(Calming)
      fail(@ConnectedSocket() client: Socket): void {
        keptOf(client)['failed'] = true;
        throw new Error('on purpose');
      }
    }
    const { sessions, enter } = await start([Counter, FilterAnswer], { a: 1 });
    const client = await enter();
    expect(await ask(client, 'fail')).toMatchObject([{ error: { code: 'internal' } }]);
    expect(await ask(await enter('/filtered'), 'fail')).toEqual(['calm']);
    expect(await ask(client, 'read')).toEqual([{ a: 1 }]);
    expect(await sessions.read('id')).toEqual({ a: 1 });
  });

  it('belongs to one call: two at a time overwrite nothing of each other', async () => {
    const { app, sessions, enter } = await start([Counter], { kept: 0 });
    const [client, tab] = [await enter(), await enter()];
    const { gates } = app.get(Counter);
    for (const name of ['one', 'two', 'tab']) gates[name] = gate();
    const running = [
      ask(client, 'later', { one: 1, kept: 1 }),
      ask(client, 'later', { two: 2 }),
      ask(tab, 'later', { tab: 3 }),
    ];
    await ask(client, 'read');
    await ask(tab, 'read');
    for (const { open } of Object.values(gates)) open();
    expect(await Promise.all(running)).toEqual([[true], [true], [true]]);
    expect(await sessions.read('id')).toEqual({ kept: 1, one: 1, two: 2, tab: 3 });
  });

  it('leaves alone what a route has written while a handler ran', async () => {
    const { app, sessions, enter } = await start([Counter], { a: 1 });
    const client = await enter();
    app.get(Counter).gates['b'] = gate();
    const running = ask(client, 'later', { b: 1 });
    await ask(client, 'read');
    await sessions.put('id', { a: 2 });
    app.get(Counter).gates['b']?.open();
    await running;
    expect(await sessions.read('id')).toEqual({ a: 2, b: 1 });
  });

  it('is there for guards, for both kinds of methods, and for what runs as a client comes and goes', async () => {
    const seen: unknown[] = [];
    const left = gate();
    @WebSocketGateway({ namespace: '/all' })
    @UseGuards({
      canActivate: (context) => {
        const { session } = context.switchToHttp().getRequest<{ session: Kept }>();
        return session['user'] === 'Ann';
      },
    })
    class All {
      @OnConnect()
      enter(@ConnectedSocket() client: Socket): void {
        keptOf(client)['entered'] = 1;
      }

      handleConnection(client: Socket): void {
        keptOf(client)['hooked'] = 2;
      }

      @SubscribeMessage('say')
      say(@Session() kept: SessionData): unknown {
        const { cookie: _, ...rest } = kept;
        return rest;
      }

      @OnDisconnect()
      async leave(@ConnectedSocket() client: Socket): Promise<void> {
        await Promise.resolve();
        seen.push(keptOf(client)['user']);
        keptOf(client)['left'] = 3;
      }

      handleDisconnect(client: Socket): void {
        seen.push(keptOf(client)['user']);
        left.open();
      }
    }
    const { sessions, enter } = await start([All], { user: 'Ann' });
    const client = await enter('/all');
    await expect.poll(() => sessions.read('id')).toEqual({ user: 'Ann', entered: 1, hooked: 2 });
    expect(await ask(client, 'say')).toEqual([{ user: 'Ann', entered: 1, hooked: 2 }]);
    client.disconnect();
    await left.opened;
    await expect.poll(() => sessions.read('id')).toMatchObject({ left: 3 });
    expect(seen).toEqual(['Ann', 'Ann']);
  });

  it('is saved when a stream has ended well, and every item sees it', async () => {
    @WebSocketGateway({ namespace: '/streams' })
    class Streams {
      @SubscribeMessage('count')
      count(client: Socket): unknown {
        const item = (n: number) =>
          defer(() => {
            keptOf(client)['seen'] = n;
            return of({ event: 'item', data: n });
          });
        return concat(item(1), item(2));
      }

      @SubscribeMessage('break')
      break(client: Socket): unknown {
        keptOf(client)['broken'] = true;
        return throwError(() => new Error('on purpose'));
      }

      @Event('empty')
      empty(@ConnectedSocket() client: Socket): unknown {
        keptOf(client)['empty'] = true;
        return EMPTY;
      }
    }
    const { sessions, enter } = await start([Streams], {});
    const client = await enter('/streams');
    const packets = received(client);
    client.emit('break');
    await next(client, 'exception');
    client.emit('count');
    expect(await ask(client, 'empty')).toEqual([]);
    await expect.poll(() => sessions.read('id')).toEqual({ seen: 2, empty: true });
    expect(packets.filter(({ data }) => (data as unknown[])[0] === 'item')).toHaveLength(2);
  });

  it('starts handlers in the order in which the events came, though the store answers in another', async () => {
    const order: string[] = [];
    @Gateway('/ordered')
    class Ordered {
      @Event('*')
      note(@MessageBody() name: string): void {
        order.push(name);
      }
    }
    const { sessions, enter } = await start([Ordered], {});
    const client = await enter('/ordered');
    const get = sessions.store.get.bind(sessions.store);
    const held: (() => void)[] = [];
    vi.spyOn(sessions.store, 'get').mockImplementation((id, done) => {
      held.push(() => get(id, done));
      if (held.length === 3) for (const go of held.toReversed()) setImmediate(go);
    });
    await Promise.all(['one', 'two', 'three'].map((name) => ask(client, name, name)));
    expect(order).toEqual(['one', 'two', 'three']);
  });

  it('is, outside of handlers, the one that was loaded last', async () => {
    const clients: Socket[] = [];
    @Gateway('/outside')
    class Outside {
      @Event()
      touch(@ConnectedSocket() client: Socket): void {
        clients.push(client);
      }
    }
    const { sessions, enter } = await start([Outside], { n: 1 });
    await ask(await enter('/outside'), 'touch');
    const [client] = clients as [Socket];
    expect(keptOf(client)['n']).toBe(1);
    keptOf(client)['n'] = 2;
    expect(await sessions.read('id')).toEqual({ n: 1 });
    client.request.session = undefined as never;
    expect(client.request.session).toBeUndefined();
  });
});

describe('a session that has ended', () => {
  it('is reported in the acknowledgement, and ends the connection', async () => {
    const { sessions, enter } = await start([Counter], { user: 'Ann' });
    const client = await enter();
    await ask(client, 'read');
    await sessions.end('id');
    const gone = next(client, 'disconnect');
    expect(await ask(client, 'set', { user: 'Eve' })).toEqual([{ error: ENDED }]);
    expect((await gone)[0]).toBe('io server disconnect');
    expect(await sessions.ids()).toEqual([]);
  });

  it('is reported with `exception` if no acknowledgement was requested, for both kinds of methods', async () => {
    @WebSocketGateway({ namespace: '/old' })
    class Old {
      @SubscribeMessage('say')
      say(): void {}
    }
    const { sessions, join, options } = await start([Counter, Old], { user: 'Ann' });
    for (const [namespace, event] of [
      ['/', 'read'],
      ['/old', 'say'],
    ] as const) {
      await sessions.put('id', { user: 'Ann' });
      const client = await join(namespace, options);
      await sessions.end('id');
      const ended = [next(client, 'exception'), next(client, 'disconnect')];
      client.emit(event);
      expect(await Promise.all(ended)).toMatchObject([[ENDED], ['io server disconnect', undefined]]);
    }
  });

  it('refuses a client that was known at its handshake', async () => {
    @Gateway('/entering')
    class Entering {
      @OnConnect()
      enter(): void {}
    }
    const { sessions, connect, options } = await start([Entering], { user: 'Ann' });
    const get = sessions.store.get.bind(sessions.store);
    vi.spyOn(sessions.store, 'get')
      .mockImplementationOnce(get)
      .mockImplementation((_id, done) => done(null));
    expect(await refused(connect('/entering', options))).toEqual({
      message: ENDED.message,
      data: { code: ENDED.code },
    });
  });

  it('is not restored by a handler that ran meanwhile', async () => {
    const { app, sessions, enter } = await start([Counter], { user: 'Ann' });
    const client = await enter();
    app.get(Counter).gates['a'] = gate();
    const running = ask(client, 'later', { a: 1 });
    await ask(client, 'read');
    await sessions.end('id');
    app.get(Counter).gates['a']?.open();
    const gone = next(client, 'disconnect');
    expect(await running).toEqual([{ error: ENDED }]);
    await gone;
    expect(await sessions.ids()).toEqual([]);
  });

  it('is not restored by a stream either', async () => {
    const door = gate();
    @Gateway('/stream')
    class Stream {
      @Event()
      flow(@ConnectedSocket() client: Socket): unknown {
        return defer(async () => {
          await door.opened;
          keptOf(client)['a'] = 1;
        });
      }

      @Event()
      read(): void {}
    }
    const { sessions, enter } = await start([Stream], {});
    const client = await enter('/stream');
    const running = ask(client, 'flow');
    await ask(client, 'read');
    await sessions.end('id');
    door.open();
    const gone = next(client, 'disconnect');
    expect(await running).toEqual([{ error: ENDED }]);
    await gone;
  });

  it('lets those who run for a client that leaves have the one before', async () => {
    const seen = gate();
    let user: unknown;
    @Gateway('/leaving')
    class Leaving {
      @Event()
      read(): void {}

      @OnDisconnect()
      leave(@Session() kept: SessionData): void {
        user = kept['user'];
        kept['left'] = true;
        seen.open();
      }
    }
    const { sessions, log, join, options } = await start([Leaving], { user: 'Ann' });
    const client = await join('/leaving', options);
    await ask(client, 'read');
    await sessions.end('id');
    client.disconnect();
    await seen.opened;
    await expect.poll(() => log.errors).toHaveLength(1);
    expect(user).toBe('Ann');
    expect(log.errors[0]?.[0]).toBe('Leaving.leave failed');
    expect(await sessions.ids()).toEqual([]);
  });

  it('may be ended by a handler', async () => {
    @Gateway('/out')
    class Out {
      @Event()
      async logout(@ConnectedSocket() client: Socket): Promise<void> {
        await new Promise((resolve) => client.request.session?.destroy(resolve));
        expect(client.request.session).toBeUndefined();
      }
    }
    const { sessions, enter } = await start([Out], { user: 'Ann' });
    const client = await enter('/out');
    expect(await ask(client, 'logout')).toEqual([]);
    expect(await sessions.ids()).toEqual([]);
    expect(await ask(client, 'logout')).toEqual([{ error: ENDED }]);
  });
});

describe('a client without a stored session', () => {
  it('has an empty one, which begins when a handler changes it', async () => {
    const { sessions, connect } = await start([Counter]);
    await sessions.end('id');
    const client = connect();
    await entered(client);
    expect(await ask(client, 'read')).toEqual([{}]);
    expect(await sessions.ids()).toEqual([]);
    await Promise.all([ask(client, 'set', { a: 1 }), ask(client, 'set', { b: 2 })]);
    expect(await ask(client, 'read')).toEqual([{ a: 1, b: 2 }]);
    const [id] = (await sessions.ids()) as [string];
    await sessions.end(id);
    expect(await ask(client, 'read')).toEqual([{ error: ENDED }]);
  });

  it('goes on with a session that a handler has regenerated', async () => {
    @Gateway('/again')
    class Again extends Counter {
      @Event()
      async again(@ConnectedSocket() client: Socket): Promise<void> {
        await new Promise((resolve) => client.request.session?.regenerate(resolve));
        keptOf(client)['fresh'] = true;
      }
    }
    const { sessions, enter } = await start([Again], { a: 1 });
    const client = await enter('/again');
    await ask(client, 'again');
    expect(await ask(client, 'read')).toEqual([{ fresh: true }]);
    expect(await sessions.ids()).not.toContain('id');
  });

  it('runs without, and one warning, where no middleware has made one', async () => {
    @Gateway('/bare')
    class Bare {
      @Event()
      read(@ConnectedSocket() client: Socket): unknown {
        return client.request.session === undefined;
      }
    }
    const { log, join } = await start([Bare], {}, { use: [] });
    for (const client of [await join('/bare'), await join('/bare')]) expect(await ask(client, 'read')).toEqual([true]);
    expect(log.warnings).toEqual([expect.stringMatching(/^session: 'live' finds no session .*put session\(/)]);
  });
});

describe('a store that fails', () => {
  it('is an internal error of the event, by the same id in the log', async () => {
    const { sessions, enter, log } = await start([Counter], {});
    const client = await enter();
    const down = new Error('store is down');
    const get = vi.spyOn(sessions.store, 'get').mockImplementation((_id, done) => done(down));
    expect(await ask(client, 'read')).toMatchObject([{ error: { code: 'internal' } }]);
    get.mockRestore();
    vi.spyOn(sessions.store, 'set').mockImplementation((_id, _session, done) => done?.(down));
    expect(await ask(client, 'set', { a: 1 })).toMatchObject([{ error: { code: 'internal' } }]);
    expect(log.errors.map(([, error]) => error)).toEqual([down, down]);
    expect(client.connected).toBe(true);
  });

  it('takes a file that is not there for a session that is not there', async () => {
    const { sessions, connect } = await start([Counter]);
    vi.spyOn(sessions.store, 'get').mockImplementation((_id, done) =>
      done(Object.assign(new Error('no file'), { code: 'ENOENT' })),
    );
    const client = connect();
    await entered(client);
    expect(await ask(client, 'read')).toEqual([{}]);
  });

  it('may take 10 s; then a client that leaves gets the session of the handshake', async () => {
    const clock = new ManualClock();
    const log = new RecordingLog();
    const sessions = new LiveSessions(clock, log);
    const { store, middleware } = new HttpSessions();
    const request = { sessionStore: store, sessionID: 'id', headers: {} } as unknown as SessionRequest;
    expect(middleware).toBeTypeOf('function');
    Object.assign(request, {
      session: store.createSession(request as never, { cookie: { originalMaxAge: null }, user: 'Ann' } as never),
    });
    vi.spyOn(store, 'get').mockImplementation(() => {});
    const client = Object.assign(new FakeClient(), { request }).socket;
    const read = (): unknown => keptOf(client)['user'];
    expect(read()).toBe('Ann');
    const event = sessions.around(read, 'required')(new Call(client, ['read'], undefined)) as Promise<unknown>;
    const leaving = sessions.around(read, 'optional')(new Call(client, ['disconnect'], undefined)) as Promise<unknown>;
    expect(read()).toBe('Ann');
    (request as { session: unknown }).session = { user: 'set by hand' };
    expect(read()).toBe('set by hand');
    const failed = expect(event).rejects.toThrow('the session store did not answer within 10000 ms');
    clock.advance(10_000);
    await failed;
    expect(await leaving).toBe('Ann');
    expect(log.errors.map(([message]) => message)).toEqual([
      'could not load the session of a client that is leaving: its disconnect handlers get the session of its previous event',
    ]);
  });
});

it('costs nothing if the option is off: the session is that of the handshake', async () => {
  const { sessions, enter } = await start([Counter], { n: 1 }, { session: 'handshake' });
  const client = await enter();
  const get = vi.spyOn(sessions.store, 'get');
  await sessions.put('id', { n: 2 });
  expect(await ask(client, 'read')).toEqual([{ n: 1 }]);
  await ask(client, 'set', { n: 3 });
  expect(await ask(client, 'read')).toEqual([{ n: 3 }]);
  expect(get).not.toHaveBeenCalled();
  expect(await sessions.read('id')).toEqual({ n: 2 });
});
