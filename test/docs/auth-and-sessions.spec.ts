/** The examples of docs/auth-and-sessions.md work as the page says. */
import type { ModuleMetadata, Provider, Type } from '@nestjs/common';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { Gateway, OnDisconnect, type Socket, SocketIoModule } from 'nest-socketio';
import { TestClient } from 'nest-socketio/testing';
import type { Socket as ClientSocket } from 'socket.io-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { Examples } from '../support/examples.js';
import { later, next, startApp } from '../support/nest-app.js';
import { ask, entered, refused } from '../support/nest-rig.js';

const examples = new Examples('docs/auth-and-sessions.md');
const SECRET = 'of this test';
const jwt = new JwtService({ secret: SECRET });

/** To be called after the examples are loaded, because `forRoot` provides the broadcasters that they inject. */
const imports = (): NonNullable<ModuleMetadata['imports']> => [
  SocketIoModule.forRoot(),
  JwtModule.register({ secret: SECRET }),
];

const sign = (sub: string, seconds = 60): string => jwt.sign({ sub, exp: Math.floor(Date.now() / 1_000) + seconds });

/** The cookies that a page sends with its next request. */
function cookieOf(response: Response): { cookie: string } {
  return { cookie: (response.headers.get('set-cookie') as string).split(';', 1)[0] as string };
}

