/** Every example of the README compiles, and does what the README says. */
import type { Type } from '@nestjs/common';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Server, SocketIoModule } from 'nest-socketio';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Examples, runNode } from '../support/examples.js';
import { later, next, startApp } from '../support/nest-app.js';
import { freePort, type Program, start } from '../support/process.js';
import { startRedis } from '../support/redis.js';
import { describeWith } from '../support/requires.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const examples = new Examples('README.md');
const { text: readme, folder: FOLDER } = examples;

describe('the README', () => {
  const programs: Program[] = [];
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    examples.compile(port);
  });

  afterEach(async () => {
    for (const program of programs.splice(0)) await program.stop();
  });

  /** Starts an example that is a server, and waits until it accepts connections. */
  async function serve(file: string): Promise<void> {
    const program = start(process.execPath, [`${FOLDER}/${file}`], /(?!)/, { cwd: ROOT });
    programs.push(program);
    await expect.poll(() => accepts(port), { timeout: 20_000 }).toBe(true);
  }

  it('has an example for each of its subjects', () => {
    expect([...examples.files.keys()]).toEqual([
      'chat.gateway.ts',
      'app.module.ts',
      'main.ts',
      'client.js',
      'orders.gateway.ts',
      'members.gateway.ts',
      'prices.controller.ts',
      'recovering.module.ts',
      'cluster.module.ts',
      'server.ts',
      'wire.ts',
    ]);
  });

  it('shows the output of its client', async () => {
    await serve('main.js');
    const output = /```\n(alice is told.*?)```/s.exec(readme)?.[1];
    expect(runNode([`${FOLDER}/client.js`]).stdout).toBe(output);
  });

  it('serves without Nest, and speaks the wire', async () => {
    await serve('server.js');
    expect(runNode([`${FOLDER}/wire.js`]).stdout).toBe('430[42]\n');
  });

  it('acknowledges orders and errors', async () => {
    const { OrdersGateway } = (await import(`${FOLDER}/orders.gateway.js`)) as { OrdersGateway: Type };
    const { connect } = await startApp({ imports: [SocketIoModule.forRoot()], providers: [OrdersGateway] });
    const client = connect('/orders');
    expect(await client.emitWithAck('place', { amount: 2 })).toEqual({ id: 7, amount: 2 });
    expect(await client.emitWithAck('place', { amount: 0 })).toMatchObject({
      error: {
        code: 'bad_request',
        details: [{ path: 'amount', message: 'amount must not be less than 1', code: 'min' }],
      },
    });
    expect(await client.emitWithAck('find', 8)).toEqual({
      error: { code: 'not_found', status: 404, message: 'no order 8' },
    });
    const answer = new Promise((resolve) => client.emit('find', 7, (...args: unknown[]) => resolve(args)));
    expect(await answer).toEqual(['found', 7]);
  });

  it('lets in members and no other client', async () => {
    const { MembersGateway } = (await import(`${FOLDER}/members.gateway.js`)) as {
      MembersGateway: Type<{ log: string[] }>;
    };
    const { app, connect } = await startApp({ imports: [SocketIoModule.forRoot()], providers: [MembersGateway] });
    const [refusal] = (await next(connect('/members'), 'connect_error')) as [Error & { data: unknown }];
    expect([refusal.message, refusal.data]).toEqual(['unknown token', { retry: false }]);
    const member = connect('/members', { auth: { token: 'sesame' } });
    await next(member, 'connect');
    member.disconnect();
    await expect.poll(() => app.get(MembersGateway).log).toEqual(['Ali left: client namespace disconnect']);
  });

  it('lets a member resume its session', async () => {
    const { RecoveringModule } = (await import(`${FOLDER}/recovering.module.js`)) as { RecoveringModule: Type };
    const { app, connect } = await startApp({ imports: [RecoveringModule] });
    const member = connect('/members', { auth: { token: 'sesame' } });
    await next(member, 'connect');
    const { id } = member;
    const lost = next(member, 'disconnect');
    member.io.engine.close();
    await lost;
    const members = app.get(Server).of('/members');
    await expect.poll(() => members.sockets.size).toBe(0);
    members.to('cave').emit('missed');
    const missed = next(member, 'missed');
    await next(member.connect(), 'connect');
    await missed;
    expect([member.id, member.recovered]).toEqual([id, true]);
  });

  describeWith('redis-server', 'in a cluster', () => {
    it('reaches the clients of another application', async () => {
      const redis = await startRedis();
      later(() => redis.stop());
      vi.stubEnv('REDIS_URL', `redis://127.0.0.1:${redis.port}`);
      const { ClusterModule } = (await import(`${FOLDER}/cluster.module.js`)) as { ClusterModule: Type };
      const [one, other] = [await startApp({ imports: [ClusterModule] }), await startApp({ imports: [ClusterModule] })];
      const [alice, bob] = [one.connect('/chat'), other.connect('/chat')];
      await Promise.all([next(alice, 'connect'), next(bob, 'connect')]);
      await expect.poll(async () => (await one.app.get(Server).of('/chat').fetchSockets()).length).toBe(2);
      const said = next(bob, 'said');
      alice.emit('say', 'hello');
      expect(await said).toEqual(['hello']);
    });
  });

  it('sends from a controller', async () => {
    const { PricesController } = (await import(`${FOLDER}/prices.controller.js`)) as { PricesController: Type };
    const { app, url, connect } = await startApp({
      imports: [SocketIoModule.forRoot()],
      controllers: [PricesController],
    });
    const client = connect();
    await next(client, 'connect');
    app.get(Server).socketsJoin('ACME');
    const price = next(client, 'price');
    const response = await fetch(`${url}/prices`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ symbol: 'ACME', value: 3 }),
    });
    expect(await response.json()).toEqual({ listening: 1 });
    expect(await price).toEqual([{ symbol: 'ACME', value: 3 }]);
  });

  it('names only options that exist', () => {
    const section = readme.slice(readme.indexOf('## Options'), readme.indexOf('## Without Nest'));
    const cells = section.match(/^\| `.*?(?= \|)/gm) ?? [];
    const page = readFileSync(`${ROOT}docs/options.md`, 'utf8');
    const names = cells.join().match(/`\w+`/g) ?? [];
    expect(names.filter((name) => !page.includes(`| ${name} |`))).toEqual([]);
  });

  it('shows the two commands that do all the set-up', () => {
    expect(readme.slice(0, 2_500)).toContain('npm ci && npm start');
    expect(readme.slice(0, 2_500)).toContain('npm ci && npm test');
  });
});

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: 'localhost' });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
