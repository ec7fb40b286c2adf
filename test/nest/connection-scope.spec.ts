import {
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  Scope,
  UseGuards,
} from '@nestjs/common';
import {
  ApplicationConfig,
  APP_FILTER,
  APP_GUARD,
  APP_INTERCEPTOR,
  APP_PIPE,
  type ContextId,
  ContextIdFactory,
  type ContextIdStrategy,
  ModuleRef,
  REQUEST,
} from '@nestjs/core';
import { ConnectedSocket, MessageBody, WebSocketServer } from '@nestjs/websockets';
import { ConnectionRefused, Event, Gateway, Namespace, OnConnect, OnDisconnect, Server, Socket } from 'nest-socketio';
import type { Observable } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { ConnectionScopes, type GatewayInstance } from '../../lib/nest/connection-scope.js';
import { Globals } from '../../lib/nest/enhancers/globals.js';
import { Call } from '../../lib/nest/call.js';
import { FakeClient } from '../support/nest-client.js';
import { ask, refused, serve } from '../support/nest-rig.js';

/** A promise that is resolved from outside. */
function gate(): { passed: Promise<void>; open: () => void } {
  let open!: () => void;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
}

const SCOPES: [string, Scope][] = [
  ['request-scoped', Scope.REQUEST],
  ['transient', Scope.TRANSIENT],
];

/** An enhancer of every kind that counts its instances, and the calls of each instance. */
function counting(scope: Scope) {
  const made: unknown[] = [];
  const calls: [string, number][] = [];
  @Injectable({ scope })
  class Counting implements CanActivate, NestInterceptor, PipeTransform, ExceptionFilter {
    #calls = 0;
    readonly #ready = true;

    constructor() {
      made.push(this);
    }

    canActivate(): boolean {
      this.#count('guard');
      return this.#ready;
    }

    intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
      this.#count('interceptor');
      return next.handle();
    }

    transform(value: unknown): unknown {
      this.#count('pipe');
      return value;
    }

    catch(): string {
      this.#count('filter');
      return 'caught';
    }

    #count(kind: string): void {
      calls.push([kind, ++this.#calls]);
    }
  }
  return { Counting, made, calls };
}

function setUp(gateway: Partial<GatewayInstance> = {}) {
  const scopes = new ConnectionScopes({ registerRequestByContextId: () => {} }, new Globals(new ApplicationConfig()));
  class Chat {}
  const chat: GatewayInstance = { type: Chat, instance: new Chat(), id: 'id', ...gateway };
  const client = new FakeClient().socket;
  return { scopes, chat, client };
}

