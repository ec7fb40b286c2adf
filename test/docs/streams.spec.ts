/** The examples of docs/streams.md work as the page says, and its messages are those on the wire. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { Server, type Socket, SocketIoModule } from 'nest-socketio';
import { beforeAll, describe, expect, it } from 'vitest';
import { Examples } from '../support/examples.js';
import { type RunningApp, startApp } from '../support/nest-app.js';
import { PYTHON } from '../support/programs.mjs';
import { describeWith } from '../support/requires.js';
import { WireClient } from '../support/server-wire.js';

const examples = new Examples('docs/streams.md');
const run = promisify(execFile);

const PRINTED = ['You', 'asked:', 'what', 'is', 'new?'];

async function serve(): Promise<RunningApp> {
  const { OracleGateway } = await examples.load<'OracleGateway'>('oracle.gateway');
  return startApp({ imports: [SocketIoModule.forRoot()], providers: [OracleGateway] });
}

beforeAll(() => examples.compile());

describe('docs/streams.md', () => {
  it('shows the gateway and its client', async () => {
    const { url } = await serve();
    const script = `${examples.folder}/ask.js`;
    writeFileSync(script, readFileSync(script, 'utf8').replace('http://localhost:3000', url));
    const { stdout } = await run(process.execPath, [script], { timeout: 20_000 });
    const printed = stdout.trim().split('\n');
    expect(printed.toSorted()).toEqual(
      [...PRINTED.map((word, at) => `${at + 1} ${word}`), '5 values', 'string'].toSorted(),
    );
  });

  it('shows the client of the package', async () => {
    const { url } = await serve();
    const script = `${examples.folder}/read.js`;
    writeFileSync(script, readFileSync(script, 'utf8').replace('http://localhost:3000', url));
    const { stdout } = await run(process.execPath, [script], { timeout: 20_000 });
    expect(stdout.trim().split('\n')).toEqual(PRINTED);
  });

  it('shows the messages', async () => {
    const { url } = await serve();
    const client = await WireClient.open(Number(new URL(url).port));
    await client.join('/oracle');
    client.send('42/oracle,7["ask","why?"]');
    const answer = await client.next();
    const id = /"stream":"([\w-]{20})"/.exec(String(answer))?.[1];
    const texts = [String(answer)];
    while (!texts.at(-1)?.includes('stream_end')) texts.push(String(await client.next()));
    const shown = texts.map((text) => text.replaceAll(String(id), 'EFzH9kkWtBGITkr_hIUW'));
    expect(shown).toHaveLength(5);
    for (const text of [shown[0], shown[1], shown[4]]) expect(examples.text).toContain(`\`${text}\``);
    client.send(`42/oracle,8["stream_resume","${id}",2]`);
    expect([await client.next(), await client.next(), await client.next()]).toEqual([
      '43/oracle,8[{}]',
      texts[3],
      texts[4],
    ]);
  });
});

describeWith('python3-socketio', 'the Python client of docs/streams.md', () => {
  it('gets the values, although its connection is lost before the last ones', async () => {
    const { app, url } = await serve();
    const oracle = app.get(Server).of('/oracle');
    let connections = 0;
    oracle.on('connection', (client: Socket) => {
      if (++connections > 1) return;
      client.onAnyOutgoing((event, _, n) => event === 'stream' && n === 3 && client.request.socket.destroy());
    });
    const [, code = ''] = examples.text.split('```py\n');
    const script = `${examples.folder}/oracle.py`;
    writeFileSync(script, code.slice(0, code.indexOf('```')));
    const { stdout } = await run(PYTHON, ['-I', script, url], { timeout: 20_000 });
    expect(stdout.trim().split('\n')).toEqual([...PRINTED, '5 values']);
    expect(connections).toBe(2);
  });
});
