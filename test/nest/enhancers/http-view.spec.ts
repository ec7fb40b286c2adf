import {
  type ArgumentsHost,
  Catch,
  type CanActivate,
  createParamDecorator,
  type ExceptionFilter,
  type ExecutionContext,
  Injectable,
  UnauthorizedException,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, BaseExceptionFilter } from '@nestjs/core';
import { type ThrottlerModuleOptions, SkipThrottle, ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import { Event, Gateway, OnConnect, Socket, SocketIoModule } from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { PLATFORMS, startApp } from '../../support/nest-app.js';
import { ask, entered, refused, serve } from '../../support/nest-rig.js';
import { RecordingLog } from '../../support/engine-rig.js';

interface Request {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly ip: string;
  readonly method: string;
  readonly url: string;
  readonly originalUrl: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly params: object;
  get(name: string): unknown;
  user?: { readonly name: string };
}

interface Response {
  header(name: string, value: unknown): Response;
  status(code: number): Response;
  getHeader(name: string): unknown;
  json(body: unknown): void;
}

const User = createParamDecorator((_data: undefined, context: ExecutionContext) => {
  return context.switchToHttp().getRequest<Request>().user;
});

/** A guard written for HTTP routes. */
@Injectable()
class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    const token = request.headers['authorization'];
    if (token === undefined) throw new UnauthorizedException();
    request.user = { name: token };
    context.switchToHttp().getResponse<Response>().header('X-User', token).status(200);
    return true;
  }
}

const INTERNAL = { code: 'internal', message: 'Internal server error', id: expect.any(String) as string };

describe('switchToHttp()', () => {
  it('lets a guard and a decorator written for HTTP work as they are', async () => {
    @Gateway()
    @UseGuards(TokenGuard)
    class Chat {
      @OnConnect()
      enter(@User() user: unknown, @ConnectedSocket() client: Socket): void {
        client.emit('welcome', user);
      }

      @Event()
      who(@User() user: unknown, @ConnectedSocket() client: Socket): unknown {
        return [user, client.user];
      }
    }
    const { connect, join, log } = await serve([Chat]);
    expect(await refused(connect())).toMatchObject({ message: 'Unauthorized', data: { status: 401 } });
    const client = await join('/', { extraHeaders: { authorization: 'Ann' } });
    expect(await ask(client, 'who')).toEqual([[{ name: 'Ann' }, { name: 'Ann' }]]);
    expect([warningsOf(log), log.errors]).toEqual([[], []]);
  });

  it('returns the client as the request, and a response that ignores headers and status', async () => {
    const seen: unknown[] = [];
    @Gateway()
    class Chat {
      @Event()
      @UseInterceptors({
        intercept: (context, next) => {
          const http = context.switchToHttp();
          const request = http.getRequest<Request>();
          const response = http.getResponse<Response>();
          seen.push(
            (request as unknown) === context.switchToWs().getClient(),
            request.ip,
            request.method,
            request.originalUrl === request.url && request.url.startsWith('/socket.io/?'),
            request.query['from'],
            request.params,
            request.get('X-Room'),
            response.status(400) === response,
            response.getHeader('x'),
            http.getNext(),
            context.switchToWs().getData(),
          );
          return next.handle();
        },
      })
      say(@MessageBody() _text: string): void {}
    }
    const { join } = await serve([Chat]);
    const client = await join('/', { extraHeaders: { 'x-room': 'r' }, query: { from: 'test' } });
    await ask(client, 'say', 'hi');
    await ask(client, 'say', 'hi');
    const once = [true, '127.0.0.1', 'GET', true, 'test', {}, 'r', true, undefined, undefined, 'hi'];
    expect(seen).toEqual([...once, ...once]);
  });

  it('shows the properties that middlewares have set on the request of the handshake', async () => {
    interface FromMiddlewares {
      readonly body: unknown;
      readonly cookies: unknown;
      readonly signedCookies: unknown;
      readonly session: unknown;
      sessionID: string;
      user: unknown;
      isAuthenticated(): boolean;
      isUnauthenticated(): boolean;
    }
    const seen: unknown[] = [];
    @Gateway()
    @UseGuards({
      canActivate: (context: ExecutionContext) => {
        const request = context.switchToHttp().getRequest<FromMiddlewares>();
        const { body, cookies, signedCookies, session, user } = request;
        seen.push(body, cookies, signedCookies, session, user);
        seen.push(request.isAuthenticated(), request.isUnauthenticated());
        request.sessionID = 'other';
        request.user = null;
        seen.push(request.isAuthenticated(), request.isUnauthenticated());
        return true;
      },
    })
    class Chat {
      @Event()
      say(@ConnectedSocket() client: Socket): unknown {
        return (client.request as unknown as FromMiddlewares).sessionID;
      }
    }
    const put = { cookies: { a: '1' }, signedCookies: { b: '2' }, session: { c: 3 }, sessionID: 'id', user: 'Ann' };
    const { join } = await serve([Chat], {
      server: {
        use: [
          (request, _response, next) => {
            Object.assign(request, put);
            next();
          },
        ],
      },
    });
    expect(await ask(await join(), 'say', 'a message')).toEqual(['other']);
    expect(seen).toEqual([undefined, { a: '1' }, { b: '2' }, { c: 3 }, 'Ann', true, false, false, true]);
  });

  it('denies with an answer, and one warning that names the guard, if it reads a property that a socket lacks', async () => {
    @Injectable()
    class PageGuard implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        const { route } = context.switchToHttp().getRequest<{ route: { path: string } }>();
        return route.path === '/';
      }
    }
    let said = 0;
    @Gateway()
    class Chat {
      @Event()
      say(): void {
        said++;
      }
    }
    const { join, log } = await serve([Chat, { provide: APP_GUARD, useClass: PageGuard }]);
    const client = await join();
    expect(await ask(client, 'say')).toEqual([{ error: INTERNAL }]);
    expect(await ask(client, 'say')).toEqual([{ error: INTERNAL }]);
    expect(warningsOf(log)).toEqual([
      expect.stringMatching(
        /^the guard PageGuard failed on the event "say", so the event is denied\. .*globals: \{ guards: false \}.*reading 'path'/,
      ),
    ]);
    expect(log.errors).toHaveLength(1); // the second is the same failure, which is counted
    expect(said).toBe(0);
  });
});

