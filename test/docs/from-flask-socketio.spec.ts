/**
 * `docs/from-flask-socketio.md` has a line for each feature of Flask-SocketIO, each test that a line names exists, and
 * the examples do the same as the Python code next to them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TestClient } from 'nest-socketio/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { Examples, runNode } from '../support/examples.js';
import { ask, serveInMemory } from '../support/memory-app.js';
import { startApp } from '../support/nest-app.js';
import { refused } from '../support/nest-rig.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(`${ROOT}/docs/from-flask-socketio.md`, 'utf8');

/** Ids such as `A1` to `A15`. */
const numbered = (prefix: string, last: number): string[] =>
  Array.from({ length: last }, (_, index) => `${prefix}${index + 1}`);

/** The features of Flask-SocketIO, python-socketio and python-engineio, by section of the page. */
const FEATURES: Readonly<Record<string, readonly string[]>> = {
  'The object': numbered('A', 15),
  Options: [
    'serializer',
    'json',
    'async_handlers',
    'always_connect',
    'namespaces',
    'async_mode',
    'ping_interval',
    'ping_timeout',
    'max_http_buffer_size',
    'transports',
    'allow_upgrades',
    'http_compression, compression_threshold',
    'cookie',
    'cors_allowed_origins, cors_credentials',
    'monitor_clients',
    'client_manager',
  ],
  Handlers: numbered('H', 17),
  Connecting: numbered('C', 13),
  Disconnecting: numbered('D', 7),
  Sending: numbered('E', 15),
  Rooms: numbered('R', 8),
  'Context and sessions': numbered('S', 8),
  Errors: numbered('X', 4),
  'Class namespaces': numbered('N', 3),
  'The Engine.IO server': numbered('G', 8),
  Origins: ['unset', "`'*'`", 'string, list', 'callable', '`[]`'],
  'Several processes': numbered('Q', 8),
  'The test client': numbered('T', 8),
  'The admin UI': ['arguments', 'login', 'to admin', 'from admin', 'server_stats', 'socket record'],
  Packets: numbered('K', 7),
  'Ten traps of a port': numbered('trap ', 10),
};

/** Features without a test, because they belong to Python or to Nest. */
const WITHOUT_TEST: ReadonlySet<string> = new Set(['A10', 'A12', 'A13', 'async_mode', 'G8']);

interface Line {
  readonly id: string;
  readonly here: string;
  readonly proof: string;
}