describe('auth-and-sessions.md', () => {
  beforeAll(() => examples.compile());

  it('accepts clients with a token, renews it, and disconnects clients whose token has expired', async () => {
    const { TokensGateway } = await examples.load<'TokensGateway'>('tokens.gateway');
    const { connect } = await startApp({ imports: imports(), providers: [TokensGateway as Provider] });
    const asking = (token: string): ClientSocket => connect('/tokens', { auth: { token } });
    expect(await refused(asking('forged'))).toEqual({ message: 'invalid token', data: { retry: false } });
    const [ann, short] = [asking(sign('ann', 2)), asking(sign('short', 2))];
    const [warned, told, gone] = ['session_expiring', 'disconnect_reason', 'disconnect'].map((event) =>
      next(short, event),
    ) as [Promise<unknown[]>, Promise<unknown[]>, Promise<unknown[]>];
    await Promise.all([entered(ann), entered(short)]);
    expect(await ask(ann, 'whoami')).toEqual(['ann']);
    expect(await ask(ann, 'renew', sign('eve'))).toMatchObject([{ error: { message: 'invalid token' } }]);
    expect(await ask(ann, 'renew', 'forged')).toMatchObject([{ error: { message: 'invalid token' } }]);
    expect(await ask(ann, 'renew', sign('ann'))).toEqual([]);
    expect(await warned).toMatchObject([{ in: expect.any(Number) }]);
    expect(await told).toMatchObject([{ code: 'expired' }]);
    expect((await gone)[0]).toBe('io server disconnect');
    expect(ann.connected).toBe(true);
  });

  it('reconnects the stock client with a fresh token', async () => {
    const { TokensGateway } = await examples.load<'TokensGateway'>('tokens.gateway');
    const { connect } = (await import(`${examples.folder}/client.js`)) as {
      readonly connect: (url: string, freshToken: () => Promise<string>) => ClientSocket;
    };
    const { url } = await startApp({ imports: imports(), providers: [TokensGateway as Provider] });
    const tokens = [sign('ann', 2), 'forged', sign('ann')]; // the renewal fails
    const client = connect(`${url}/tokens`, () => Promise.resolve(tokens.shift() as string));
    later(() => client.disconnect());
    await next(client, 'connect');
    await next(client, 'connect');
    expect(tokens).toEqual([]);
    expect(await ask(client, 'whoami')).toEqual(['ann']);
  });

  it('renews the token of the stock client before it expires', async () => {
    const { TokensGateway } = await examples.load<'TokensGateway'>('tokens.gateway');
    const { connect } = (await import(`${examples.folder}/client.js`)) as {
      readonly connect: (url: string, freshToken: () => Promise<string>) => ClientSocket;
    };
    const { url } = await startApp({ imports: imports(), providers: [TokensGateway as Provider] });
    const tokens = [sign('ann', 2), sign('ann')];
    const client = connect(`${url}/tokens`, () => Promise.resolve(tokens.shift() as string));
    later(() => client.disconnect());
    await next(client, 'session_expiring');
    await expect.poll(() => tokens).toEqual([]);
    expect(await ask(client, 'whoami')).toEqual(['ann']);
  });

  it('ends all connections of a user on logout, with a reason', async () => {
    const { TokensGateway } = await examples.load<'TokensGateway'>('tokens.gateway');
    const { Logout } = await examples.load<'Logout'>('logout.service');
    const { app, connect } = await startApp({ imports: imports(), providers: [TokensGateway, Logout] as Provider[] });
    const clients = ['ann', 'ann', 'bob'].map((sub) => connect('/tokens', { auth: { token: sign(sub) } }));
    await Promise.all(clients.map(entered));
    const told = clients.slice(0, 2).map((client) => next(client, 'disconnect_reason'));
    expect(app.get<{ everywhere(userId: string): number }>(Logout as never).everywhere('ann')).toBe(2);
    const reason = { code: 'logged_out', message: 'You have logged out' };
    expect(await Promise.all(told)).toEqual([[reason], [reason]]);
    expect(await ask(clients[2] as ClientSocket, 'whoami')).toEqual(['bob']);
  });

  it('uses one guard for routes and gateways', async () => {
    const { AccountGateway, AccountController } = await examples.load<'AccountGateway' | 'AccountController'>(
      'account.gateway',
    );
    const { url, connect } = await startApp({
      imports: imports(),
      controllers: [AccountController],
      providers: [AccountGateway as Provider],
    });
    const token = sign('ann');
    expect((await fetch(`${url}/account`)).status).toBe(401);
    const response = await fetch(`${url}/account`, { headers: { authorization: `Bearer ${token}` } });
    expect(await response.json()).toEqual({ owner: 'ann' });
    expect(await refused(connect('/account'))).toMatchObject({ data: { code: 'unauthorized', status: 401 } });
    for (const options of [{ auth: { token } }, { extraHeaders: { authorization: `Bearer ${token}` } }]) {
      const client = connect('/account', options);
      await entered(client);
      expect(await ask(client, 'show')).toEqual([{ owner: 'ann' }]);
    }
  });

  it('recognizes, with passport, a user who has logged in over HTTP', async () => {
    const { PassportModule } = await examples.load<'PassportModule'>('passport.module');
    const { url, connect } = await startApp({ imports: [PassportModule] });
    expect((await refused(connect('/private'))).message).toBe('Forbidden resource');
    const extraHeaders = cookieOf(await fetch(`${url}/login`, { method: 'POST' }));
    const client = connect('/private', { extraHeaders });
    await entered(client);
    expect(await ask(client, 'whoami')).toEqual(['Ann']);
  });

  it('shares a session between HTTP and sockets, and ends both on logout', async () => {
    const { CartModule } = await examples.load<'CartModule'>('cart.module');
    const { url, connect } = await startApp({ imports: [CartModule] });
    const headers = cookieOf(await fetch(`${url}/cart`, { method: 'POST' }));
    const client = connect('/', { extraHeaders: headers });
    await entered(client);
    expect(await ask(client, 'put', 'tea')).toEqual([1]);
    expect(await ask(client, 'put', 'nothing')).toMatchObject([{ error: { code: 'internal' } }]);
    expect(await ask(client, 'put', 'milk')).toEqual([2]);
    expect(await (await fetch(`${url}/cart`, { headers })).json()).toEqual({ items: ['tea', 'milk'] });
    const gone = next(client, 'disconnect');
    await fetch(`${url}/cart/logout`, { method: 'POST', headers });
    expect((await gone)[0]).toBe('io server disconnect');
  });

  it('keeps data per namespace until the last disconnect handler has settled, and shows it by id', async () => {
    const seen: unknown[] = [];
    @Gateway('/chat')
    class Chat {
      handleConnection(client: Socket): void {
        client.data.name = 'Ann';
        client.join('den');
      }

      @OnDisconnect()
      async leave(client: Socket): Promise<void> {
        await Promise.resolve();
        seen.push(client.data.name);
      }
    }
    @Gateway('/other')
    class Other {
      handleConnection(client: Socket): void {
        seen.push(client.data);
      }
    }
    type Profiles = { of(id: string): unknown; all(room: string): Promise<unknown[]> };
    const { Profiles } = await examples.load<'Profiles'>('profiles.service');
    const { app, connect } = await startApp({ imports: imports(), providers: [Chat, Other, Profiles as Provider] });
    const profiles = app.get<Profiles>(Profiles as Type<Profiles>);
    const client = connect('/chat');
    await entered(client);
    const id = client.id as string;
    const other = client.io.socket('/other');
    await entered(other);
    expect(profiles.of(id)).toEqual({ name: 'Ann' });
    expect(await profiles.all('den')).toEqual([{ name: 'Ann' }]);
    expect(profiles.of('nobody')).toBeUndefined();
    client.disconnect();
    await expect.poll(() => profiles.of(id)).toBeUndefined();
    expect(seen).toEqual([{}, 'Ann']);
    expect(await profiles.all('den')).toEqual([]);
  });

  it('finds all sockets of a user', async () => {
    interface Users {
      tell(name: string, news: string): void;
      disconnect(name: string): void;
      isOnline(name: string): Promise<boolean>;
    }
    const { UsersGateway, Users } = await examples.load<'UsersGateway' | 'Users'>('users.gateway');
    const { app } = await startApp({ imports: imports(), providers: [UsersGateway as Provider, Users as Provider] });
    const users = app.get<Users>(Users as Type<Users>);
    const [desk, phone, bob] = await Promise.all(
      ['Ann', 'Ann', 'Bob'].map((name) => TestClient.connect(app, '/', { auth: { name } })),
    );
    users.tell('Ann', 'hello');
    expect([await desk?.next('news'), await phone?.next('news')]).toEqual([['hello'], ['hello']]);
    expect(await users.isOnline('Ann')).toBe(true);
    users.disconnect('Ann');
    await expect.poll(() => users.isOnline('Ann')).toBe(false);
    await bob?.settled();
    expect([desk?.connected, phone?.connected, bob?.connected, bob?.received()]).toEqual([false, false, true, []]);
  });
});
