/**
 * Under `@nestjs/observe`, set up as by `nest new`: the traces of one gateway on `@nestjs/platform-socket.io`, on this
 * package, and with `@Event` instead of `@SubscribeMessage`. A collector on 127.0.0.1 receives them.
 */
import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  type DynamicModule,
  type ExceptionFilter,
  type ExecutionContext,
  ForbiddenException,
  Inject,
  Injectable,
  Module,
  type NestInterceptor,
  ParseIntPipe,
  Scope,
  type Type,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createObserveModule, TracerService, type WsMessageContext } from '@nestjs/observe';
import { MessageBody, SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { WsContextCreator } from '@nestjs/websockets/context/ws-context-creator.js';
import { Event, Gateway, OnConnect, OnDisconnect, SocketIoModule } from 'nest-socketio';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { delay, finalize, map, type Observable, of, throwError } from 'rxjs';
import type { Socket } from 'socket.io-client';
import { afterAll, describe, expect, it } from 'vitest';
import { ConnectionScopes } from '../../lib/nest/connection-scope.js';
import { onCleanUp } from '../support/engine-clean-up.js';
import { next } from '../support/nest-app.js';
import { entered } from '../support/nest-rig.js';
import { connectStock } from '../support/stock-client.js';

/** A client of either adapter. */
interface Client {
  readonly id: string;
  emit(event: string, data: unknown): void;
  disconnect(): void;
}

@Injectable()
class Store {
  find(name: string): string {
    return `${name} found`;
  }

  async load(name: string): Promise<string> {
    await Promise.resolve();
    return this.find(name);
  }

  fail(): never {
    throw new Error('the store failed');
  }
}

@Injectable()
class Deny implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Injectable()
class Forbid implements CanActivate {
  canActivate(): boolean {
    throw new ForbiddenException('not you');
  }
}

@Injectable()
class Allow implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return Reflect.hasMetadata('__guards__', context.getHandler());
  }
}

@Injectable()
class Double implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler<string>): Observable<string> {
    return next.handle().pipe(map((value) => value + value));
  }
}

@Injectable()
@Catch()
class Answer implements ExceptionFilter {
  constructor(@Inject(Store) private readonly store: Store) {}

  catch(_error: unknown, host: ArgumentsHost): void {
    host.switchToWs().getClient<Client>().emit('answered', this.store.find('answer'));
  }
}

/** How handlers are declared. */
interface Dialect {
  readonly gateway: () => ClassDecorator;
  readonly on: (event: string) => MethodDecorator;
  readonly connect: MethodDecorator;
  readonly disconnect: MethodDecorator;
  /** The names of the methods that are called when a client connects and disconnects. */
  readonly hooks: readonly [string, string];
}

const undecorated: MethodDecorator = () => {};

/** The hooks of Nest need no decorator. */
const SUBSCRIBE: Dialect = {
  gateway: () => WebSocketGateway(),
  on: SubscribeMessage,
  connect: undecorated,
  disconnect: undecorated,
  hooks: ['handleConnection', 'handleDisconnect'],
};

const EVENT: Dialect = {
  gateway: () => Gateway(),
  on: Event as Dialect['on'],
  connect: OnConnect(),
  disconnect: OnDisconnect(),
  hooks: ['enter', 'gone'],
};

interface Gateways {
  readonly classes: Type[];
  /** The handlers that take time, when they have ended. */
  readonly ended: readonly string[];
}

