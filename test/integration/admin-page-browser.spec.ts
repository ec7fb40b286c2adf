/// <reference lib="dom" />
/** The admin page in a real browser, with a cluster of two servers: all that an operator does there, by clicks. */
import type { Browser, Page } from 'playwright-core';
import type { Socket } from 'socket.io-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type AdminApp,
  type AdminAppOptions,
  GUARDED,
  startAdminApp,
  startTwoAdminApps,
} from '../support/admin-app.js';
import { launch, screenshot } from '../support/browser.js';
import { ask, SOON } from '../support/events.js';
import { later, next } from '../support/nest-app.js';
import { describeWith } from '../support/requires.js';

/** Text that would be an element, if it were inserted as HTML. */
const HOSTILE = '<img src=x onerror="document.title=1">';

interface Visit {
  readonly page: Page;
  /** Errors of scripts, and of the content security policy. */
  readonly problems: string[];
}

interface Visitor {
  readonly cookie?: string;
  readonly prefix?: string;
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
}

/** Connects a client to the chat as a user. */
async function enter(app: AdminApp, user: string): Promise<Socket> {
  const client = await app.join();
  const socket = app.server.of('/chat').sockets.get(client.id as string);
  if (socket !== undefined) socket.user = { id: user };
  return client;
}

const membersOf = async (app: AdminApp, room: string): Promise<(string | undefined)[]> =>
  (await app.server.of('/chat').in(room).fetchSockets()).map(({ id }) => id);

const row = (page: Page, text: string) => page.getByRole('row', { name: text });
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

