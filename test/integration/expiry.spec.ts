/** Users of Nest applications: a token that expires, a logout, a limit of connections. */
import { type CanActivate, type ExecutionContext, Injectable, UseGuards } from '@nestjs/common';
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import { Broadcaster, Event, Gateway, OnConnect, type Socket, SocketIoModule } from 'nest-socketio';
import type { Socket as StockSocket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../support/manual-clock.js';
import { next, PLATFORMS, type Platform, startApp } from '../support/nest-app.js';
import { entered, refused } from '../support/nest-rig.js';

/** A guard as for HTTP, which sets the user and the end of the token. */
@Injectable()
class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest();
    const { name, seconds } = request.handshake.auth as { name?: string; seconds?: number };
    if (name === undefined) return true;
    request.user = { sub: name };
    if (seconds !== undefined && request.expiresAt === null) request.expiresAt = Date.now() + seconds * 1_000;
    return true;
  }
}

@Gateway('/account')
@UseGuards(TokenGuard)
class AccountGateway {
  constructor(private readonly broadcaster: Broadcaster) {}

  @OnConnect()
  enter(): void {}

  @Event('renew')
  renew(@ConnectedSocket() client: Socket, @MessageBody() seconds: number): string | undefined {
    client.extend(Date.now() + seconds * 1_000);
    return client.userId;
  }

  @Event('log out everywhere')
  logOut(@ConnectedSocket() client: Socket): void {
    this.broadcaster.disconnectUser(client.userId as string, { code: 'logged_out', message: 'You logged out' });
  }
}

async function start(platform: Platform, limits = {}) {
  const clock = new ManualClock();
  const options = SocketIoModule.forRoot({ clock, pingInterval: 1_000_000_000, limits });
  const running = await startApp({ imports: [options], providers: [AccountGateway] }, platform);
  const join = async (auth: object): Promise<StockSocket> => {
    const client = running.connect('/account', { auth });
    await entered(client);
    return client;
  };
  return { ...running, clock, join };
}

describe.each(PLATFORMS)('a user on %s', (platform) => {
  it('is warned before the token expires, and stays by presenting a fresh one', async () => {
    const { clock, join } = await start(platform);
    const client = await join({ name: 'ann', seconds: 100 });
    const warned = next(client, 'session_expiring');
    clock.advance(75_000);
    expect(await warned).toMatchObject([{ in: expect.any(Number), expiresAt: expect.stringMatching(/^\d{4}-.*Z$/) }]);
    expect(await client.emitWithAck('renew', 100)).toBe('ann');
    clock.advance(50_000);
    expect(await client.emitWithAck('renew', 100)).toBe('ann');
    const reason = next(client, 'disconnect_reason');
    const gone = next(client, 'disconnect');
    clock.advance(101_000);
    expect(await reason).toEqual([{ code: 'expired', message: 'The session has expired' }]);
    expect((await gone)[0]).toBe('io server disconnect');
    await entered(client.connect()); // with a fresh token
  });

  it('is refused with a token that has expired', async () => {
    const { connect } = await start(platform);
    expect(await refused(connect('/account', { auth: { name: 'ann', seconds: -1 } }))).toEqual({
      message: 'The session has expired',
      data: { code: 'expired' },
    });
  });

  it('is disconnected everywhere by a logout', async () => {
    const { join } = await start(platform);
    const [phone, tab, bob] = [await join({ name: 'ann' }), await join({ name: 'ann' }), await join({ name: 'bob' })];
    const reasons = [next(phone, 'disconnect_reason'), next(tab, 'disconnect_reason')];
    phone.emit('log out everywhere');
    const reason = { code: 'logged_out', message: 'You logged out' };
    expect(await Promise.all(reasons)).toEqual([[reason], [reason]]);
    await expect.poll(() => [phone.connected, tab.connected]).toEqual([false, false]);
    expect(await bob.emitWithAck('renew', 100)).toBe('bob');
  });

  it('has at most limits.connectionsPerUser connections', async () => {
    const { app, connect, join } = await start(platform, { connectionsPerUser: 2 });
    const bob = await join({ name: 'bob' });
    const [phone] = [await join({ name: 'ann' }), await join({ name: 'ann' })];
    expect(await refused(connect('/account', { auth: { name: 'ann' } }))).toEqual({
      message: 'Too many connections of this user',
      data: { code: 'too_many_connections', limit: 2 },
    });
    await join({}); // an anonymous client
    phone.disconnect();
    await expect.poll(() => join({ name: 'ann' }).catch(() => null)).not.toBeNull();
    expect(await bob.emitWithAck('renew', 100)).toBe('bob');
    expect(app.get(Broadcaster)).toBeInstanceOf(Broadcaster);
  });
});
