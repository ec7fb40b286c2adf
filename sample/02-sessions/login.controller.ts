/** Login and logout use HTTP, because only an HTTP response can set a cookie. */
import { BadRequestException, Body, Controller, Get, HttpCode, Post, Req, Session } from '@nestjs/common';
import { Broadcaster } from 'nest-socketio';
import type { Session as UserSession, SessionRequest } from './session.js';

@Controller()
export class LoginController {
  constructor(private readonly sockets: Broadcaster) {}

  /** Accepts any name. A real application checks a password first. */
  @Post('login')
  @HttpCode(200)
  async login(@Body() body: { name?: unknown } | undefined, @Req() request: SessionRequest) {
    const name = typeof body?.name === 'string' ? body.name.trim() : '';
    if (name === '' || name.length > 40) throw new BadRequestException('A name must have 1 to 40 characters.');
    // A new id makes a session id that was planted before the login worthless (session fixation).
    await new Promise<void>((resolve, reject) => {
      request.session.regenerate((error?: Error | null) => (error ? reject(error) : resolve()));
    });
    request.session.user = name;
    request.session.clicks = 0;
    return this.me(request.session);
  }

  @Get('me')
  me(@Session() session: UserSession) {
    return { user: session.user ?? null, clicks: session.clicks ?? 0 };
  }

  /** Writes the session. The sockets of this session see the change. */
  @Post('reset')
  @HttpCode(200)
  reset(@Session() session: UserSession) {
    session.clicks = 0;
    return this.me(session);
  }

  /** Ends the session and disconnects its sockets. */
  @Post('logout')
  @HttpCode(204)
  async logout(@Session() session: UserSession): Promise<void> {
    const { id } = session;
    await new Promise<void>((resolve, reject) => {
      session.destroy((error?: Error | null) => (error ? reject(error) : resolve()));
    });
    this.sockets.in(`session:${id}`).disconnectSockets(true);
  }
}
