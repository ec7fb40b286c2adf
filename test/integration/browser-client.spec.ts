/// <reference lib="dom" />
/** The stock `socket.io-client` in a real browser, connected to an application of ours. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import type * as Client from 'socket.io-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch } from '../support/browser.js';
import { ChatGateway, startClientApp } from '../support/client-app.js';
import { later } from '../support/nest-app.js';
import { describeWith } from '../support/requires.js';

const BUNDLE = fileURLToPath(new URL('../../node_modules/socket.io-client/dist/socket.io.min.js', import.meta.url));

/** The global that the bundle adds to the page. */
declare const io: typeof Client.io;

describeWith('chromium', 'the stock client in a browser', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launch();
  });

  afterAll(() => browser.close());

  /** Opens a page of this origin that has the stock client. */
  async function open(origin: string): Promise<Page> {
    const page = await browser.newPage();
    later(() => page.close());
    await page.goto(origin);
    await page.addScriptTag({ path: BUNDLE });
    return page;
  }

  it('joins two namespaces, and is refused by a guard with message and data', async () => {
    const page = await open((await startClientApp('Express')).url);
    const seen = await page.evaluate(async () => {
      const root = io('/', { transports: ['websocket'] });
      const chat = io('/chat', { transports: ['websocket'], auth: { name: 'ada' } });
      const welcome = await new Promise((resolve) => chat.on('welcome', resolve));
      const banned = io('/chat', { transports: ['websocket'], auth: { name: 'banned' }, forceNew: true });
      const error = await new Promise<Error & { data?: unknown }>((resolve) => banned.on('connect_error', resolve));
      return { welcome, echo: await root.emitWithAck('echo', 'hi'), refused: [error.message, error.data] };
    });
    expect(seen).toEqual({
      welcome: 'ada',
      echo: 'hi',
      refused: ['you are banned', { until: ['Friday', null] }],
    });
  });

  it('exchanges text, nested binary and acknowledgements both ways', async () => {
    const page = await open((await startClientApp('Fastify')).url);
    const seen = await page.evaluate(async () => {
      const root = io('/', { transports: ['websocket'] });
      const mirrored = new Promise<{ deep: [ArrayBuffer] }>((resolve) => root.on('mirrored', resolve));
      root.emit('mirror', { deep: [new Uint8Array([1, 255]).buffer] });
      const blob = new Blob([new Uint8Array([7, 8])]);
      const inspected: unknown = await root.emitWithAck('inspect', {
        blob,
        list: [new ArrayBuffer(0), { deep: [new Uint8Array([9])] }],
      });
      const chat = io('/chat', { transports: ['websocket'], auth: { name: 'ada' } });
      chat.on('question', (question: unknown, answer: (reply: unknown) => void) => answer({ asked: question }));
      return {
        mirrored: [...new Uint8Array((await mirrored).deep[0])],
        inspected,
        answered: (await chat.emitWithAck('survey', 'why?')) as unknown,
      };
    });
    expect(seen).toEqual({
      mirrored: [1, 255],
      inspected: [
        [true, '0708'],
        [true, ''],
        [true, '09'],
      ],
      answered: { asked: ['why?'] },
    });
  });

  it('joins rooms, gets broadcasts unless they exclude it, and is disconnected by the server', async () => {
    const running = await startClientApp('Express');
    const page = await open(running.url);
    const seen = await page.evaluate(async () => {
      const options = { transports: ['websocket'], forceNew: true };
      const ada = io('/chat', { ...options, auth: { name: 'ada' } });
      const ben = io('/chat', { ...options, auth: { name: 'ben' } });
      for (const client of [ada, ben]) await client.emitWithAck('join', 'den');
      const heard: unknown[] = [];
      ada.on('said', (text) => heard.push(['ada', text]));
      ben.on('said', (text) => heard.push(['ben', text]));
      await ada.emitWithAck('say', 'den', 'hello');
      await ben.emitWithAck('say', 'den', 'hello yourself');
      await ada.emitWithAck('join', 'den'); // earlier messages have arrived
      const reason = new Promise((resolve) => ben.on('disconnect', resolve));
      ben.emit('leaveChat');
      return { heard, reason: await reason, stays: ada.connected };
    });
    expect(seen).toEqual({
      heard: [
        ['ben', 'hello'],
        ['ada', 'hello yourself'],
      ],
      reason: 'io server disconnect',
      stays: true,
    });
    expect(running.app.get(ChatGateway).left).toEqual([['ben', 'server namespace disconnect']]);
  });

  it('gets the reason when it starts with long polling, and is refused from another origin', async () => {
    const running = await startClientApp('Express');
    const answer = [
      'xhr poll error',
      400,
      '{"code":0,"message":"Transport unknown","hint":"this server accepts WebSocket only: set transports: [\'websocket\'] in the options of the client"}',
    ];
    const own = await open(running.url);
    expect(await own.evaluate(poll, running.url)).toEqual(answer);
    const foreign = await open(await elsewhere());
    expect(await foreign.evaluate(poll, running.url)).toEqual(answer);
    expect(
      await foreign.evaluate(
        (url) =>
          new Promise((resolve) => {
            const client = io(url, { transports: ['websocket'], reconnection: false });
            client.on('connect_error', (error) => resolve(error.message));
            client.on('connect', () => resolve('connected'));
          }),
        running.url,
      ),
    ).toBe('websocket error');
  });
});

/** Runs in the page: starts with long polling, as the client does by default, and returns the error it shows. */
function poll(url: string): Promise<unknown> {
  return new Promise((resolve) => {
    const client = io(url, { reconnection: false });
    client.on('connect_error', (error) => {
      const { description, context } = error as Error & {
        readonly description?: unknown;
        readonly context?: { readonly responseText?: string };
      };
      resolve([error.message, description, context?.responseText]);
    });
  });
}

/** Serves an empty page on another port. @returns its address */
async function elsewhere(): Promise<string> {
  const server = createServer((_request, response) => response.end('another page'));
  later(() => server.close());
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
