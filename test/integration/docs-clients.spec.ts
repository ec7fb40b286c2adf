/** The clients of docs/clients.md connect to its gateway: TypeScript, a page in a browser, and Python. */
import { Controller, Get, Header } from '@nestjs/common';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { SocketIoModule } from 'nest-socketio';
import type { Socket as ClientSocket } from 'socket.io-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { launch } from '../support/browser.js';
import { Examples } from '../support/examples.js';
import { later, next, type RunningApp, startApp } from '../support/nest-app.js';
import { entered } from '../support/nest-rig.js';
import { PYTHON } from '../support/programs.mjs';
import { describeWith } from '../support/requires.js';

const examples = new Examples('docs/clients.md');
const block = (start: string): string => {
  const [, code = ''] = examples.text.split(`\n${start}\n`);
  return code.slice(0, code.indexOf('```'));
};

@Controller()
class PageController {
  @Get()
  @Header('content-type', 'text/html')
  page(): string {
    return block('<!-- chat.html -->');
  }
}

async function serve(): Promise<RunningApp> {
  const { ChatGateway } = await examples.load<'ChatGateway'>('chat.gateway');
  return startApp({ imports: [SocketIoModule.forRoot()], providers: [ChatGateway], controllers: [PageController] });
}

/** Connects another client, which has heard of nothing yet. */
async function listener({ connect }: RunningApp): Promise<ClientSocket> {
  const client = connect('/chat', { auth: { token: 'sesame' } });
  await entered(client);
  return client;
}

beforeAll(() => examples.compile());

describe('clients.md', () => {
  it('shows a typed client', async () => {
    const { createSocket } = (await import(`${examples.folder}/socket.js`)) as {
      readonly createSocket: (url: string, token: () => Promise<string>) => ClientSocket;
    };
    const app = await serve();
    const other = await listener(app);
    const joined = next(other, 'said');
    const tokens = ['forged', 'sesame'];
    const socket = createSocket(app.url, () => Promise.resolve(tokens.shift() as string));
    later(() => socket.disconnect());
    socket.connect();
    expect(await next(socket, 'connect_error')).toMatchObject([{ message: 'unknown token' }]);
    expect(socket.active).toBe(false);
    await entered(socket.connect());
    expect(await joined).toEqual(['server', 'a client has joined']);
    expect(await socket.emitWithAck('say', 'hello')).toEqual({ heard: 5 });
  });
});

describeWith('chromium', 'the page of clients.md', () => {
  it('talks to the gateway', async () => {
    const app = await serve();
    const browser = await launch();
    later(() => browser.close());
    const other = await listener(app);
    const joined = next(other, 'said');
    const page = await browser.newPage();
    await page.goto(app.url);
    await joined;
    await page.fill('input', 'hello');
    const said = next(other, 'said');
    await page.click('button');
    expect((await said)[1]).toBe('hello');
    other.emit('say', '<b>hi</b>');
    await page.waitForFunction('document.querySelectorAll("li").length === 2');
    expect(await page.locator('li').allTextContents()).toEqual(['heard 5', `${other.id}: <b>hi</b>`]);
  });
});

describeWith('python3-socketio', 'the Python client of clients.md', () => {
  it('talks to the gateway', async () => {
    const app = await serve();
    const other = await listener(app);
    const heard: unknown[] = [];
    other.on('said', (_by, text) => heard.push(text));
    const script = `${examples.folder}/chat.py`;
    writeFileSync(script, block('# chat.py'));
    const { stdout } = await promisify(execFile)(PYTHON, ['-I', script, app.url], {
      timeout: 20_000,
    });
    expect(stdout).toBe("{'heard': 5}\n");
    expect(heard).toEqual(['a client has joined', 'hello']);
  });
});
