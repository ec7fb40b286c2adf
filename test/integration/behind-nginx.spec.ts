/** Applications behind a real nginx and a real HAProxy, with the configurations of docs/deployment.md. */
import type { INestApplication, Type } from '@nestjs/common';
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import { once } from 'node:events';
import { Event, Gateway, Server, type Socket, SocketIoModule, type SocketIoModuleOptions } from 'nest-socketio';
import type { Socket as ClientSocket } from 'socket.io-client';
import { beforeAll, expect, it } from 'vitest';
import { ENGINE_DEFAULTS } from '../../lib/engine/engine-options.js';
import { onCleanUp } from '../support/engine-clean-up.js';
import { SOON } from '../support/events.js';
import { Examples } from '../support/examples.js';
import { next, startApp } from '../support/nest-app.js';
import { ask, entered } from '../support/nest-rig.js';
import { configOf, type Edit, startHaproxy, startNginx, type StartProxy } from '../support/proxies.js';
import { freePort, start } from '../support/process.js';
import { describeWith } from '../support/requires.js';
import { connectStock, type StockOptions } from '../support/stock-client.js';

const examples = new Examples('docs/deployment.md');

@Gateway()
class Echo {
  @Event()
  echo(@MessageBody() data: unknown): unknown {
    return data;
  }

  @Event()
  address(@ConnectedSocket() client: Socket): string {
    return client.ip;
  }
}

/** An application that is reached through a proxy. */
const echo = (options: SocketIoModuleOptions = {}) => ({
  imports: [SocketIoModule.forRoot(options)],
  providers: [Echo],
});

const portOf = (app: INestApplication): number => Number(new URL(`http://${addressOf(app)}`).port);
const addressOf = (app: INestApplication): string => {
  const { address, port } = (app.getHttpServer() as { address(): { address: string; port: number } }).address();
  return `${address}:${port}`;
};
const connections = (app: INestApplication): number => app.get(Server).engine.clientsCount;

/** Has a proxy give up on silent connections after two seconds. */
const impatient: Edit = (config) => config.replaceAll('75s', '2s');

/** Why the handshake of a client failed. */
function refusal(client: ClientSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    client.once('connect', () => reject(new Error('the client was accepted')));
    client.once('connect_error', (error) => {
      resolve((error as unknown as { description: Error }).description.message);
    });
  });
}

/**
 * @param denying changes a configuration so that new clients are refused
 */
function suite(startProxy: StartProxy, denying: Edit): void {
  async function behind(options: readonly [SocketIoModuleOptions, SocketIoModuleOptions] = [{}, {}], edit?: Edit) {
    const one = await startApp(echo(options[0]));
    const two = await startApp(echo(options[1]));
    const proxy = await startProxy([portOf(one.app), portOf(two.app)], edit);
    const connect = (given: StockOptions = {}): ClientSocket => connectStock(proxy.url, given);
    return { one, two, proxy, connect };
  }

  it('passes on events, and the address of the client instead of one that it made up', async () => {
    const { AppModule } = (await import(`${examples.folder}/app.module.js`)) as { AppModule: Type };
    const { app } = await startApp({ imports: [AppModule] });
    const { url } = await startProxy([portOf(app), portOf(app)]);
    const extraHeaders = { host: 'chat.example.com', 'x-forwarded-for': '192.0.2.1', 'x-forwarded-host': 'evil' };
    const client = connectStock(url, { localAddress: '127.0.0.2', extraHeaders } as StockOptions); // an option of ws
    expect(await ask(client, 'address')).toEqual(['127.0.0.2']);
    expect(await refusal(connectStock(url))).toBe('Unexpected server response: 403'); // not in allowedHosts
  });

  it('passes on the host with its port, so that pages of this origin may connect and others may not', async () => {
    const { connect, proxy } = await behind();
    const host = 'chat.example.com:8080';
    await entered(connect({ extraHeaders: { host, origin: `http://${host}` } }));
    await entered(connect({ extraHeaders: { origin: proxy.url } }));
    const foreign = connect({ extraHeaders: { host, origin: 'http://chat.example.com' } });
    expect(await refusal(foreign)).toBe('Unexpected server response: 403');
  });

  it('passes on binary data and large messages, both ways', async () => {
    const { connect } = await behind();
    const data = Buffer.alloc(500_000, 7);
    const [answer] = (await ask(connect(), 'echo', { data })) as [{ data: Buffer }];
    expect(data.equals(answer.data)).toBe(true);
  });

  it('spreads clients over two servers, and sends those of a server that closes to the other one', async () => {
    const { one, two, connect } = await behind();
    const clients = [];
    for (let i = 0; i < 4; i++) {
      clients.push(connect({ reconnection: true, reconnectionDelay: 5 }));
      await entered(clients[i] as ClientSocket);
    }
    expect([connections(one.app), connections(two.app)]).toEqual([2, 2]);
    await one.app.close();
    await expect.poll(() => connections(two.app), SOON).toBe(4);
    for (const client of clients) expect(await ask(client, 'echo', 1)).toEqual([1]);
  });

  it('takes the next server if one answers 503', async () => {
    const { one, two, connect } = await behind([{ limits: { connections: 1 } }, {}]);
    await entered(one.connect());
    for (let i = 0; i < 3; i++) await entered(connect());
    expect([connections(one.app), connections(two.app)]).toEqual([1, 3]);
  });

  it('keeps a connection open as long as the server pings it in time, and no longer', async () => {
    const often = { pingInterval: 250 };
    const [pinged, silent] = [await behind([often, often], impatient), await behind([{}, {}], impatient)].map(
      ({ connect }) => connect(),
    ) as [ClientSocket, ClientSocket];
    await Promise.all([entered(pinged), entered(silent)]);
    const closed = next(silent, 'disconnect');
    for (let pings = 0; pings < 10; pings++) await next(pinged.io.engine as never, 'ping');
    expect(pinged.connected).toBe(true);
    expect((await closed)[0]).toBe('transport close');
  });

  it('keeps open connections across a reload', async () => {
    const { proxy, connect } = await behind();
    const client = connect();
    await entered(client);
    const reconnecting = (): Promise<string> => {
      proxy.reload(denying);
      return refusal(connect()).catch(() => 'accepted');
    };
    await expect.poll(reconnecting, { ...SOON, interval: 200 }).toBe('Unexpected server response: 429');
    expect(await ask(client, 'echo', 1)).toEqual([1]);
  });
}

