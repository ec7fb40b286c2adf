/** Every example of the README compiles, and does what the README says. */
import type { Type } from '@nestjs/common';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Server, SocketIoModule } from 'nest-socketio';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Examples, runNode } from '../support/examples.js';
import { next, startApp } from '../support/nest-app.js';
import { freePort, type Program, start } from '../support/process.js';

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
      'server.ts',
      'wire.ts',
    ]);
  });

  it('shows the output of its client', async () => {
    await serve('main.js');
    const output = /```\n(alice gets.*?)```/s.exec(readme)?.[1];
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

  it('quotes figures of the benchmark', () => {
    const results = readFileSync(`${ROOT}docs/performance/results.md`, 'utf8');
    const figuresOf = (row: string): number[] => {
      const [, ours, theirs] = new RegExp(`^\\| ${row}[^|]*\\| ([\\d.,]+)[^|]*\\| ([\\d.,]+)`, 'm').exec(results) ?? [];
      return [ours, theirs].map((figure) => Number(figure?.replace(',', '')));
    };
    const quoted = [...readme.matchAll(/^- .* ([\d.]+) (?:µs|KB).* instead of ([\d.]+) (?:µs|KB)/gm)];
    expect(quoted.map(([, ours, theirs]) => [Number(ours), Number(theirs)])).toEqual([
      figuresOf('echo1'),
      figuresOf('chat'),
      kilobytes(results.slice(results.indexOf('memory: idle'))),
    ]);
  });

  it('shows the two commands that do all the set-up', () => {
    const firstScreen = readme.slice(0, readme.indexOf('## Use it'));
    expect(firstScreen).toContain('npm ci && npm start');
    expect(firstScreen).toContain('npm ci && npm test');
  });
});

/** Returns the heap of an idle connection in KB, with one decimal: that of a Nest gateway here and on the other platform. */
function kilobytes(table: string): number[] {
  return ['nest-socketio', '@nestjs/platform-socket\\.io'].map((contender) => {
    const [, bytes = ''] = new RegExp(`^\\| ${contender} \\| ([\\d,]+)`, 'm').exec(table) ?? [];
    return Math.round(Number(bytes.replace(',', '')) / 100) / 10;
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: 'localhost' });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
