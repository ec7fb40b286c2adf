/** docs/getting-started.md: the application works after each step, and shows what the page says. */
import { writeFileSync } from 'node:fs';
import { SocketIoModule } from 'nest-socketio';
import type { Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gateway } from '../../lib/schematics/gateway.js';
import { nestAdd } from '../../lib/schematics/nest-add.js';
import { MemoryTree } from '../schematics/memory-tree.js';
import { SOON } from '../support/events.js';
import { Examples } from '../support/examples.js';
import { later, startApp } from '../support/nest-app.js';

const [generated, broadcasting, validating, guarded, complete] = Examples.stagesOf('docs/getting-started.md') as [
  Examples,
  Examples,
  Examples,
  Examples,
  Examples,
];
complete.compile();

/** The line in which the programs connect, without and with a token: the last diff of the page. */
const [, withoutToken = '', withToken = ''] = /^-(const socket.*)\n\+(.*)$/m.exec(complete.text) ?? [];

const silent = (): void => {};

/** Starts the application as it is at a stage. */
async function start(stage: Examples): Promise<{ url: string; log: string[]; port: number }> {
  stage.compile();
  const { ChatModule } = await stage.load<'ChatModule'>('src/chat/chat.module');
  const log: string[] = [];
  const logger = { debug: silent, log: (line: string) => log.push(line), warn: silent, error: silent };
  const { url } = await startApp({ imports: [SocketIoModule.forRoot({ logger }), ChatModule] });
  return { url, log, port: Number(new URL(url).port) };
}

/** Runs a program of the page in this process. */
async function run(stage: Examples, port: number, program: string, { token = false, text = 'hello' } = {}) {
  const file = `${stage.folder}/${program}-${port}-${token}.js`;
  const shown = stage.files.get(`${program}.js`) as string;
  const code = token ? shown.replace(withoutToken, withToken) : shown;
  writeFileSync(file, code.replace('3000', String(port)).replace('const socket', 'export $&'));
  process.argv[2] = text;
  const { socket } = (await import(file)) as { socket: Socket };
  later(() => socket.disconnect());
}

/** The lines that the programs print. */
let printed: unknown[];
const { argv } = process;

beforeEach(() => {
  printed = [];
  process.argv = [...argv];
  vi.spyOn(console, 'log').mockImplementation((...line: unknown[]) => void printed.push(line.join(' ')));
});

afterEach(() => {
  vi.restoreAllMocks();
  process.argv = argv;
});

/** Waits until the programs have printed the lines that the page shows. */
async function expectPrinted(...lines: string[]): Promise<void> {
  await expect.poll(() => printed, SOON).toEqual(lines);
  expect(complete.text).toContain(`\`\`\`\n${lines.join('\n')}\n\`\`\``);
}

describe('getting-started.md', () => {
  it('shows what nest add reports', async () => {
    const module = '@Module({ imports: [] })\nexport class AppModule {}\n';
    const manifest = JSON.stringify({ dependencies: { '@nestjs/core': '^12.0.1' } });
    const tree = new MemoryTree({ '/package.json': manifest, '/src/app.module.ts': module });
    await nestAdd()(tree, tree);
    const lines = tree.log.filter((line) => line.startsWith('Added'));
    expect(complete.text).toContain(`\`\`\`\n${lines.join('\n')}\n\`\`\``);
    expect(lines).toHaveLength(2);
  });

  it('shows the files that nest generate writes, and the line of the gateway in the log', async () => {
    const tree = new MemoryTree({
      '/package.json': '{ "type": "module" }',
      // as nest generate module writes it
      '/src/chat/chat.module.ts':
        "import { Module } from '@nestjs/common';\n\n@Module({})\nexport class ChatModule {}\n",
    });
    await gateway({ name: 'chat', flat: false, namespace: '/' })(tree, tree);
    for (const file of ['src/chat/chat.module.ts', 'src/chat/chat.gateway.ts']) {
      expect(generated.files.get(file)).toBe(tree.files.get(`/${file}`));
    }
    const { log } = await start(generated);
    expect(complete.text).toContain(`LOG [SocketIo] ${log[0]}\n`);
  });

  it('answers a client', async () => {
    const { port } = await start(generated);
    await run(generated, port, 'client');
    await expectPrinted('welcome', 'acknowledged: {"heard":5}');
  });

  it('sends to the other clients', async () => {
    const { port } = await start(broadcasting);
    await run(broadcasting, port, 'listener');
    await expect.poll(() => printed, SOON).toEqual(['listening']);
    await run(broadcasting, port, 'client');
    await expect.poll(() => printed, SOON).toContain('acknowledged: {"heard":5}');
    printed = printed.filter((line) => !/^(?:welcome|acknowledged)/.test(String(line)));
    await expectPrinted('listening', 'said: hello');
  });

  it('refuses an empty text', async () => {
    const { port } = await start(validating);
    await run(validating, port, 'client', { text: '' });
    await expect.poll(() => printed, SOON).toHaveLength(2);
    await expectPrinted(...(printed as string[]));
    expect(printed[1]).toContain('"code":"bad_request"');
  });

  it('refuses a client without a token', async () => {
    const { port } = await start(guarded);
    await run(guarded, port, 'client');
    await expectPrinted('cannot connect: Forbidden resource');
    printed = [];
    await run(guarded, port, 'client', { token: true });
    await expectPrinted('welcome', 'acknowledged: {"heard":5}');
  });

  it('sends from a controller', async () => {
    const { port, url } = await start(complete);
    await run(complete, port, 'listener', { token: true });
    await expect.poll(() => printed, SOON).toEqual(['listening']);
    printed = [];
    const [, type = '', body = ''] = /curl -H 'Content-Type: (.*?)' -d '(.*?)'/.exec(complete.text) ?? [];
    await fetch(`${url}/announcements`, { method: 'POST', headers: { 'content-type': type }, body });
    await expectPrinted('said: tea is ready');
  });
});

// The test of the page uses global functions, as the tests of `nest new` do.
Object.entries({ describe, it, expect, beforeEach, afterEach }).forEach(([name, value]) => vi.stubGlobal(name, value));
afterAll(() => vi.unstubAllGlobals());
await import(`${complete.folder}/src/chat/chat.gateway.spec.js`);
