/// <reference lib="dom" />
/** The sample of tokens in a browser that goes offline while an answer is written, and returns. */
import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { createApp } from '../../sample/04-tokens/create-app.js';
import { answerTo, tokensOf } from '../../sample/04-tokens/model.js';
import { launch, mark, screenshot } from '../support/browser.js';
import { requireBuild } from '../support/build.js';
import { describeWith } from '../support/requires.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const QUESTION = 'Why is the sea salty?';
const ANSWER = answerTo(QUESTION);

describeWith('chromium', 'the sample of tokens', () => {
  let app: INestApplication;
  let proxy: TcpProxy;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    requireBuild();
    vi.stubEnv('TOKENS_PER_SECOND', '60');
    [app, browser] = await Promise.all([createApp(), launch()]);
    await app.listen(0, '127.0.0.1');
    proxy = await TcpProxy.start((app.getHttpServer() as { address(): AddressInfo }).address().port);
  });

  afterAll(async () => {
    await Promise.all([app.close(), browser.close(), proxy.close()]);
  });

  afterEach(async () => {
    proxy.heal();
    await context.close();
    expect(problems.splice(0)).toEqual([]);
  });

  async function open(options: BrowserContextOptions = {}): Promise<void> {
    context = await browser.newContext(options);
    page = await context.newPage();
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(`http://127.0.0.1:${proxy.port}`);
    await shows('state', 'Connected');
  }

  async function ask(question = QUESTION): Promise<void> {
    await page.fill(mark('question'), question);
    await page.click(mark('ask'));
  }

  /** Waits until an element has a text. */
  async function shows(name: string, text: string): Promise<void> {
    await page.waitForFunction(
      ([selector, expected]) => document.querySelector(selector as string)?.textContent === expected,
      [mark(name), text],
    );
  }

  /** Waits until the page shows so many words of the answer, and fewer than all. */
  async function hasWords(count: number): Promise<void> {
    await page.waitForFunction(
      ([selector, least]) =>
        (document.querySelector(selector as string)?.textContent.split(' ').length ?? 0) > Number(least),
      [mark('answer'), count],
    );
    expect(await page.textContent(mark('answer'))).not.toBe(ANSWER);
  }

  async function hasAnswer(interruptions: RegExp): Promise<void> {
    await page.waitForSelector(mark('ask'), { state: 'visible' });
    expect(await page.textContent(mark('answer'))).toBe(ANSWER);
    const [, words, times = ''] = /^(\d+) words, (.*)\. $/.exec((await page.textContent(mark('note'))) ?? '') ?? [];
    expect(Number(words)).toBe(tokensOf(ANSWER).length);
    expect(times).toMatch(interruptions);
  }

  async function fits(): Promise<void> {
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  }

  it('shows each word once when the browser goes offline and returns', async () => {
    await open({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
    await screenshot(page, 'tokens-desktop-welcome');
    await ask();
    await hasWords(30);
    await context.setOffline(true);
    await shows('state', 'Offline');
    await screenshot(page, 'tokens-desktop-offline');
    await context.setOffline(false);
    await hasAnswer(/^1 interruption$/);
    await shows('state', 'Connected');
    await fits();
  });

  it('shows each word once when the network is silent, and then breaks connections', async () => {
    await open({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
    await ask();
    await hasWords(10);
    proxy.silence();
    await context.setOffline(true);
    await shows('state', 'Offline');
    await screenshot(page, 'tokens-phone-offline');
    await context.setOffline(false);
    await shows('state', 'Connecting');
    proxy.heal();
    await shows('state', 'Connected');
    proxy.cut();
    proxy.heal();
    await hasAnswer(/^[12] interruptions?$/); // the second one may come after the last word
    await screenshot(page, 'tokens-phone-answer');
    await fits();
  });

  it('stops, and shows errors of the server', async () => {
    await open();
    await ask();
    await hasWords(10);
    await page.click(mark('stop'));
    await page.waitForSelector(mark('ask'), { state: 'visible' });
    const text = (await page.textContent(mark('answer'))) ?? '';
    expect(ANSWER.startsWith(text)).toBe(true);
    expect(await page.textContent(mark('note'))).toBe(`${tokensOf(text).length} words. `);

    await page.evaluate((selector) => document.querySelector(selector)?.removeAttribute('maxlength'), mark('question'));
    await ask('x'.repeat(301));
    const error = page.locator(mark('note')).nth(1).filter({ hasText: 'Ask again' });
    expect(await error.textContent()).toBe('0 words. A question must have 1 to 300 characters. Ask again');
  });
});