function linesOf(section: string): Line[] {
  const begin = page.indexOf(`\n### ${section}\n`);
  const body = page.slice(begin + 5).split(/\n##/, 1)[0] as string;
  return [...body.matchAll(/^\| (.+?) \| .+? \| (.+?) \| (.+?) \|$/gm)]
    .map(([, id = '', here = '', proof = '']) => ({ id, here, proof }))
    .filter(({ id }) => id !== 'Id' && !id.startsWith('---'));
}

const lines = Object.keys(FEATURES).flatMap(linesOf);

/** Describes the problem with the test that a line names, if there is one. */
function faultOf({ id, proof }: Line): string | null {
  if (WITHOUT_TEST.has(id)) return proof === '—' ? null : `${id} has a test now`;
  const [, file, title = ''] = /^`([\w./-]+)` (.+)$/.exec(proof) ?? [];
  const path = `${ROOT}/test/${file}.spec.ts`;
  if (file === undefined || !existsSync(path)) return `${id}: no file for ${proof}`;
  return titlesOf(path).has(title) ? null : `${id}: no test "${title}" in ${path}`;
}

/** The titles of tests: the first argument in `it('...', ` and, for `it.each`, in `])('...', `. */
function titlesOf(path: string): Set<string> {
  const source = readFileSync(path, 'utf8');
  const titles = [...source.matchAll(/(?:\bit|\))\(\s*(?:'((?:\\.|[^'\\\n])+)'|"((?:\\.|[^"\\\n])+)"|`([^`\n]+)`),/g)];
  return new Set(titles.map(([, single, double, template]) => single ?? double ?? (template as string)));
}

describe('from-flask-socketio.md', () => {
  it.each(Object.entries(FEATURES))('has a line for each feature of "%s", and no other', (section, ids) => {
    expect(linesOf(section).map(({ id }) => id)).toEqual(ids);
  });

  it('has no PENDING entries', () => {
    expect(lines.filter(({ here, proof }) => /PENDING/.test(here + proof)).map(({ id }) => id)).toEqual([]);
  });

  it('names tests that exist', () => {
    const faults = lines.filter(({ proof }) => !proof.includes('PENDING')).map(faultOf);
    expect(faults.filter((fault) => fault !== null)).toEqual([]);
  });

  it('gives a reason for each feature without a test', () => {
    for (const { id, here } of lines) if (WITHOUT_TEST.has(id)) expect(here.length, id).toBeGreaterThan(20);
  });

  it('finds the titles of tests, and no other text', () => {
    const own = titlesOf(fileURLToPath(import.meta.url));
    expect(own.has('names tests that exist')).toBe(true);
    expect(own.has('has a line for each feature of "%s", and no other')).toBe(true);
    expect(own.has('from-flask-socketio.md')).toBe(false);
  });
});

interface Chat {
  readonly log: string[];
}

interface Service {
  announce(text: string, botId: string): void;
  nameOf(id: string): Promise<unknown>;
  tidy(id: string): Promise<Set<string> | undefined>;
  throwOut(id: string): void;
}

describe('the examples of from-flask-socketio.md', () => {
  const examples = new Examples('docs/from-flask-socketio.md');
  beforeAll(() => examples.compile(), 60_000);

  /** Starts the gateways and the service of the page. `enter` connects a client that is accepted. */
  async function chat() {
    const { ChatGateway } = await examples.load<'ChatGateway'>('chat.gateway');
    const { AnyGateway } = await examples.load<'AnyGateway'>('any.gateway');
    const { ChatService } = await examples.load<'ChatService'>('chat.service');
    const { app, connect } = await serveInMemory([ChatGateway, AnyGateway, ChatService]);
    const enter = (): Promise<TestClient> => connect('/chat', { token: 'sesame' });
    return { gateway: app.get<Chat>(ChatGateway), service: app.get<Service>(ChatService), connect, enter };
  }

  it('refuse a client with message and data', async () => {
    const { connect } = await chat();
    await expect(connect('/chat')).rejects.toMatchObject({ message: 'unknown token', data: { retry: false } });
  });

  it('acknowledge, exclude the sender, and reach only the sender', async () => {
    const { enter } = await chat();
    const [ann, bob] = [await enter(), await enter()];
    expect(await ask(ann, 'say', 'hello')).toEqual([{ heard: 5 }]);
    expect(await bob.next('said')).toEqual(['hello']);
    expect(await ask(ann, 'both', 1, [2])).toEqual([[2], 1]);
    ann.emit('ping_me');
    expect(await ann.next('pong')).toEqual([ann.id]);
    ann.send({ a: 1 });
    for (const client of [ann, bob]) expect(await client.next('message')).toEqual([{ a: 1 }]);
    await ann.settled();
    for (const client of [ann, bob]) expect(client.received()).toEqual([]);
  });

  it('acknowledge from a filter and from the catch-all', async () => {
    const { enter } = await chat();
    const ann = await enter();
    expect(await ask(ann, 'repeat', 'a', -1)).toEqual([{ sorry: 'Invalid count value: -1' }]);
    expect(await ask(ann, 'wave', 1, 2)).toEqual([['wave', 2]]);
    await ann.disconnect();
  });

  it('handle events that a namespace has no handler for', async () => {
    const { connect, enter } = await chat();
    expect(await ask(await connect('/'), 'who')).toEqual(['/']);
    expect(await ask(await enter(), 'who')).toEqual([['who', 0]]); // its own catch-all takes precedence
  });

  it('report a disconnect while the client still has its rooms', async () => {
    const { gateway, enter } = await chat();
    const ann = await enter();
    await ann.disconnect();
    expect(gateway.log).toEqual(['true client namespace disconnect']);
  });

  it('send, ask, move and disconnect clients from anywhere', async () => {
    const { service, enter } = await chat();
    const [ann, bob] = [await enter(), await enter()];
    service.announce('new', bob.id);
    expect([await ann.next('news'), await ann.next('news'), await bob.next('news')]).toEqual([
      ['new'],
      ['new'],
      ['new'],
    ]);
    ann.answer('name?', () => 'Ann');
    expect(await service.nameOf(ann.id)).toBe('Ann');
    expect(await service.tidy(ann.id)).toEqual(new Set([ann.id, 'den']));
    expect(await service.tidy('nobody')).toBeUndefined();
    service.throwOut(bob.id);
    expect(await bob.disconnected()).toBe('io server disconnect');
    await ann.settled();
    for (const client of [ann, bob]) expect(client.received()).toEqual([]);
  });

  it('let in users who have logged in by HTTP, and no others', async () => {
    const { LoginModule } = await examples.load<'LoginModule'>('login.module');
    const { url, connect } = await startApp({ imports: [LoginModule] });
    expect((await refused(connect('/account'))).message).toBe('Forbidden resource');
    expect((await fetch(`${url}/me`)).status).toBe(403);
    const { headers } = await fetch(`${url}/login`, { method: 'POST' });
    const cookie = headers.get('set-cookie')?.split(';', 1)[0] as string;
    expect(await (await fetch(`${url}/me`, { headers: { cookie } })).json()).toEqual({ name: 'ann' });
    const ann = connect('/account', { extraHeaders: { cookie } });
    expect(await ask(ann, 'whoami')).toEqual(['ann']);
  });

  it('test themselves', { timeout: 60_000 }, () => {
    const { status, stdout } = runNode(['--test', '--test-reporter=tap', `${examples.folder}/chat.test.js`]);
    expect(stdout).toContain('# pass 1\n# fail 0');
    expect(status).toBe(0);
  });
});
