/** Login and logout by HTTP, since only a response can set a cookie. */
import { BadRequestException, Body, Controller, Get, HttpCode, Post, Req, Session } from '@nestjs/common';
import { Broadcaster } from 'nest-socketio';
import type { Session as UserSession, SessionRequest } from './session.js';

@Controller()
export class LoginController {
  constructor(private readonly sockets: Broadcaster) {}

  /** Anybody may be anybody here: a real application checks a password first. */
  @Post('login')
  @HttpCode(200)
  async login(@Body() body: { name?: unknown } | undefined, @Req() request: SessionRequest) {
    const name = typeof body?.name === 'string' ? body.name.trim() : '';
    if (name === '' || name.length > 40) throw new BadRequestException('a name has 1 to 40 characters');
    // A new id: whoever knew the one before has nothing.
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

  /** A route that writes the session; the sockets of it find what it wrote. */
  @Post('reset')
  @HttpCode(200)
  reset(@Session() session: UserSession) {
    session.clicks = 0;
    return this.me(session);
  }

  /** Ends the session, and with it every socket that was opened in it. */
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