describe('a gateway with a scope', () => {
  it.each(SCOPES)('that is %s has one instance per connection', async (_name, scope) => {
    let made = 0;
    const left: unknown[] = [];
    @Injectable({ scope })
    @Gateway('/chat')
    class Chat {
      readonly number = ++made;
      readonly said: string[] = [];

      @OnConnect()
      enter(): void {
        this.said.push('entered');
      }

      @Event()
      say(@MessageBody() text: string): unknown {
        this.said.push(text);
        return [this.number, ...this.said];
      }

      @OnDisconnect()
      leave(): void {
        left.push([this.number, ...this.said]);
      }
    }
    const { join } = await serve([Chat]);
    expect(made).toBe(0);
    const ann = await join('/chat');
    const bob = await join('/chat');
    expect(made).toBe(2);
    expect(await ask(ann, 'say', 'a')).toEqual([[1, 'entered', 'a']]);
    expect(await ask(bob, 'say', 'b')).toEqual([[2, 'entered', 'b']]);
    expect(await ask(ann, 'say', 'c')).toEqual([[1, 'entered', 'a', 'c']]);
    ann.disconnect();
    await expect.poll(() => left).toEqual([[1, 'entered', 'a', 'c']]);
    expect(made).toBe(2);
  });

  it('is made before the client enters, also without handlers, and its REQUEST is the client', async () => {
    const requests: unknown[] = [];
    @Injectable({ scope: Scope.REQUEST })
    @Gateway()
    class Chat {
      constructor(@Inject(REQUEST) client: Socket) {
        requests.push(client);
      }
    }
    const { app, join } = await serve([Chat]);
    const client = await join();
    expect(requests).toEqual([app.get(Server).sockets.sockets.get(client.id ?? '')]);
    expect(requests[0]).toBeInstanceOf(Socket);
  });

  it('shares request-scoped services with the others of its namespace, per client', async () => {
    let made = 0;
    @Injectable({ scope: Scope.REQUEST })
    class User {
      readonly number = ++made;
      name = '';
    }
    @Gateway()
    class Names {
      constructor(readonly user: User) {}

      @Event()
      name(@MessageBody() name: string): void {
        this.user.name = name;
      }
    }
    @Gateway()
    class Chat {
      constructor(readonly user: User) {}

      @Event()
      who(): unknown {
        return this.user;
      }
    }
    const { join } = await serve([Names, Chat, User]);
    const [ann, bob] = [await join(), await join()];
    await ask(ann, 'name', 'Ann');
    await ask(bob, 'name', 'Bob');
    expect(await ask(ann, 'who')).toEqual([{ number: 1, name: 'Ann' }]);
    expect(await ask(bob, 'who')).toEqual([{ number: 2, name: 'Bob' }]);
    expect(made).toBe(2);
  });

  it('has one for each namespace of a client', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Counter {
      count = 0;
    }
    @Gateway('/a')
    class A {
      constructor(readonly counter: Counter) {}

      @Event()
      count(): number {
        return ++this.counter.count;
      }
    }
    @Gateway('/b')
    class B {
      constructor(readonly counter: Counter) {}

      @Event()
      count(): number {
        return ++this.counter.count;
      }
    }
    const { join } = await serve([A, B, Counter]);
    const a = await join('/a', { forceNew: false });
    const b = await join('/b', { forceNew: false });
    expect(a.io).toBe(b.io);
    expect([await ask(a, 'count'), await ask(b, 'count')]).toEqual([[1], [1]]);
  });

  it('may be one for its request-scoped guard', async () => {
    let guards = 0;
    @Injectable({ scope: Scope.REQUEST })
    class Thrice implements CanActivate {
      #calls = 0;

      constructor(@Inject(REQUEST) readonly client: Socket) {
        guards++;
      }

      canActivate(context: ExecutionContext): boolean {
        return context.switchToWs().getClient<Socket>() === this.client && this.#calls++ < 2;
      }
    }
    @Gateway()
    class Chat {
      @Event()
      @UseGuards(Thrice)
      say(): string {
        return 'said';
      }
    }
    const { join } = await serve([Chat]);
    const [ann, bob] = [await join(), await join()];
    expect(await ask(ann, 'say')).toEqual(['said']);
    expect(await ask(ann, 'say')).toEqual(['said']);
    expect(await ask(ann, 'say')).toMatchObject([{ error: { code: 'forbidden' } }]);
    expect(await ask(bob, 'say')).toEqual(['said']);
    expect(guards).toBe(2);
  });

  it('gets its server, and is initialised before it hears of its client', async () => {
    const trace: unknown[] = [];
    @Injectable({ scope: Scope.REQUEST })
    @Gateway('/chat')
    class Chat {
      #ready = false;

      @WebSocketServer()
      server!: Namespace;

      async afterInit(server: unknown): Promise<void> {
        await Promise.resolve();
        this.#ready = server === this.server;
      }

      @OnConnect()
      enter(): void {
        trace.push(this.#ready, this.server.name);
      }
    }
    const { join } = await serve([Chat]);
    expect(trace).toEqual([]);
    await join('/chat');
    expect(trace).toEqual([true, '/chat']);
  });

  it('finds its context by its client, until all disconnect handlers have settled', async () => {
    const { passed, open } = gate();
    const seen: unknown[] = [];
    const contexts: ContextId[] = [];
    let client: Socket | undefined;
    @Injectable({ scope: Scope.REQUEST })
    class Numbers {
      readonly number = Math.random();
    }
    @Injectable({ scope: Scope.REQUEST })
    @Gateway()
    class Chat {
      constructor(
        readonly numbers: Numbers,
        readonly moduleRef: ModuleRef,
      ) {}

      @OnDisconnect()
      leave(): void {}

      @OnDisconnect()
      async leaveLater(@ConnectedSocket() socket: Socket): Promise<void> {
        client = socket;
        await passed;
        const contextId = ContextIdFactory.getByRequest(socket as unknown as Record<string, unknown>);
        contexts.push(contextId);
        const found = await this.moduleRef.resolve(Numbers, contextId);
        seen.push(found.number === this.numbers.number);
      }
    }
    const { join } = await serve([Chat, Numbers]);
    (await join()).disconnect();
    await expect.poll(() => client).toBeDefined();
    open();
    await expect.poll(() => seen).toEqual([true]);
    await expect
      .poll(() => ContextIdFactory.getByRequest(client as unknown as Record<string, unknown>))
      .not.toBe(contexts[0]);
  });

  it.each<[string, () => unknown]>([
    [
      'constructor throws',
      () => {
        throw new Error('secret');
      },
    ],
    ['factory rejects', () => Promise.reject(new Error('secret'))],
  ])('refuses only the client for which its %s', async (what, fail) => {
    const user = {
      provide: 'USER',
      scope: Scope.REQUEST,
      inject: [REQUEST],
      useFactory: ({ handshake }: Socket) => {
        if (handshake.auth['bad'] === true && what === 'factory rejects') return fail();
        return 'user';
      },
    };
    @Injectable({ scope: Scope.REQUEST })
    @Gateway()
    class Chat {
      constructor(
        @Inject(REQUEST) { handshake }: Socket,
        @Inject('USER') readonly user: string,
      ) {
        if (handshake.auth['bad'] === true && what === 'constructor throws') fail();
      }

      @Event()
      say(): string {
        return this.user;
      }
    }
    const { connect, join, log } = await serve([Chat, user]);
    const good = await join();
    expect(await refused(connect('/', { auth: { bad: true } }))).toEqual({
      message: 'Internal server error',
      data: { code: 'internal', id: expect.any(String) },
    });
    expect(await ask(good, 'say')).toEqual(['user']);
    expect(await ask(await join(), 'say')).toEqual(['user']);
    expect(log.errors).toEqual([
      [
        expect.stringMatching(/^Chat failed; the client got only the id /),
        expect.objectContaining({ message: 'secret' }),
      ],
    ]);
  });

  it('may refuse its client on purpose', async () => {
    @Injectable({ scope: Scope.REQUEST })
    @Gateway()
    class Chat {
      constructor() {
        throw new ConnectionRefused('full', { seats: 0 });
      }
    }
    const { connect, log } = await serve([Chat]);
    expect(await refused(connect())).toEqual({ message: 'full', data: { seats: 0 } });
    expect(log.errors).toEqual([]);
  });

  it('keeps the order of the events of a client', async () => {
    const order: string[] = [];
    @Injectable({ scope: Scope.REQUEST })
    @Gateway()
    class Chat {
      @Event()
      first(): void {
        order.push('first');
      }

      @Event()
      second(): void {
        order.push('second');
      }
    }
    const { join } = await serve([Chat]);
    const client = await join();
    for (const event of ['first', 'second', 'first', 'second', 'first']) client.emit(event);
    await ask(client, 'second');
    expect(order).toEqual(['first', 'second', 'first', 'second', 'first', 'second']);
  });

  describe('that is durable', () => {
    class ByTenant implements ContextIdStrategy<Socket> {
      readonly #tenants = new Map<unknown, ContextId>();

      attach(contextId: ContextId, client: Socket) {
        const tenant: unknown = client.headers['x-tenant'];
        const parent = this.#tenants.get(tenant) ?? ContextIdFactory.create();
        this.#tenants.set(tenant, parent);
        return {
          resolve: ({ isTreeDurable }: { isTreeDurable: boolean }) => (isTreeDurable ? parent : contextId),
          payload: { tenant },
        };
      }
    }

    afterEach(() => ContextIdFactory.apply(undefined as unknown as ContextIdStrategy));

    it('has one instance per tenant, whose REQUEST is the payload', async () => {
      ContextIdFactory.apply(new ByTenant());
      let inits = 0;
      @Injectable({ scope: Scope.REQUEST, durable: true })
      class Database {
        constructor(@Inject(REQUEST) readonly payload: { tenant: string }) {}
      }
      @Injectable({ scope: Scope.REQUEST })
      class User {
        constructor(@Inject(REQUEST) readonly client: Socket) {}
      }
      @Injectable({ scope: Scope.REQUEST, durable: true })
      @Gateway()
      class Counter {
        #count = 0;

        afterInit(): void {
          inits++;
        }

        @Event()
        count(): number {
          return ++this.#count;
        }
      }
      @Gateway()
      class Chat {
        constructor(
          readonly database: Database,
          readonly user: User,
        ) {}

        @Event()
        where(@ConnectedSocket() client: Socket): unknown {
          return [this.database.payload.tenant, this.user.client === client];
        }
      }
      const { join } = await serve([Counter, Chat, Database, User]);
      const from = (tenant: string) => join('/', { extraHeaders: { 'x-tenant': tenant } });
      const [a, b, other] = [await from('a'), await from('a'), await from('b')];
      expect([await ask(a, 'count'), await ask(b, 'count'), await ask(other, 'count')]).toEqual([[1], [2], [1]]);
      expect(inits).toBe(2);
      expect([await ask(a, 'where'), await ask(other, 'where')]).toEqual([[['a', true]], [['b', true]]]);
    });
  });
});

