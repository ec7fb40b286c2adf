/// <reference lib="dom" />
/** The sessions sample as a newcomer meets it: compiled, started, used over HTTP and sockets, and in two tabs. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSecret } from '../../sample/02-sessions/secret.js';
import { requireBuild } from '../support/build.js';
import { TSC } from '../support/compiler.js';
import { launch, mark } from '../support/browser.js';
import { runNode } from '../support/examples.js';
import { later, next } from '../support/nest-app.js';
import { ask, entered, refused } from '../support/nest-rig.js';
import { type Program, start } from '../support/process.js';
import { describeWith } from '../support/requires.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = 'build/sample-02-sessions/main.js';
const folder = mkdtempSync(join(tmpdir(), 'sessions-'));
const SECRET_FILE = join(folder, 'secret');

let program: Program;
let url: string;

beforeAll(async () => {
  requireBuild();
  const { status, stdout } = runNode([TSC, '-p', 'sample/02-sessions']);
  if (status !== 0) throw new Error(stdout);
  program = start(process.execPath, [MAIN], /open at (http:\S+)/, {
    cwd: ROOT,
    env: { PORT: '0', SESSION_SECRET_FILE: SECRET_FILE },
  });
  url = (await program.printed)[1] as string;
}, 120_000);

afterAll(async () => {
  await program.stop();
  rmSync(folder, { recursive: true });
});

/** A visitor who keeps a cookie. */
class Person {
  #cookie = '';