/** A gateway class with handlers of every kind, and one of which each client or call has an instance. */
function gateways({ gateway, on, connect, disconnect, hooks: [entering, leaving] }: Dialect): Gateways {
  const ended: string[] = [];
  @gateway()
  class ChatGateway {
    constructor(
      @Inject(Store) private readonly store: Store,
      @Inject(TracerService) private readonly tracer: TracerService<{ body: string }>,
    ) {}

    @connect
    [entering](): void {
      this.store.find('connection');
    }

    @disconnect
    [leaving](): void {
      this.store.find('disconnection');
    }

    @on('leave')
    leave(client: Client): void {
      client.disconnect();
    }

    @on('sync')
    sync(_client: Client, name: string): string {
      return this.store.find(name);
    }

    @on('async')
    async(@MessageBody() name: string): Promise<string> {
      return this.helper(name);
    }

    helper(name: string): Promise<string> {
      return this.store.load(name);
    }

    @on('throw')
    throw(): never {
      return this.store.fail();
    }

    @on('reject')
    async reject(): Promise<never> {
      await this.store.load('x');
      throw new WsException('rejected');
    }

    @on('denied')
    @UseGuards(Deny)
    denied(): void {}

    @on('forbidden')
    @UseGuards(Forbid)
    forbidden(): void {}

    @on('allowed')
    @UseGuards(Allow)
    allowed(): string {
      return this.store.find('allowed');
    }

    @on('number')
    number(@MessageBody(ParseIntPipe) value: number): number {
      return value;
    }

    @on('observable')
    observable(): Observable<string> {
      return of(this.store.find('observable'));
    }

    @on('delayed')
    delayed(): Observable<string> {
      return of('delayed').pipe(
        delay(5),
        finalize(() => ended.push('delayed')),
      );
    }

    @on('failing')
    failing(): Observable<string> {
      return throwError(() => new Error('failing'));
    }

    @on('filtered')
    @UseFilters(Answer)
    filtered(): never {
      return this.store.fail();
    }

    @on('filtered later')
    @UseFilters(Answer)
    async filteredLater(): Promise<never> {
      await this.store.load('x');
      return this.store.fail();
    }

    @on('intercepted')
    @UseInterceptors(Double)
    async intercepted(): Promise<string> {
      return this.store.load('intercepted');
    }

    @on('intercepted failure')
    @UseInterceptors(Double)
    async interceptedFailure(): Promise<string> {
      await new Promise((resolve) => setTimeout(resolve, 20));
      ended.push('intercepted failure');
      return this.store.fail();
    }

    @on('attributes')
    async attributes(): Promise<string> {
      return this.store.load(`${this.tracer.getAttribute('body')} ${typeof this.tracer.currentTraceId()}`);
    }

    @on('ignored')
    ignored(): string {
      return this.store.find('ignored');
    }

    @on('unsampled')
    unsampled(): string {
      return this.store.find('unsampled');
    }

    @on('last')
    last(): string {
      return this.store.find('last');
    }
  }

  @gateway()
  @Injectable({ scope: Scope.REQUEST })
  class ScopedGateway {
    constructor(@Inject(Store) private readonly store: Store) {}

    @on('scoped')
    scoped(): string {
      return this.store.find('scoped');
    }
  }
  return { classes: [ChatGateway, ScopedGateway], ended };
}

/** The status and the spans of each trace, in the order of the events. `leaving` is the hook of the dialect. */
const TRACES: readonly [event: string, status: number | undefined, spans: string][] = [
  ['sync', undefined, 'ChatGateway.sync(Store.find)'],
  ['async', undefined, 'ChatGateway.async(ChatGateway.helper(Store.load(Store.find)))'],
  ['throw', 500, 'ChatGateway.throw!(Store.fail!)'],
  ['reject', 500, 'ChatGateway.reject!(Store.load(Store.find))'],
  ['denied', undefined, 'Deny.canActivate'],
  ['forbidden', 403, 'Forbid.canActivate!'],
  ['allowed', undefined, 'Allow.canActivate, ChatGateway.allowed(Store.find)'],
  ['number', 400, 'ParseIntPipe.transform!(ParseIntPipe.isNumeric, ParseIntPipe.exceptionFactory)'],
  ['observable', undefined, 'ChatGateway.observable(Store.find)'],
  ['delayed', undefined, 'ChatGateway.delayed'],
  ['failing', undefined, 'ChatGateway.failing'],
  ['filtered', 500, 'ChatGateway.filtered!(Store.fail!), Answer.catch(Store.find)'],
  ['filtered later', 500, 'ChatGateway.filteredLater!(Store.load(Store.find), Store.fail!), Answer.catch(Store.find)'],
  ['intercepted', undefined, 'Double.intercept, ChatGateway.intercepted(Store.load(Store.find))'],
  ['intercepted failure', 500, 'Double.intercept, ChatGateway.interceptedFailure!(Store.fail!)'],
  ['attributes', undefined, 'ChatGateway.attributes(Store.load(Store.find))'],
  ['scoped', undefined, 'ScopedGateway.scoped(Store.find)'],
  ['leave', undefined, 'ChatGateway.leave(ChatGateway.leaving(Store.find))'],
  ['last', undefined, 'ChatGateway.last(Store.find)'],
];

/** Events that are not traced, because the options say so. */
const UNTRACED = [['ignored'], ['unsampled']] as const;

/** With `@nestjs/platform-socket.io`, interceptors run after the trace has ended, and with them the handler. */
const LOST = new Set(['intercepted', 'intercepted failure']);

function expected({ hooks: [, leaving] }: Dialect, lost: ReadonlySet<string>) {
  return TRACES.filter(([event]) => !lost.has(event)).map(([event, status, spans]) => ({
    operation: `${event === 'scoped' ? 'ScopedGateway' : 'ChatGateway'}:${event}`,
    status,
    spans: spans.replace('leaving', leaving),
    user: 'string',
    tags: { side: 'server' },
  }));
}

