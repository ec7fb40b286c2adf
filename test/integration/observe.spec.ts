/**
 * Under `@nestjs/observe`, set up as by `nest new`: the traces of one gateway on `@nestjs/platform-socket.io`, on this
 * package, and with `@Event` instead of `@SubscribeMessage`. A collector on 127.0.0.1 receives them.
 */
import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
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
import { createObserveModule, type ObserveOptions, TracerService } from '@nestjs/observe';
import { MessageBody, SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { Event, Gateway, OnConnect, OnDisconnect, SocketIoModule } from 'nest-socketio';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { delay, map, type Observable, of, throwError } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { later } from '../support/nest-app.js';
import { entered } from '../support/nest-rig.js';
import { connectStock } from '../support/stock-client.js';

/** A client of either adapter. */
interface Client {
  readonly id: string;
  emit(event: string, data: unknown): void;
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
}

const SUBSCRIBE: Dialect = { gateway: () => WebSocketGateway(), on: SubscribeMessage };
const EVENT: Dialect = { gateway: () => Gateway(), on: Event as Dialect['on'] };

function gateways({ gateway, on }: Dialect): Type[] {
  @gateway()
  class ChatGateway {
    constructor(
      @Inject(Store) private readonly store: Store,
      @Inject(TracerService) private readonly tracer: TracerService,
    ) {}

    handleConnection(): void {
      this.store.find('connection');
    }

    handleDisconnect(): void {
      this.store.find('disconnection');
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

    @on('doubled')
    @UseInterceptors(Double)
    doubled(): string {
      return this.store.find('doubled');
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
      return of('delayed').pipe(delay(5));
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

    @on('attributes')
    attributes(): unknown {
      return { body: this.tracer.getAttribute('body'), hasId: this.tracer.currentTraceId() !== null };
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
  return [ChatGateway];
}

const EVENTS = [
  'sync', 'async', 'throw', 'reject', 'denied', 'forbidden', 'allowed', 'doubled', 'number', 'observable', 'delayed',
  'failing', 'filtered', 'filtered later', 'attributes', 'ignored', 'unsampled', 'last',
];

/** A trace as the collector gets it. */
interface Snapshot {
  readonly op: string;
  readonly p: string;
  readonly u?: string;
  readonly a?: { readonly sc?: number };
  readonly e?: { readonly message: string };
  readonly tg?: object;
  readonly t?: readonly Span[];
}

interface Span {
  readonly c: string;
  readonly m: string;
  readonly e?: unknown;
  readonly ch?: readonly Span[];
}

function describeSpan({ c, m, e, ch = [] }: Span): string {
  return `${c}.${m}${e === undefined ? '' : '!'}${ch.length === 0 ? '' : `(${ch.map(describeSpan).join(', ')})`}`;
}

async function traces(dialect: Dialect, imports: (object)[]): Promise<string[]> {
  const snapshots: Snapshot[] = [];
  const collector = createServer((request, response) => {
    void json(request.pipe(createGunzip())).then((batch) => {
      snapshots.push(...(batch as { readonly snapshots: Snapshot[] }).snapshots);
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { ObserveModule, ObserveInstrument } = createObserveModule();
  @Module({
    imports: [
      ObserveModule.forRoot({
        appKey: 'YOUR_APP_KEY',
        appSecret: 'YOUR_APP_SECRET',
        serviceId: 'chat',
        endpoint: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
        flushInterval: 1000,
        outgoing: false,
        tracesSampleRate: (_protocol, { pattern }) => pattern !== 'unsampled',
        ws: {
          ignore: ({ pattern }) => pattern === 'ignored',
          setAttributes: ({ data }) => ({ body: data as string }),
          getUserId: ({ client }) => typeof client.id,
        },
      }),
      ...(imports as never[]),
    ],
    providers: [Store, ...gateways(dialect)],
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { instrument: ObserveInstrument, logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  const client = connectStock(`http://127.0.0.1:${port}`);
  client.onAny((...args) => console.log(args));
  await entered(client);
  for (const event of EVENTS) console.log(event, await client.timeout(100).emitWithAck(event, 'abc').catch(String));
  await expect.poll(() => snapshots.some(({ op }) => op.endsWith('last')), { timeout: 5000 }).toBe(true);
  client.disconnect();
  await app.close();
  collector.close();
  return snapshots.map((s) => `${s.p} ${s.op} ${s.a?.sc} ${s.e?.message ?? (s.e as any)?.m} ${s.u} ${(s.t ?? []).map(describeSpan).join('; ')}`);
}

describe('x', () => {
  it('works', async () => {
    console.log('THEIRS', await traces(SUBSCRIBE, []));
    console.log('OURS', await traces(SUBSCRIBE, [SocketIoModule.forRoot()]));
    console.log('EVENT', await traces(EVENT, [SocketIoModule.forRoot()]));
  }, 30000);
});