  async ask(path: string, body?: object): Promise<{ status: number; answer: unknown; cookie: string | null }> {
    const response = await fetch(`${url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { cookie: this.#cookie, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const cookie = response.headers.get('set-cookie');
    if (cookie !== null) this.#cookie = cookie.split(';', 1)[0] as string;
    const text = await response.text();
    return { status: response.status, answer: text === '' ? null : JSON.parse(text), cookie };
  }

  connect(): Socket {
    const client = io(url, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      extraHeaders: { cookie: this.#cookie },
    });
    later(() => client.disconnect());
    return client;
  }

  async enter(): Promise<Socket> {
    const client = this.connect();
    await entered(client);
    return client;
  }
}

describe('the sample of sessions', () => {
  it('has one session for HTTP and sockets', async () => {
    const ann = new Person();
    expect(await refused(ann.connect())).toEqual({ message: 'log in first', data: undefined });
    const { answer, cookie } = await ann.ask('/login', { name: ' Ann ' });
    expect(answer).toEqual({ user: 'Ann', clicks: 0 });
    expect(cookie).toMatch(/HttpOnly; SameSite=Lax$/);
    const [client, tab] = [await ann.enter(), await ann.enter()];
    const told = next(tab, 'clicks');
    expect(await ask(client, 'click')).toEqual([1]);
    expect(await told).toEqual([1]);
    expect(await ask(tab, 'click')).toEqual([2]);
    expect((await ann.ask('/me')).answer).toEqual({ user: 'Ann', clicks: 2 });
    expect((await ann.ask('/reset', {})).answer).toEqual({ user: 'Ann', clicks: 0 });
    expect(await ask(client, 'click')).toEqual([1]);
  });

  it('disconnects the sockets of a session that logs out, and no others', async () => {
    const [ann, twin] = [new Person(), new Person()];
    await ann.ask('/login', { name: 'Ann' });
    await twin.ask('/login', { name: 'Ann' });
    const [client, tab, other] = [await ann.enter(), await ann.enter(), await twin.enter()];
    const gone = [next(client, 'disconnect'), next(tab, 'disconnect')];
    expect((await ann.ask('/logout', {})).status).toBe(204);
    for (const [reason] of await Promise.all(gone)) expect(reason).toBe('io server disconnect');
    expect(await ask(other, 'click')).toEqual([1]);
    expect((await ann.ask('/me')).answer).toEqual({ user: null, clicks: 0 });
    expect((await refused(ann.connect())).message).toBe('log in first');
  });

  it('refuses an invalid name, and a cookie signed with another secret', async () => {
    const eve = new Person();
    expect((await eve.ask('/login', { name: '' })).status).toBe(400);
    expect((await eve.ask('/login', {})).status).toBe(400);
    const forged = io(url, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      extraHeaders: { cookie: 'connect.sid=s%3Aabc.forged' },
    });
    later(() => forged.disconnect());
    expect((await refused(forged)).message).toBe('log in first');
  });
});

describe('its secret', () => {
  it('is created at the first start, readable by its owner only, and kept', () => {
    expect(statSync(SECRET_FILE).mode & 0o777).toBe(0o600);
    const secret = readSecret(SECRET_FILE);
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(readFileSync(SECRET_FILE, 'utf8')).toBe(`${secret}\n`);
    expect(readSecret(SECRET_FILE)).toBe(secret);
  });

  it.each([0o644, 0o640, 0o604, 0o660, 0o601])(
    'is refused when its mode is %o, and the application does not start',
    (mode) => {
      const path = join(folder, `open-${mode}`);
      const secret = readSecret(path);
      chmodSync(path, mode);
      expect(() => readSecret(path)).toThrow(
        `the secret file ${path} must be accessible only to its owner (mode 600), got mode ${mode.toString(8)}. ` +
          `If no other user could log in to this machine, run "chmod 600 ${path}"; ` +
          'otherwise delete the file, and the next start creates a new secret.',
      );
      chmodSync(path, 0o600);
      expect(readSecret(path)).toBe(secret);
    },
  );

  it('prevents the application from starting if other users can read it', () => {
    const path = join(folder, 'read');
    readSecret(path);
    chmodSync(path, 0o644);
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN], {
      cwd: ROOT,
      encoding: 'utf8',
      timeout: 60_000,
      env: { ...process.env, PORT: '0', SESSION_SECRET_FILE: path },
    });
    expect([status, stdout + stderr]).toEqual([
      1,
      expect.stringContaining(`the secret file ${path} must be accessible only to its owner`),
    ]);
  });

  it('is rejected if it is too short', () => {
    const path = join(folder, 'short');
    writeFileSync(path, 'too short\n', { mode: 0o600 });
    expect(() => readSecret(path)).toThrow(`the secret in ${path} must have at least 32 characters, got 9`);
  });

  it('reports why it cannot be created', () => {
    expect(() => readSecret(join(folder, 'nowhere', 'secret'))).toThrow('ENOENT');
  });
});

describeWith('chromium', 'the sample of sessions in a browser', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launch();
  });

  afterAll(() => browser.close());

  it('logs in, clicks in one tab and counts in both, and logs both out', async () => {
    const context = await browser.newContext();
    const problems: string[] = [];
    const open = async (): Promise<Page> => {
      const page = await context.newPage();
      page.on('pageerror', (error) => problems.push(error.message));
      await page.goto(url);
      return page;
    };
    const page = await open();
    await page.fill(mark('name'), ' ');
    await page.click(mark('login'));
    await shows(page, 'status', 'A name must have 1 to 40 characters.');
    await page.fill(mark('name'), 'Ada');
    await page.click(mark('login'));
    await shows(page, 'user', 'Ada');
    const tab = await open();
    await shows(tab, 'user', 'Ada');
    await page.click(mark('click'));
    await shows(page, 'clicks', '1');
    await tab.click(mark('click'));
    for (const each of [page, tab]) await shows(each, 'clicks', '2');
    await tab.click(mark('reset'));
    await page.click(mark('click'));
    for (const each of [page, tab]) await shows(each, 'clicks', '1');
    await page.click(mark('logout'));
    for (const each of [page, tab]) await each.waitForSelector(mark('name'), { state: 'visible' });
    expect(problems).toEqual([]);
  });
});

function shows(page: Page, name: string, text: string): Promise<unknown> {
  return page.waitForFunction(
    ([selector, expected]) => document.querySelector(selector as string)?.textContent === expected,
    [mark(name), text],
  );
}