let port: number;

beforeAll(async () => {
  port = await freePort();
  examples.compile(port);
});

describeWith('nginx', 'behind nginx', () => {
  suite(startNginx, (config) => config.replace('proxy_pass http://chat;', 'return 429;'));

  it('answers 400 if the headers of the upgrade are missing, and 403 to a page if the port is', async () => {
    const { app } = await startApp(echo());
    const ports = [portOf(app), portOf(app)] as const;
    const without = await startNginx(ports, (config) =>
      config.replaceAll(/proxy_set_header (Upgrade|Connection).*/g, ''),
    );
    expect(await refusal(connectStock(without.url))).toBe('Unexpected server response: 400');
    const portless = await startNginx(ports, (config) => config.replaceAll('$http_host', '$host'));
    const page = connectStock(portless.url, { extraHeaders: { origin: portless.url } });
    expect(await refusal(page)).toBe('Unexpected server response: 403');
  });
});

describeWith('haproxy', 'behind HAProxy', () => {
  suite(startHaproxy, (config) => config.replace('default_backend chat', 'http-request deny deny_status 429'));
});

it('shows timeouts that are longer than the interval of pings', () => {
  const configs = ['/etc/nginx/conf.d/chat.conf', '/etc/haproxy/haproxy.cfg'].map(configOf).join('\n');
  const seconds = [...configs.matchAll(/(?:proxy_(?:read|send)_timeout|timeout (?:client|server|tunnel)) +(\d+)s/g)];
  expect(seconds).toHaveLength(5);
  for (const [line, value] of seconds)
    expect(Number(value) * 1_000, line).toBeGreaterThan(ENGINE_DEFAULTS.pingInterval);
});

it('shows a main.ts that shuts down cleanly on SIGTERM', async () => {
  const program = start(process.execPath, [`${examples.folder}/main.js`], /successfully started/, { cwd: '/' });
  onCleanUp(() => program.stop());
  await program.printed;
  const extraHeaders = { host: 'chat.example.com' };
  // It may try before the port is open.
  const client = connectStock(`http://localhost:${port}`, { extraHeaders, reconnection: true, reconnectionDelay: 20 });
  await next(client, 'connect');
  const [closed, ended] = [next(client, 'disconnect'), once(program.child, 'exit')];
  program.child.kill('SIGTERM');
  expect((await closed)[0]).toBe('transport close');
  expect(await ended).toEqual([null, 'SIGTERM']);
});
