/// <reference lib="dom" />
/** The sample as a newcomer meets it: started by `nest start`, used in two tabs of a real browser. */
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, mark, screenshot } from '../support/browser.js';
import { type Program, start } from '../support/process.js';
import { describeWith } from '../support/requires.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describeWith('chromium', 'the sample chat in a browser', () => {
  let program: Program;
  let browser: Browser;
  let url: string;
  const problems: string[] = [];

  beforeAll(async () => {
    program = start('node_modules/.bin/nest', ['start'], /open at (http:\S+)/, { cwd: ROOT, env: { PORT: '0' } });
    [browser, url] = await Promise.all([launch(), program.printed.then(([, address]) => address as string)]);
  });

  afterAll(async () => {
    await browser.close();
    await program.stop();
  });

  async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const page = await context.newPage();
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith('blob:')) problems.push(request.url());
    });
    await page.goto(url);
    return page;
  }

  it('exchanges text and a pasted image between two tabs', async () => {
    const ada = await open();
    const bob = await open();
    await enter(ada, 'Ada Lovelace');
    await enter(bob, 'Bob');
    await ada.waitForFunction(() => document.querySelectorAll('[data-testid="member"]').length === 2);

    await say(ada, 'Good morning! <b>Is anybody here?</b>');
    await bob.waitForSelector(mark('message', ' .words'));
    expect(await bob.textContent(mark('message', ' .words'))).toBe('Good morning! <b>Is anybody here?</b>');
    await ada.waitForSelector(mark('message', '[data-state="delivered"]'));

    await bob.locator(mark('composer-input')).pressSequentially('I am');
    await ada.waitForFunction(() =>
      /Bob is typing/.test(document.querySelector('[data-testid="typing"]')?.textContent ?? ''),
    );
    await say(bob, 'I am, and it is a fine day');

    await ada.evaluate(pastePicture);
    await ada.waitForSelector(mark('attachment'));
    await ada.fill(mark('composer-input'), 'Look what I see');
    await ada.click(mark('send-button'));
    await bob.waitForSelector(mark('message-image'));
    await bob.waitForFunction(
      () => document.querySelector<HTMLImageElement>('[data-testid="message-image"]')?.naturalWidth === 480,
    );

    const cleo = await open({ viewport: { width: 390, height: 844 }, colorScheme: 'dark', deviceScaleFactor: 2 });
    await enter(cleo, 'Cleo');
    await cleo.waitForFunction(
      () => document.querySelector<HTMLImageElement>('[data-testid="message-image"]')?.naturalWidth === 480,
    );
    expect(await cleo.locator(mark('message')).count()).toBe(3);
    await say(cleo, 'Beautiful 😍');
    await ada.waitForFunction(() => document.querySelectorAll('[data-testid="message"]').length === 4);
    await screenshot(ada, 'chat');
    await screenshot(cleo, 'chat-phone');
    expect(problems).toEqual([]);
  });

  it('refuses a name that is taken, and shows why', async () => {
    const first = await open();
    const second = await open();
    await enter(first, 'Dora');
    await second.fill(mark('name-input'), 'dora');
    await second.click(mark('enter-button'));
    await second.waitForFunction(() =>
      /already taken/.test(document.querySelector('[data-testid="login-error"]')?.textContent ?? ''),
    );
  });

  it('shows that it is offline, and later delivers messages written in the meantime', async () => {
    const eve = await open();
    const fay = await open();
    await enter(eve, 'Eve');
    await enter(fay, 'Fay');
    await eve.context().setOffline(true);
    await eve.waitForSelector(mark('connection-state', '[data-state="offline"]'));
    await say(eve, 'written offline');
    await eve.waitForSelector(mark('message', '[data-state="sending"]'));
    await eve.context().setOffline(false);
    await fay.waitForFunction(() =>
      [...document.querySelectorAll('.words')].some(({ textContent }) => textContent === 'written offline'),
    );
    await eve.waitForFunction(() => document.querySelector('[data-state="sending"]') === null);
    expect(problems).toEqual([]);
  });
});

async function enter(page: Page, name: string): Promise<void> {
  await page.fill(mark('name-input'), name);
  await page.click(mark('enter-button'));
  await page.waitForSelector(mark('connection-state', '[data-state="online"]'));
  await page.waitForSelector(mark('composer-input', ':enabled'));
}

async function say(page: Page, text: string): Promise<void> {
  await page.fill(mark('composer-input'), text);
  await page.press(mark('composer-input'), 'Enter');
}

/** Runs in the page: pastes a picture. */
async function pastePicture(): Promise<void> {
  const canvas = document.createElement('canvas');
  canvas.width = 480;
  canvas.height = 300;
  const pen = canvas.getContext('2d') as CanvasRenderingContext2D;
  const sky = pen.createLinearGradient(0, 0, 0, 300);
  sky.addColorStop(0, '#f6b38e');
  sky.addColorStop(1, '#5b3f63');
  pen.fillStyle = sky;
  pen.fillRect(0, 0, 480, 300);
  pen.fillStyle = '#fff2dd';
  pen.beginPath();
  pen.arc(340, 110, 34, 0, 7);
  pen.fill();
  pen.fillStyle = '#33283f';
  pen.beginPath();
  pen.moveTo(0, 300);
  for (const [x, y] of [
    [0, 220],
    [90, 150],
    [170, 230],
    [260, 130],
    [370, 240],
    [480, 170],
    [480, 300],
  ]) {
    pen.lineTo(x as number, y as number);
  }
  pen.fill();
  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, 'image/png');
  });
  const data = new DataTransfer();
  data.items.add(new File([blob as Blob], 'view.png', { type: 'image/png' }));
  document
    .querySelector('[data-testid="composer-input"]')
    ?.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
}
