/** Gateways written for `@nestjs/platform-socket.io`. Nothing here depends on the server that runs them. */
import {
  type ArgumentsHost,
  BadRequestException,
  type CallHandler,
  type CanActivate,
  Catch,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  ParseIntPipe,
  Scope,
  type Type,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import {
  Ack,
  BaseWsExceptionFilter,
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  WsException,
  type WsResponse,
} from '@nestjs/websockets';
import { IsInt, IsString } from 'class-validator';
import { concat, EMPTY, map, type Observable, of, throwError } from 'rxjs';
import type { Namespace, Server, Socket } from 'socket.io';

type AckFunction = (...answer: unknown[]) => void;

/** Every gateway answers this event, so that a test knows that all earlier ones have been answered. */
abstract class Fenced {
  @SubscribeMessage('fence')
  fence(): string {
    return 'fenced';
  }
}

/** 1: results of all kinds, hooks, rooms. */
@WebSocketGateway({ namespace: 'chat', cors: { origin: 'http://friend.example' }, pingInterval: 20_000 })
export class ChatGateway extends Fenced implements OnGatewayInit, OnGatewayConnection, OnGatewayDisconnect {
  readonly seen: unknown[] = [];
  /** The rooms of clients that have left, by name. */
  readonly roomsLeft = new Map<unknown, string[]>();

  @WebSocketServer()
  server!: Namespace;

  afterInit(server: Namespace): void {
    this.seen.push(['afterInit', server === this.server, server.name]);
  }

  handleConnection(client: Socket): void {
    this.seen.push(['in', client.handshake.auth['name']]);
    client.emit('welcome', client.handshake.auth['name']);
  }

  handleDisconnect(client: Socket, reason?: string): void {
    this.seen.push(['out', client.handshake.auth['name'], reason, client.connected]);
    this.roomsLeft.set(
      client.handshake.auth['name'],
      [...client.rooms].filter((room) => room !== client.id),
    );
  }

  @SubscribeMessage('value')
  value(@MessageBody() data: unknown): unknown {
    return data;
  }

  @SubscribeMessage('later')
  async later(@MessageBody() data: unknown): Promise<unknown> {
    return Promise.resolve({ later: data });
  }

  @SubscribeMessage('nothing')
  nothing(): void {}

  @SubscribeMessage('response')
  response(@MessageBody() data: unknown): WsResponse {
    return { event: 'reply', data };
  }

  @SubscribeMessage('stream')
  stream(): Observable<number> {
    return of(1, 2, 3);
  }

  @SubscribeMessage('events')
  events(): Observable<WsResponse<number>> {
    return of(1, 2).pipe(map((data) => ({ event: 'item', data })));
  }

  @SubscribeMessage('empty')
  empty(): Observable<never> {
    return EMPTY;
  }

  @SubscribeMessage('plain')
  plain(client: Socket, data: unknown): unknown {
    return [client.handshake.auth['name'], data];
  }

  @SubscribeMessage('property')
  property(@MessageBody('name') name: string, @ConnectedSocket() client: Socket): unknown {
    return [name, client.nsp.name];
  }

  @SubscribeMessage('join')
  async join(@MessageBody() room: string, @ConnectedSocket() client: Socket): Promise<string> {
    await client.join(room);
    return room;
  }

  @SubscribeMessage('say')
  say(@MessageBody() data: { room: string; text: string }, @ConnectedSocket() client: Socket): boolean {
    client.to(data.room).emit('said', data.text);
    this.server.emit('counted', this.server.sockets.size);
    return false;
  }

  @SubscribeMessage('shared')
  shared(): string {
    this.seen.push('shared by Chat');
    return 'Chat';
  }
}

/** 2: a second gateway for the same namespace and message. */
@WebSocketGateway({ namespace: '/chat' })
export class AuditGateway {
  readonly seen: unknown[] = [];

  handleConnection(client: Socket): void {
    this.seen.push(['in', client.handshake.auth['name']]);
  }

  @SubscribeMessage('shared')
  shared(): string {
    this.seen.push('shared by Audit');
    return 'Audit';
  }
}

@Injectable()
class Members implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToWs().getClient<Socket>().handshake.auth['member'] === true;
  }
}

/** 3: guards. */
@WebSocketGateway({ namespace: 'secret' })
export class SecretGateway extends Fenced {
  @UseGuards(Members)
  @SubscribeMessage('open')
  open(@MessageBody() _data: unknown): string {
    return 'opened';
  }

  @UseGuards({ canActivate: () => of(true) })
  @SubscribeMessage('public')
  public(): string {
    return 'read';
  }
}

class OrderDto {
  @IsString()
  item!: string;

  @IsInt()
  amount!: number;
}

const strict = new ValidationPipe({ exceptionFactory: (errors) => new WsException(errors.map((e) => e.property)) });

/** 4: pipes. */
@WebSocketGateway({ namespace: 'orders' })
export class OrdersGateway extends Fenced {
  @UsePipes(strict)
  @SubscribeMessage('place')
  place(@MessageBody() order: OrderDto): unknown {
    return { placed: order.item, dto: order instanceof OrderDto };
  }

  @SubscribeMessage('rough')
  rough(@MessageBody(new ValidationPipe({ transform: true })) order: OrderDto): unknown {
    return { placed: order.item, dto: order instanceof OrderDto };
  }

  @SubscribeMessage('find')
  find(@MessageBody('id', ParseIntPipe) id: number): number {
    return id;
  }

