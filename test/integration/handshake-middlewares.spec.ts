/** Middlewares and guards written for HTTP, unmodified, on both routes and sockets. */
import {
  type CanActivate,
  Controller,
  Cookies,
  createParamDecorator,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  Post,
  Req,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { ConnectedSocket, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import cookieParser from 'cookie-parser';
import type { IncomingMessage } from 'node:http';
import { type HttpMiddleware, Event, Gateway, OnConnect, type Socket, SocketIoModule } from 'nest-socketio';
import passport from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { beforeAll, describe, expect, it } from 'vitest';
import { HttpSessions } from '../support/http-session.js';
import { next, PLATFORMS, startApp } from '../support/nest-app.js';
import { ask, entered, refused } from '../support/nest-rig.js';
import { RecordingLog } from '../support/engine-rig.js';

const SECRET = 'of this test';

interface Payload {
  readonly sub: string;
}

interface AuthenticatedRequest {
  readonly headers: { readonly authorization?: string };
  user?: Payload;
  isAuthenticated(): boolean;
}

const User = createParamDecorator((_data: undefined, context: ExecutionContext) => {
  return context.switchToHttp().getRequest<AuthenticatedRequest>().user;
});

/** Source: the documentation of Nest, authentication. */
@Injectable()
class JwtGuard implements CanActivate {
  constructor(@Inject(JwtService) private readonly jwt: JwtService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const [type, token] = request.headers.authorization?.split(' ') ?? [];
    if (type !== 'Bearer' || token === undefined) throw new UnauthorizedException();
    try {
      request.user = await this.jwt.verifyAsync<Payload>(token, { secret: SECRET });
    } catch {
      throw new UnauthorizedException();
    }
    return true;
  }
}

/** The usual guard for sessions of passport. */
@Injectable()
class LoggedIn implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest<AuthenticatedRequest>().isAuthenticated();
  }
}

@Injectable()
class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: SECRET });
  }

  validate({ sub }: Payload): Payload {
    return { sub };
  }
}

@Controller()
class Routes {
  @Get('me')
  me(@User() user: Payload): unknown {
    return user.sub;
  }
}

@Gateway('/ours')
class Ours {
  @OnConnect()
  enter(): void {}

  @Event()
  me(@User() user: Payload, @ConnectedSocket() client: Socket): unknown {
    return [user.sub, (client.user as Payload).sub];
  }
}

@WebSocketGateway({ namespace: '/nests' })
class Nests {
  @SubscribeMessage('me')
  me(@User() user: Payload): unknown {
    return [user.sub];
  }
}

function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

const membersOnly: HttpMiddleware = ({ headers }, _response, done) => {
  done(headers.cookie === undefined ? new Error('no cookie') : undefined);
};