describe('a global enhancer with a scope', () => {
  const CASES = SCOPES.flatMap(([name, scope]) =>
    (
      [
        ['guard', APP_GUARD],
        ['interceptor', APP_INTERCEPTOR],
        ['pipe', APP_PIPE],
        ['filter', APP_FILTER],
      ] as const
    ).map(([kind, token]) => ({ name, scope, kind, token })),
  );

  it.each(CASES)(
    'runs, one $name $kind per connection, and leaves the gateway a singleton',
    async ({ scope, kind, token }) => {
      const { Counting, made, calls } = counting(scope);
      let gateways = 0;
      @Gateway()
      class Chat {
        #count = 0;

        constructor() {
          gateways++;
        }

        @Event()
        say(@MessageBody() _text: string): number {
          this.#count++;
          if (kind === 'filter') throw new Error('x');
          return this.#count;
        }
      }
      const { join } = await serve([Chat, { provide: token, useClass: Counting, scope }]);
      const before = made.length; // Nest makes a transient one at start-up that is never used
      const [ann, bob] = [await join(), await join()];
      const answers = [await ask(ann, 'say', 'a'), await ask(ann, 'say', 'b'), await ask(bob, 'say', 'c')];
      expect(answers).toEqual(kind === 'filter' ? [['caught'], ['caught'], ['caught']] : [[1], [2], [3]]);
      expect(calls).toEqual([
        [kind, 1],
        [kind, 2],
        [kind, 1],
      ]);
      expect([gateways, made.length - before]).toEqual([1, 2]);
    },
  );

  it.each(SCOPES)('runs on gateways that have a scope too: %s', async (_name, scope) => {
    const { Counting, made, calls } = counting(scope);
    @Injectable({ scope: Scope.REQUEST })
    @Gateway()
    class Chat {
      @OnConnect()
      enter(): void {}

      @Event()
      say(): string {
        return 'said';
      }
    }
    const { join } = await serve([Chat, { provide: APP_GUARD, useClass: Counting, scope }]);
    const before = made.length;
    const client = await join();
    expect(await ask(client, 'say')).toEqual(['said']);
    expect(calls).toEqual([
      ['guard', 1],
      ['guard', 2],
    ]);
    expect(made.length - before).toBe(1);
  });

  it('has the client for REQUEST, and comes after those in the default scope', async () => {
    const order: unknown[] = [];
    @Injectable({ scope: Scope.REQUEST })
    class Scoped implements CanActivate {
      constructor(@Inject(REQUEST) readonly client: Socket) {}

      canActivate(context: ExecutionContext): boolean {
        order.push(this.client === context.switchToWs().getClient());
        return true;
      }
    }
    @Gateway()
    class Chat {
      @Event()
      say(): void {}
    }
    const { join } = await serve([Chat, { provide: APP_GUARD, useClass: Scoped }], {
      prepare: (app) =>
        app.useGlobalGuards({
          canActivate: () => {
            order.push('shared');
            return true;
          },
        }),
    });
    await ask(await join(), 'say');
    expect(order).toEqual(['shared', true]);
  });

  it('refuses the client for which it cannot be made', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Guard implements CanActivate {
      constructor(@Inject(REQUEST) { handshake }: Socket) {
        if (handshake.auth['bad'] === true) throw new Error('secret');
      }

      canActivate(): boolean {
        return true;
      }
    }
    @Gateway()
    class Chat {
      @Event()
      say(): string {
        return 'said';
      }
    }
    const { connect, join, log } = await serve([Chat, { provide: APP_GUARD, useClass: Guard }]);
    const good = await join();
    expect(await refused(connect('/', { auth: { bad: true } }))).toMatchObject({ data: { code: 'internal' } });
    expect(await ask(good, 'say')).toEqual(['said']);
    expect(log.errors).toHaveLength(1);
  });
});

