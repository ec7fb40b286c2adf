/// <reference lib="dom" />
/** The published admin UI, unmodified: `instrument` on the server of the sample chat, the page in a browser. */
import { instrument } from '@socket.io/admin-ui';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Server } from 'nest-socketio';
import type { Browser, Page } from 'playwright-core';
import type { Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppModule } from '../../sample/01-chat/app.module.js';
import { launch, screenshot } from '../support/browser.js';
import { later, next, type RunningApp, startApp } from '../support/nest-app.js';
import { describeWith } from '../support/requires.js';

const PAGE = join(dirname(createRequire(import.meta.url).resolve('@socket.io/admin-ui/package.json')), 'ui/dist');
/** The bcrypt hash of "open sesame". */
const HASH = '$2a$04$Lt/65vob3Kb33faiicfowuCE1x0ZcJe.DViYdNVvENsiY0jaSvWvG';
const AUTH = { type: 'basic', username: 'ali', password: HASH } as const;

type Options = NonNullable<Parameters<typeof instrument>[1]>;

/** The sample chat, instrumented, with the page of the admin UI at `/ui/`. */
function startInstrumented(options: Partial<Options>): Promise<RunningApp> {
  return startApp({ imports: [AppModule] }, 'Express', (app) => {
    (app as NestExpressApplication).useStaticAssets(PAGE, { prefix: '/ui/' });
    instrument(app.get(Server) as never, { auth: AUTH, ...options });
  });
}

/** Connects a client to the chat and lets it join a room. */
async function enter(running: RunningApp, name: string, room: string): Promise<Socket> {
  const client = running.connect('/chat', { auth: { name } });
  await next(client, 'connect');
  await client.emitWithAck('join', { room });
  return client;
}

const admin = (running: RunningApp, auth: object): Socket => running.connect('/admin', { auth });

/** Opens one of the page's lists for the namespace of the chat. */
async function list(page: Page, name: 'sockets' | 'rooms' | 'events'): Promise<void> {
  await page.evaluate((hash) => (location.hash = hash), `#/${name}/`);
  await page.locator('main .v-select__slot').first().click();
  await page.locator('.menuable__content__active .v-list-item__title', { hasText: '/chat' }).click();
}

const row = (page: Page, text: string) => page.locator('main tbody tr', { hasText: text });

describe('the messages of the admin UI', () => {
  it('are sent only to admins with the password or a session', async () => {
    const running = await startInstrumented({ mode: 'production' });
    const stranger = admin(running, { username: 'ali', password: 'open barley' });
    expect((await next(stranger, 'connect_error'))[0]).toMatchObject({ message: 'invalid credentials' });
    const ali = admin(running, { username: 'ali', password: 'open sesame' });
    const [[sessionId]] = await Promise.all([next(ali, 'session'), next(ali, 'connect')]);
    await next(admin(running, { sessionId }), 'connect');
  });

  it('contain only totals in production, nothing a client sent', async () => {
    const running = await startInstrumented({ mode: 'production' });
    const ann = await enter(running, 'Ann', 'den');
    const ali = admin(running, { username: 'ali', password: 'open sesame' });
    const heard: string[] = [];
    ali.onAny((event: string) => heard.push(event));
    expect(await next(ali, 'config')).toEqual([{ supportedFeatures: expect.not.arrayContaining(['ALL_EVENTS']) }]);
    ann.emit('typing', { active: true });
    const [stats] = (await next(ali, 'server_stats')) as [Stats];
    expect(stats).toMatchObject({
      clientsCount: 2,
      pollingClientsCount: 0,
      namespaces: expect.arrayContaining([
        { name: '/chat', socketsCount: 1 },
        { name: '/admin', socketsCount: 1 },
      ]),
    });
    const types = stats.aggregatedEvents.map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['rawConnection', 'packetsIn', 'packetsOut', 'bytesIn', 'bytesOut']));
    expect(new Set(heard)).toEqual(new Set(['session', 'config', 'server_stats']));
  });
});

interface Stats {
  readonly aggregatedEvents: readonly { readonly type: string }[];
}

describeWith('chromium', 'the page of the admin UI', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launch();
  });

  afterAll(() => browser.close());

  /** Opens the page and signs in. */
  async function open({ url }: RunningApp): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(5_000);
    later(() => page.close());
    await page.route(
      ({ origin }) => origin !== url, // fonts and icons come from other hosts
      (route) => route.abort(),
    );
    await page.goto(`${url}/ui/`);
    await page.getByLabel('Server URL').fill(url);
    await page.getByLabel('Username').fill('ali');
    await page.getByLabel('Password').fill('open sesame');
    await page.getByText('Advanced options').click();
    await page.getByText('WebSocket only?').click();
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    return page;
  }

  it('shows clients, rooms and events, and its buttons work', async () => {
    const running = await startInstrumented({ mode: 'development' });
    const ann = await enter(running, 'Ann', 'den');
    const bob = await enter(running, 'Bob', 'den');
    const page = await open(running);

    await list(page, 'sockets');
    await row(page, ann.id as string).waitFor();
    await row(page, bob.id as string).waitFor();
    ann.emit('typing', { active: true });
    await list(page, 'events');
    await row(page, 'Event name: typing').first().waitFor();
    await screenshot(page, 'admin-ui-events');

    await list(page, 'rooms');
    await row(page, '#den').waitFor();
    await row(page, '#den').click();
    await row(page, ann.id as string).waitFor();
    await row(page, bob.id as string).click();
    await page.getByText('Socket details').waitFor();
    await page.getByText('"name": "Bob"').waitFor();

    const room = page.getByRole('textbox', { name: 'Join a room' });
    await room.fill('cellar');
    await room.press('Enter');
    await page.locator('main form button').click();
    await row(page, 'cellar').waitFor();
    const chat = running.app.get(Server).of('/chat');
    expect((await chat.in('cellar').fetchSockets()).map(({ id }) => id)).toEqual([bob.id]);
    await screenshot(page, 'admin-ui-socket');

    await row(page, 'cellar').getByRole('button').click();
    await expect.poll(() => chat.in('cellar').fetchSockets()).toEqual([]);
    await page.goBack(); // the click also opened the room
    await row(page, 'cellar').waitFor({ state: 'detached' });

    const left = next(bob, 'disconnect');
    await page.locator('main button:has(.mdi-logout)').last().click();
    expect((await left)[0]).toBe('io server disconnect');
    await page.getByText('disconnected').first().waitFor();
    expect(ann.connected).toBe(true);
  });
});