describe.each(PLATFORMS)('on %s', (platform) => {
  const jwt = JwtModule.register({ secret: SECRET });
  const token = new JwtService({ secret: SECRET }).sign({ sub: 'ann' });

  it('a JWT guard for HTTP guards the routes and gateways of an application', async () => {
    const { url, connect } = await startApp(
      {
        imports: [SocketIoModule.forRoot(), jwt],
        controllers: [Routes],
        providers: [Ours, Nests, { provide: APP_GUARD, useClass: JwtGuard }],
      },
      platform,
    );
    expect((await fetch(`${url}/me`)).status).toBe(401);
    expect(await (await fetch(`${url}/me`, { headers: bearer(token) })).text()).toBe('ann');
    expect(await refused(connect('/ours'))).toMatchObject({ data: { code: 'unauthorized', status: 401 } });
    expect(await refused(connect('/ours', { extraHeaders: bearer('forged') }))).toMatchObject({
      data: { status: 401 },
    });
    const ours = connect('/ours', { extraHeaders: bearer(token) });
    const nests = connect('/nests', { extraHeaders: bearer(token) });
    await Promise.all([entered(ours), entered(nests)]);
    expect(await ask(ours, 'me')).toEqual([['ann', 'ann']]);
    expect(await ask(nests, 'me')).toEqual([['ann']]);
    const stranger = connect('/nests');
    await entered(stranger);
    stranger.emit('me');
    expect(await next(stranger, 'exception')).toMatchObject([{ status: 'error' }]);
  });

  it("the guard of @nestjs/passport, with passport-jwt, guards a gateway's class and an event", async () => {
    @Gateway('/whole')
    @UseGuards(AuthGuard('jwt'))
    class Whole extends Ours {}

    @Gateway('/part')
    class Part {
      @Event()
      @UseGuards(AuthGuard('jwt'))
      me(@ConnectedSocket() client: Socket): unknown {
        return (client.user as Payload).sub;
      }
    }
    const log = new RecordingLog();
    const { connect } = await startApp(
      { imports: [SocketIoModule.forRoot({ logger: log }), PassportModule], providers: [Whole, Part, JwtStrategy] },
      platform,
    );
    const client = connect('/whole', { extraHeaders: bearer(token) });
    await entered(client);
    expect(await ask(client, 'me')).toEqual([['ann', 'ann']]);
    expect(await refused(connect('/whole'))).toMatchObject({ message: 'Unauthorized', data: { status: 401 } });
    const stranger = connect('/part');
    await entered(stranger);
    expect(await ask(stranger, 'me')).toMatchObject([{ error: { code: 'unauthorized' } }]);
    expect(log.warnings).toEqual([
      'the guards of Part run for its events only, so any client may connect and receive its broadcasts: ' +
        'add @OnConnect() @UseGuards(...) connect() {} to the class',
    ]);
    expect(log.errors).toEqual([]);
  });

  describe('with express-session, passport and cookie-parser', () => {
    beforeAll(() => {
      passport.serializeUser((user, done) => done(null, (user as Payload).sub));
      passport.deserializeUser((id, done) => done(null, { sub: id }));
    });

    it('a client has the user that logged in over HTTP', async () => {
      const sessions = new HttpSessions();
      const use = [cookieParser(), sessions.middleware, passport.initialize(), passport.session()] as HttpMiddleware[];
      @Controller()
      class Login {
        @Post('login')
        login(@Req() request: IncomingMessage & { raw?: IncomingMessage }): Promise<void> {
          const raw = (request.raw ?? request) as IncomingMessage & {
            logIn(user: unknown, done: (error?: unknown) => void): void;
          };
          return new Promise((resolve, reject) => {
            raw.logIn({ sub: 'ann' }, (error) => (error ? reject(error) : resolve()));
          });
        }
      }
      @Gateway('/private')
      @UseGuards(LoggedIn)
      class Private extends Ours {
        @Event()
        theme(@Cookies('theme') theme: unknown): unknown {
          return theme;
        }
      }
      @Gateway('/open')
      class Open {
        @Event()
        who(@ConnectedSocket() client: Socket): unknown {
          return (client.user as Payload | undefined)?.sub ?? 'nobody';
        }
      }
      const { url, connect } = await startApp(
        { imports: [SocketIoModule.forRoot({ use })], controllers: [Login], providers: [Private, Open] },
        platform,
        (app) => use.forEach((middleware) => app.use(middleware)),
      );
      expect(await refused(connect('/private'))).toMatchObject({ data: { code: 'forbidden' } });
      const stranger = connect('/open');
      await entered(stranger);
      expect(await ask(stranger, 'who')).toEqual(['nobody']);
      const response = await fetch(`${url}/login`, { method: 'POST' });
      const [cookie] = (response.headers.get('set-cookie') as string).split(';') as [string];
      const extraHeaders = { cookie: `theme=dark; ${cookie}` };
      const [ann, everywhere] = [connect('/private', { extraHeaders }), connect('/open', { extraHeaders })];
      await Promise.all([entered(ann), entered(everywhere)]);
      expect(await ask(ann, 'me')).toEqual([['ann', 'ann']]);
      expect(await ask(ann, 'theme')).toEqual(['dark']);
      expect(await ask(everywhere, 'who')).toEqual(['ann']);
    });

    it('a middleware refuses before the WebSocket is accepted', async () => {
      const log = new RecordingLog();
      const { connect } = await startApp(
        {
          imports: [
            SocketIoModule.forRootAsync({
              useFactory: () => ({
                logger: log,
                use: [membersOnly],
              }),
            }),
          ],
          providers: [Ours],
        },
        platform,
      );
      expect((await refused(connect('/ours'))).message).toBe('websocket error');
      await entered(connect('/ours', { extraHeaders: { cookie: 'a=b' } }));
      expect(log.warnings).toEqual([
        'refusing a client: the middleware membersOnly called next with "Error: no cookie"',
      ]);
    });
  });
});