describeWith('chromium', 'the admin page in a browser', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launch();
  });

  afterAll(() => browser.close());

  /** Opens the page. */
  async function visit({ url }: AdminApp, view = 'overview', visitor: Visitor = {}): Promise<Visit> {
    const { cookie = 'admin', prefix = '', width = 1280, height = 800, colorScheme = 'light' } = visitor;
    const context = await browser.newContext({ viewport: { width, height }, colorScheme });
    later(() => context.close());
    await context.addCookies([{ name: 'role', value: cookie, url }]);
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const problems: string[] = [];
    page.on('pageerror', ({ message }) => problems.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    await page.goto(`${url}${prefix}/_live#/${view}`);
    return { page, problems };
  }

  it('makes a client of another server join and leave a room, and disconnects it', async () => {
    const [one, other] = await startTwoAdminApps();
    const [ann, bob] = [await enter(one, 'ann'), await enter(other, 'bob')];
    const { page, problems } = await visit(one);
    await page.getByText('on 2 servers').waitFor();
    await page.getByRole('link', { name: 'Clients' }).click();
    await row(page, 'ann').waitFor();
    await row(page, 'bob').click();
    await page.getByRole('heading', { name: 'bob', level: 1 }).waitFor();

    await page.getByLabel('Join a room').fill('den');
    await button(page, 'Join').click();
    await page.getByRole('link', { name: 'den' }).waitFor();
    expect(await membersOf(one, 'den')).toEqual([bob.id]);
    await button(page, 'Leave den').click();
    await page.getByText('In no room.').waitFor();
    expect(await membersOf(one, 'den')).toEqual([]);

    const gone = next(bob, 'disconnect');
    await button(page, 'Disconnect').click();
    const dialog = page.getByRole('dialog', { name: 'Disconnect the client?' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(bob.connected).toBe(true);
    await button(page, 'Disconnect').click();
    await dialog.getByRole('button', { name: 'Disconnect' }).click();
    expect((await gone)[0]).toBe('io server disconnect');
    await page.getByText('This client is not connected.').waitFor();
    expect(await button(page, 'Disconnect').isVisible()).toBe(false);
    expect(ann.connected).toBe(true);
    expect(problems).toEqual([]);
  });

  it('sends to a client, to a room and to everybody', async () => {
    const [one, other] = await startTwoAdminApps();
    const [ann, bob] = [await enter(one, 'ann'), await enter(other, 'bob')];
    await ask(bob, 'enter', 'den');
    const { page, problems } = await visit(one, `client?namespace=%2Fchat&id=${ann.id}`);
    const dialog = page.getByRole('dialog');
    const send = async (event: string, args: string): Promise<void> => {
      await dialog.getByLabel('Event').fill(event);
      await dialog.getByLabel('Arguments').fill(args);
      await dialog.getByRole('button', { name: 'Send' }).click();
    };

    const toAnn = next(ann, 'news');
    await button(page, 'Send an event').click();
    await send('news', 'no JSON');
    await dialog.getByText('The arguments must be JSON').waitFor();
    await send('news', '"for you", {"n": 1}');
    expect(await toAnn).toEqual(['for you', { n: 1 }]);
    await dialog.waitFor({ state: 'detached' });

    const toRoom = next(bob, 'news');
    await page.getByRole('link', { name: 'Rooms' }).click();
    await button(page, 'Send to the room den in /chat').click();
    await send('news', '2');
    expect(await toRoom).toEqual([2]);
    await dialog.waitFor({ state: 'detached' });

    const toAll = Promise.all([next(ann, 'bye'), next(bob, 'bye')]);
    await page.getByRole('link', { name: 'Overview' }).click();
    await button(page, 'Send to all clients in /chat').click();
    await send('bye', '');
    expect(await toAll).toEqual([[], []]);
    expect(problems).toEqual([]);
  });

  it('follows the traffic of a client of another server', async () => {
    const [one, other] = await startTwoAdminApps({ admin: { ...GUARDED, payloads: true } });
    const bob = await enter(other, 'bob');
    const { page, problems } = await visit(one, `client?namespace=%2Fchat&id=${bob.id}`);
    const list = page.getByRole('list', { name: 'Events of the client' });
    await page.getByRole('heading', { name: 'bob', level: 1 }).waitFor(); // the page is connected
    await button(page, 'Follow').click();
    await page.getByText('Live', { exact: true }).last().waitFor();
    await expect
      .poll(async () => {
        await ask(bob, 'say', HOSTILE);
        return list.getByText('say').count();
      }, SOON)
      .toBeGreaterThan(0);
    await list.getByText(JSON.stringify(HOSTILE)).first().waitFor();
    await button(page, 'Pause').click();
    const shown = await list.getByRole('listitem').count();
    await ask(bob, 'say', 'later');
    await page.getByText(/^Paused: .* waiting$/).waitFor();
    expect(await list.getByRole('listitem').count()).toBe(shown);
    await button(page, 'Resume').click();
    await list.getByText('"later"').waitFor();
    await button(page, 'Clear').click();
    await list.waitFor({ state: 'hidden' });
    bob.disconnect();
    await page.getByText('Disconnected: client namespace disconnect').waitFor();
    expect(problems).toEqual([]);
  });

  it('hides payloads unless they are allowed, and shows no actions if it may only watch', async () => {
    const app = await startAdminApp({ admin: { ...GUARDED, readOnly: true } });
    const bob = await enter(app, 'bob');
    await ask(bob, 'enter', 'den');
    const { page } = await visit(app, `client?namespace=%2Fchat&id=${bob.id}`);
    await page.getByText('Read only').waitFor();
    await page.getByText('Payloads are hidden.').waitFor();
    await page.getByRole('link', { name: 'den' }).waitFor();
    for (const name of ['Leave den', 'Join', 'Send an event', 'Disconnect']) {
      expect(await button(page, name).count(), name).toBe(0);
    }
    await button(page, 'Follow').click();
    const list = page.getByRole('list', { name: 'Events of the client' });
    await expect
      .poll(async () => {
        await ask(bob, 'say', 'secret');
        return list.getByText('say').count();
      }, SOON)
      .toBeGreaterThan(0);
    expect(await page.locator('body').innerText()).not.toContain('secret');
  });

  it('shows events, filters and explanations, and names of clients as text', async () => {
    const app = await startAdminApp({ server: { telemetry: { journal: true } } });
    const { page, problems } = await visit(app, 'events');
    await page.getByText(/counted since/).waitFor();
    const client = await enter(app, HOSTILE);
    await ask(client, 'enter', HOSTILE);
    await ask(client, 'say', 'fail');
    app.server.of('/chat').to(HOSTILE).emit('news', 1);
    app.server.of('/chat').to('attic').emit('other', 1);
    await row(page, 'say').getByText('1', { exact: true }).first().waitFor();

    await page.getByRole('link', { name: 'Rooms' }).click();
    await page.getByRole('heading', { name: 'Rooms', level: 1 }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('nothing like it');
    await page.getByText('No room matches.').waitFor();
    await page.getByLabel('Search').fill('IMG');
    await page.getByRole('link', { name: HOSTILE }).click();
    await page.getByText('1 client', { exact: true }).waitFor();
    expect(await page.getByLabel('Room').inputValue()).toBe(HOSTILE);
    await page.getByRole('link', { name: HOSTILE }).first().click();
    await page.getByRole('link', { name: 'Why did it not get…?' }).click();
    await page.getByLabel('Sent to the rooms').fill(`${HOSTILE}\nattic`);
    await button(page, 'Explain').click();
    await page.getByText(`Client ${client.id} of user`).waitFor();
    await row(page, 'news').getByText('Sent').waitFor();
    await row(page, 'other').getByText('In none of the rooms').waitFor();
    await page.reload(); // the address names the question
    await row(page, 'other').waitFor();

    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe('Why did a client not get it? · Live');
    expect(problems).toEqual([]);
  });

  it('works on Fastify, under a prefix and with MessagePack, and says how to switch on the journal', async () => {
    const app = await startAdminApp({
      platform: 'Fastify',
      server: { parser: 'msgpack' },
      prepare: (nest) => nest.setGlobalPrefix('api/v1'),
    });
    const { page, problems } = await visit(app, 'why?who=bob', { prefix: '/api/v1' });
    await page.getByText('telemetry: { journal: true } })').waitFor();
    await page.getByText('No client with the id or user "bob"').waitFor();
    expect(problems).toEqual([]);
  });

  it('says what is missing if the server has no client for it', async () => {
    const app = await startAdminApp();
    const { page } = await visit(app);
    await page.route('**/_live/client.js', (route) => route.fulfill({ status: 404 }));
    await page.reload();
    await page.getByText('install the package socket.io-client next to nest-socketio').waitFor();
  });

  it('shows a visitor without permission nothing', async () => {
    const app = await startAdminApp();
    await enter(app, 'ann');
    const { page } = await visit(app, 'clients', { cookie: 'guest' });
    expect(JSON.parse(await page.locator('body').innerText())).toMatchObject({ statusCode: 403 });
  });

  it('hides all it has shown when the session ends, and offers to reload', async () => {
    const app = await startAdminApp();
    await enter(app, 'ann');
    const { page } = await visit(app, 'clients');
    await row(page, 'ann').waitFor();
    await page.context().clearCookies();
    app.server.disconnectUser('alice');
    await page.getByText('The server does not permit this page').waitFor();
    expect(await page.getByText('ann').count()).toBe(0);
    expect(await button(page, 'Try again').isVisible()).toBe(true);
    await page.context().addCookies([{ name: 'role', value: 'admin', url: app.url }]);
    await button(page, 'Reload').click();
    await row(page, 'ann').waitFor();
  });

  it('connects again after a loss, with its view as it was', async () => {
    const app = await startAdminApp();
    await enter(app, 'ann');
    const { page } = await visit(app, 'clients');
    await row(page, 'ann').waitFor();
    for (const { conn } of app.server.of('/_live').sockets.values()) conn.close();
    await page.getByText('Reconnecting…').waitFor();
    expect(await row(page, 'ann').isVisible()).toBe(true);
    await page.getByText('Connected', { exact: true }).first().waitFor();
  });

  it.each([
    ['desktop', 'light', 1280],
    ['phone', 'dark', 360],
  ] as const)('fits on a %s in %s colours', async (device, colorScheme, width) => {
    const options: AdminAppOptions = { server: { telemetry: { journal: true } } };
    const [one, other] = await startTwoAdminApps(options);
    const [ann, bob] = [await enter(one, 'ann'), await enter(other, HOSTILE)];
    for (const room of ['den', 'a-room-with-a-long-name-without-any-space-in-it', HOSTILE]) {
      await Promise.all([ask(ann, 'enter', room), ask(bob, 'enter', room)]);
    }
    const { page } = await visit(one, 'overview', { width, height: 800, colorScheme });
    await page.getByText('on 2 servers').waitFor();
    await Promise.all([ask(ann, 'say', 'fail'), ask(bob, 'say', 'hello')]); // counted from the first visit on
    const views = ['overview', 'clients', `client?namespace=%2Fchat&id=${bob.id}`, 'rooms', 'events', 'why?who=ann'];
    for (const view of views) {
      await page.evaluate((hash) => (location.hash = hash), `#/${view}`);
      await page.locator('#view :is(td, dd, .sentences p)').first().waitFor();
      const name = view.replace(/\?.*/, '');
      await screenshot(page, `admin-page-${name}-${device}-${colorScheme}`);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(width);
      expect(await page.getByRole('navigation').isVisible()).toBe(true);
    }
    const ground = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const before = await ground();
    const theme = page.getByRole('button', { name: 'Colours' });
    while (!(await theme.innerText()).includes(colorScheme === 'dark' ? 'Light' : 'Dark')) await theme.click();
    expect(await ground()).not.toBe(before);
    await page.reload();
    expect(await ground()).not.toBe(before);
  });
});