/** A trace as the collector gets it. */
interface Snapshot {
  readonly op: string;
  readonly u?: string;
  readonly a?: { readonly sc?: number };
  readonly tg?: object;
  readonly t: readonly Span[];
}

interface Span {
  readonly c: string;
  readonly m: string;
  readonly e?: unknown;
  readonly ch?: readonly Span[];
}

/** Without those of this package's own providers, which the instrument decorates as it does any other. */
function describeSpans(spans: readonly Span[]): string {
  return spans
    .filter(({ c }) => c !== ConnectionScopes.name)
    .map(({ c, m, e, ch }) => `${c}.${m}${e === undefined ? '' : '!'}${ch ? `(${describeSpans(ch)})` : ''}`)
    .join(', ');
}

/** A server that collects traces, as the one of `@nestjs/observe`. */
async function collect(): Promise<{ readonly endpoint: string; readonly snapshots: Snapshot[] }> {
  const snapshots: Snapshot[] = [];
  const collector = createServer((request, response) => {
    void json(request.pipe(createGunzip())).then((batch) => {
      snapshots.push(...(batch as { readonly snapshots: Snapshot[] }).snapshots);
      response.end('{}');
    });
  });
  onCleanUp(() => void collector.close());
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  return { endpoint: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`, snapshots };
}

interface Running extends Awaited<ReturnType<typeof collect>> {
  readonly ended: Gateways['ended'];
  readonly client: Socket;
  readonly visitor: Socket;
}

async function start(dialect: Dialect, imports: readonly DynamicModule[]): Promise<Running> {
  const { endpoint, snapshots } = await collect();
  const { ObserveModule, ObserveInstrument } = createObserveModule();
  const { classes, ended } = gateways(dialect);
  @Module({
    imports: [
      ObserveModule.forRoot({
        appKey: 'YOUR_APP_KEY',
        appSecret: 'YOUR_APP_SECRET',
        serviceId: 'chat',
        endpoint,
        flushInterval: 1000,
        outgoing: false,
        tracesSampleRate: (_protocol, { pattern }: WsMessageContext) => pattern !== 'unsampled',
        ws: {
          ignore: ({ pattern }) => pattern === 'ignored',
          setAttributes: ({ data }) => ({ body: data as string }),
          getUserId: ({ client }) => typeof (client as Client).id,
          tags: { side: 'server' },
        },
      }),
      ...imports,
    ],
    providers: [Store, ...classes],
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, {
    instrument: ObserveInstrument as NonNullable<typeof ObserveInstrument>,
    logger: false,
  });
  onCleanUp(() => app.close());
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  const [client, visitor] = [1, 2].map(() => connectStock(`http://127.0.0.1:${port}`)) as [Socket, Socket];
  await Promise.all([entered(client), entered(visitor)]);
  return { endpoint, snapshots, ended, client, visitor };
}

/** Sends every event and resolves with the traces when the collector has that of the last. */
async function traces({ snapshots, ended, client, visitor }: Running) {
  visitor.emit('leave');
  await next(visitor, 'disconnect');
  for (const [event] of [...UNTRACED, ...TRACES]) if (!['leave', 'last'].includes(event)) client.emit(event, 'abc');
  await expect.poll(() => ended).toHaveLength(2);
  client.emit('last');
  await expect.poll(() => snapshots.map(({ op }) => op), { timeout: 10_000 }).toContain('ChatGateway:last');
  const order = TRACES.map(([event]) => event);
  return snapshots
    .map(({ op, a, u, tg, t }) => ({ operation: op, status: a?.sc, spans: describeSpans(t), user: u, tags: tg }))
    .toSorted((one, other) => order.indexOf(eventOf(one)) - order.indexOf(eventOf(other)));
}

function eventOf({ operation }: { readonly operation: string }): string {
  return operation.slice(operation.indexOf(':') + 1);
}

const create = Object.getOwnPropertyDescriptor(WsContextCreator.prototype, 'create') as PropertyDescriptor;

afterAll(() => {
  Object.defineProperty(WsContextCreator.prototype, 'create', create); // specs share their process
});

describe('under @nestjs/observe, each event has its trace, and connections have none', () => {
  it.each<[string, Dialect, () => DynamicModule[], Set<string>]>([
    ['on platform-socket.io', SUBSCRIBE, () => [], LOST],
    ['with @SubscribeMessage', SUBSCRIBE, () => [SocketIoModule.forRoot()], new Set()],
    ['with @Event', EVENT, () => [SocketIoModule.forRoot()], new Set()],
  ])('%s', async (_side, dialect, imports, lost) => {
    expect(await traces(await start(dialect, imports()))).toEqual(expected(dialect, lost));
  });
});