  @UsePipes({ transform: (value: unknown) => (typeof value === 'string' ? value.toUpperCase() : value) })
  @SubscribeMessage('piped')
  piped(_client: Socket, data: unknown): unknown {
    return data;
  }
}

class Refused extends Error {}

@Catch(Refused)
class RefusedFilter extends BaseWsExceptionFilter {
  override catch(exception: Refused, host: ArgumentsHost): void {
    super.catch(new WsException(`refused: ${exception.message}`), host);
  }
}

@Catch()
class AnswerFilter {
  catch(exception: Error, host: ArgumentsHost): void {
    const [, , ack] = host.getArgs<[unknown, unknown, AckFunction | undefined]>();
    ack?.({ failed: exception.message, pattern: host.switchToWs().getPattern() });
  }
}

/** 5: errors and filters. */
@WebSocketGateway({ namespace: 'errors' })
@UseFilters(new RefusedFilter())
export class ErrorsGateway extends Fenced {
  @SubscribeMessage('text')
  text(): never {
    throw new WsException('no');
  }

  @SubscribeMessage('object')
  object(): never {
    throw new WsException({ code: 7, why: 'no' });
  }

  @SubscribeMessage('http')
  http(): never {
    throw new BadRequestException('no');
  }

  @SubscribeMessage('unexpected')
  async unexpected(): Promise<never> {
    return Promise.reject(new Error('a secret'));
  }

  @SubscribeMessage('late')
  late(): Observable<number> {
    return concat(
      of(1),
      throwError(() => new WsException('late')),
    );
  }

  @SubscribeMessage('filtered')
  filtered(): never {
    throw new Refused('you');
  }

  @UseFilters(AnswerFilter)
  @SubscribeMessage('answered')
  answered(): never {
    throw new Error('by hand');
  }
}

const Name = createParamDecorator((key: string, context: ExecutionContext): unknown => {
  return context.switchToWs().getClient<Socket>().handshake.auth[key];
});

@Injectable()
class Wrapping implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const ws = context.switchToWs();
    return next.handle().pipe(map((result) => ({ type: context.getType(), pattern: ws.getPattern(), result })));
  }
}

/** 6: interceptors and custom decorators. */
@WebSocketGateway({ namespace: 'wrapped' })
export class WrappedGateway extends Fenced {
  @UseInterceptors(Wrapping)
  @SubscribeMessage('wrap')
  wrap(@MessageBody() data: unknown, @Name('name') name: string): unknown {
    return [data, name];
  }

  @SubscribeMessage('named')
  named(@Name('name', { transform: (value: string) => value.length }) length: number): unknown {
    return length;
  }
}

/** 7: manual acknowledgements, in the default namespace. */
@WebSocketGateway()
export class AckGateway extends Fenced {
  @WebSocketServer()
  server!: Server;

  @SubscribeMessage('manual')
  manual(@MessageBody() data: unknown, @Ack() ack: AckFunction): string {
    ack('by hand', data);
    return 'ignored';
  }

  @SubscribeMessage('third')
  third(_client: Socket, data: unknown, ack?: AckFunction): void {
    ack?.('third', data);
  }
}

abstract class CrudGateway extends Fenced {
  abstract readonly kind: string;

  @SubscribeMessage('get')
  get(@MessageBody() id: number): string {
    return `${this.kind} ${id}`;
  }

  @SubscribeMessage('kind')
  ofKind(): string {
    return 'of the parent';
  }
}

/** 8: inheritance. */
@WebSocketGateway({ namespace: 'books' })
export class BooksGateway extends CrudGateway {
  readonly kind = 'book';

  @SubscribeMessage('kind')
  override ofKind(): string {
    return `overrides ${super.ofKind()}`;
  }
}

/** 9: namespaces by pattern. */
@WebSocketGateway({ namespace: /^\/room-\d+$/ })
export class RoomsGateway extends Fenced {
  readonly seen: string[] = [];

  handleConnection(client: Socket): void {
    this.seen.push(client.nsp.name);
  }

  @SubscribeMessage('where')
  where(@ConnectedSocket() client: Socket): string {
    client.nsp.emit('asked', client.nsp.name);
    return client.nsp.name;
  }
}

/** 10: its own path. */
@WebSocketGateway({ path: '/own', namespace: 'news' })
export class PathGateway extends Fenced {
  @WebSocketServer()
  server!: Namespace;

  @SubscribeMessage('count')
  count(): number {
    return this.server.server.engine.clientsCount;
  }
}

/** 11: its own port. */
export function portGateway(port: number): Type {
  @WebSocketGateway(port, { transports: ['websocket'] })
  class PortGateway extends Fenced {
    @WebSocketServer()
    server!: Server;

    @SubscribeMessage('count')
    count(): number {
      return this.server.engine.clientsCount;
    }
  }
  return PortGateway;
}

@Injectable({ scope: Scope.REQUEST })
export class Visits {
  count = 0;
}

/** 12: one instance per connection. */
@WebSocketGateway({ namespace: 'scoped' })
export class ScopedGateway extends Fenced {
  constructor(private readonly visits: Visits) {
    super();
  }

  @SubscribeMessage('visit')
  visit(): number {
    return ++this.visits.count;
  }
}

export const GATEWAYS: readonly Type[] = [
  ChatGateway,
  AuditGateway,
  SecretGateway,
  OrdersGateway,
  ErrorsGateway,
  WrappedGateway,
  AckGateway,
  BooksGateway,
  RoomsGateway,
  PathGateway,
];