describe('ConnectionScopes', () => {
  it('gives the same singleton to every client', async () => {
    const { scopes, chat, client } = setUp();
    expect(scopes.has(chat)).toBe(false);
    await scopes.of(client).prepare(chat);
    expect(scopes.of(client).gateway(chat)).toBe(chat);
  });

  it('makes an instance once, and calls the handler that was bound to it', async () => {
    const made: object[] = [];
    const { scopes, chat, client } = setUp({
      resolve: () => {
        made.push({});
        return Promise.resolve(made[0] as object);
      },
    });
    const bound: unknown[] = [];
    const handler = {
      gateway: chat,
      bind: ({ instance }: GatewayInstance) => {
        bound.push(instance);
        return ({ event }: Call) => event;
      },
    };
    const scope = scopes.of(client);
    await scope.prepare(chat);
    await scope.prepare(chat);
    const call = new Call(client, ['say'], undefined);
    expect([scope.run(handler, call), scope.run(handler, call)]).toEqual(['say', 'say']);
    expect([made.length, bound]).toEqual([1, made]);
  });

  it('names the gateway if a handler is called too early', () => {
    const { scopes, chat, client } = setUp({ resolve: () => Promise.resolve({}) });
    expect(() => scopes.of(client).gateway(chat)).toThrow(
      'a handler of Chat was called for a client that has no instance of Chat',
    );
  });

  it('keeps a scope until a promise has settled, even if it rejects', async () => {
    const { scopes, client } = setUp();
    const scope = scopes.of(client);
    const { passed, open } = gate();
    const released = scopes.release(client);
    const failing = scopes.keepUntil(
      client,
      passed.then(() => Promise.reject(new Error('x'))),
    );
    await Promise.resolve();
    expect(scopes.of(client)).toBe(scope);
    open();
    await expect(failing).rejects.toThrow('x');
    await released;
    expect(scopes.of(client)).not.toBe(scope);
  });

  it('does nothing for a client without a scope', async () => {
    const { scopes, client } = setUp();
    expect(await scopes.keepUntil(client, Promise.resolve(1))).toBe(1);
    await expect(scopes.release(client)).resolves.toBeUndefined();
  });
});