describe.each(PLATFORMS)('filters written for HTTP, on %s', (platform) => {
  @Catch()
  class Everything extends BaseExceptionFilter {}

  @Catch()
  class Answers implements ExceptionFilter {
    catch(exception: Error, host: ArgumentsHost): void {
      host.switchToHttp().getResponse<Response>().status(500).json({ message: exception.message });
    }
  }

  @Gateway()
  class Chat {
    @Event()
    deny(@MessageBody() _body: unknown): void {
      throw new UnauthorizedException('no');
    }

    @Event()
    fail(@MessageBody() _body: unknown): void {
      throw new Error('secret');
    }
  }

  it.each([Everything, Answers])('are skipped, whatever the client sends: %s', async (filter) => {
    const log = new RecordingLog();
    const { connect } = await startApp(
      {
        imports: [SocketIoModule.forRoot({ logger: log })],
        providers: [Chat, { provide: APP_FILTER, useClass: filter }],
      },
      platform,
    );
    const client = connect();
    await entered(client);
    for (const body of [undefined, null, 'text', {}, { status: 1, raw: {} }, { headersSent: true, sent: true }, []]) {
      expect(await ask(client, 'deny', body)).toEqual([
        { error: { code: 'unauthorized', status: 401, message: 'no' } },
      ]);
      expect(await ask(client, 'fail', body)).toEqual([{ error: INTERNAL }]);
    }
    expect(warningsOf(log)).toEqual([
      expect.stringMatching(new RegExp(`^the exception filter ${filter.name} failed on the event "deny"`)),
    ]);
  });
});

function idOf(client: { readonly id?: unknown }): string {
  return String(client.id);
}

describe.each(PLATFORMS)('ThrottlerGuard as APP_GUARD, on %s', (platform) => {
  @Gateway()
  class Chat {
    @Event()
    say(): string {
      return 'said';
    }

    @Event()
    @SkipThrottle()
    free(): string {
      return 'free';
    }
  }

  const TOO_MANY = [
    { error: { code: 'too_many_requests', status: 429, message: 'ThrottlerException: Too Many Requests' } },
  ];

  async function start(options: ThrottlerModuleOptions) {
    const log = new RecordingLog();
    const { connect } = await startApp(
      {
        imports: [SocketIoModule.forRoot({ logger: log, trustProxy: true }), ThrottlerModule.forRoot(options)],
        providers: [Chat, { provide: APP_GUARD, useClass: ThrottlerGuard }],
      },
      platform,
    );
    return {
      log,
      join: async (address: string) => {
        const client = connect('/', { extraHeaders: { 'x-forwarded-for': address } });
        await entered(client);
        return client;
      },
    };
  }

  it('counts by address and event', async () => {
    const { join, log } = await start([{ ttl: 60_000, limit: 2 }]);
    const [ann, twin, bob] = [await join('10.0.0.1'), await join('10.0.0.1'), await join('10.0.0.2')];
    expect(await ask(ann, 'say')).toEqual(['said']);
    expect(await ask(twin, 'say')).toEqual(['said']);
    expect(await ask(ann, 'say')).toEqual(TOO_MANY);
    expect(await ask(ann, 'free')).toEqual(['free']);
    expect(await ask(bob, 'say')).toEqual(['said']);
    expect([warningsOf(log), log.errors]).toEqual([[], []]);
  });

  it('counts by the value that its tracker reads from the client', async () => {
    const { join } = await start({
      throttlers: [{ ttl: 60_000, limit: 1 }],
      getTracker: idOf,
    });
    const [ann, twin] = [await join('10.0.0.1'), await join('10.0.0.1')];
    expect(await ask(ann, 'say')).toEqual(['said']);
    expect(await ask(ann, 'say')).toEqual(TOO_MANY);
    expect(await ask(twin, 'say')).toEqual(['said']);
  });
});

/** The warnings other than the one that connects are not guarded, which is tested with the limits. */
function warningsOf({ warnings }: { readonly warnings: readonly string[] }): string[] {
  return warnings.filter((line) => !line.startsWith('the guards of Chat run for its events only'));
}
