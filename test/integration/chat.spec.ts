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

  it('exchanges text, a pasted image, reactions and presence between three tabs', { timeout: 60_000 }, async () => {
    const ada = await open();
    const bob = await open();
    await enter(ada, 'Ada Lovelace');
    await enter(bob, 'Bob');
    await ada.waitForFunction(() => document.querySelectorAll('[data-testid="member"]').length === 2);
    expect(await ada.locator(mark('own-name')).evaluate(isCut)).toBe(false);

    await say(ada, 'Good morning! How do I start it?');
    await bob.waitForSelector(mark('message', ' .words'));
    expect(await bob.textContent(mark('message', ' .words'))).toBe('Good morning! How do I start it?');
    await ada.waitForSelector(mark('message', '[data-state="delivered"]'));

    await bob.locator(mark('composer-input')).pressSequentially('I am');
    await ada.waitForFunction(() =>
      /Bob is typing/.test(document.querySelector('[data-testid="typing"]')?.textContent ?? ''),
    );
    await say(bob, 'Two commands:\n```sh\nnpm ci\nnpm start  # http://localhost:3000\n```\n`Ctrl+C` ends it.');
    expect(await ada.locator('.words pre').textContent()).toBe('npm ci\nnpm start  # http://localhost:3000');
    expect(await ada.locator('.words > code').textContent()).toBe('Ctrl+C');
    expect(await ada.locator('.words a').count()).toBe(0);

    await ada.evaluate(pastePicture);
    await ada.waitForSelector(mark('attachment'));
    await ada.fill(mark('composer-input'), 'Look what I see');
    await ada.click(mark('send-button'));
    await bob.waitForSelector(mark('message-image'));
    await bob.waitForFunction(
      () => document.querySelector<HTMLImageElement>('[data-testid="message-image"]')?.naturalWidth === 480,
    );

    const omar = await open({ viewport: { width: 390, height: 844 }, colorScheme: 'dark', deviceScaleFactor: 2 });
    for (const name of ['Μαρία Κάλλας', 'Анна Ахматова', 'שרה לוי', 'मीरा शर्मा', '王小明', '김철수', 'ნინო', '🦊']) {
      await omar.fill(mark('name-input'), name);
      expect(await omar.locator('#login-avatar .avatar').evaluate(colour), name).not.toBe(TRANSPARENT);
    }
    await enter(omar, 'عمر الخيام');
    await omar.waitForFunction(
      () => document.querySelector<HTMLImageElement>('[data-testid="message-image"]')?.naturalWidth === 480,
    );
    expect(await omar.locator(mark('message')).count()).toBe(3);
    await say(omar, 'صباح الخير! منظر جميل 😍');
    await ada.waitForFunction(() => document.querySelectorAll('[data-testid="message"]').length === 4);
    expect(
      await ada.locator('.says').evaluateAll((all) => all.map((each) => getComputedStyle(each).direction)),
    ).toEqual(['ltr', 'ltr', 'ltr', 'rtl']);

    await bob.locator(mark('react-button')).nth(2).focus();
    for (const key of ['Enter', 'Tab', 'Enter']) await bob.keyboard.press(key); // opens the picker, and chooses the heart
    await ada.waitForSelector(mark('reaction', '[aria-pressed="false"]'));
    await omar.locator(mark('reaction')).click();
    await omar.locator(mark('message')).nth(1).hover();
    await omar.locator(mark('react-button')).nth(1).click();
    await omar.locator(mark('picker', ' button')).nth(3).click();
    await ada.locator(mark('reaction')).first().click();
    await expect.poll(() => bob.locator(mark('reaction')).allTextContents()).toEqual(['🎉2', '❤️2']);
    expect(await bob.locator(mark('reaction', '[aria-pressed="true"]')).allTextContents()).toEqual(['❤️2']);

    await bob.evaluate(setHidden, true);
    await ada.waitForSelector(mark('member', '[data-away]'));
    expect(await ada.locator(mark('member', '[data-away]')).innerText()).toMatch(/Bob\s+away/);
    await ada.mouse.move(0, 0);
    await screenshot(ada, 'chat');
    await screenshot(omar, 'chat-phone');
    await bob.evaluate(setHidden, false);
    await ada.waitForFunction(() => document.querySelector('[data-away]') === null);

    await omar.setViewportSize({ width: 320, height: 640 });
    expect(await omar.locator('html, #scroll').evaluateAll((all) => all.map((each) => each.scrollWidth))).toEqual([
      320, 320,
    ]);
    expect(await omar.locator(mark('connection-state')).evaluate(isOneLine)).toBe(true);
    await omar.setViewportSize({ width: 640, height: 320 });
    await expect.poll(() => omar.locator('#scroll').evaluate(isAtEnd)).toBe(true);
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

  it('shows that it is offline, and later has all messages of the meantime, without having left', async () => {
    const eve = await open();
    const fay = await open();
    await enter(eve, 'Eve');
    await enter(fay, 'Fay');
    await fay.waitForFunction(() => document.querySelector('[data-testid="member-list"]')?.textContent.includes('Eve'));
    await fay.evaluate(watchForEve);
    await eve.context().setOffline(true);
    await eve.waitForSelector(mark('connection-state', '[data-state="offline"]'));
    await say(eve, 'written <b>offline</b>');
    await eve.waitForSelector(mark('message', '[data-state="sending"]'));
    await say(fay, 'said meanwhile');
    await fay.locator(mark('message')).last().hover();
    await fay.locator(mark('react-button')).last().click();
    await fay.locator(mark('picker', ' button')).first().click();
    await fay.waitForSelector(mark('reaction'));
    await eve.context().setOffline(false);
    await fay.waitForFunction(() =>
      [...document.querySelectorAll('.words')].some(({ textContent }) => textContent === 'written <b>offline</b>'),
    );
    await eve.waitForFunction(() => document.querySelector('[data-state="sending"]') === null);
    const all = await words(fay);
    expect(all.slice(-2)).toEqual(['said meanwhile', 'written <b>offline</b>']);
    await expect.poll(() => words(eve)).toEqual(all);
    await expect.poll(() => eve.locator(mark('reaction')).last().innerText()).toMatch(/👍\s*1/);

    await eve.reload();
    await eve.waitForSelector(mark('connection-state', '[data-state="online"]'));
    await expect.poll(() => words(eve)).toEqual(all);
    await expect.poll(() => eve.locator(mark('reaction')).last().innerText()).toMatch(/👍\s*1/);
    await say(eve, 'again');
    await expect.poll(() => words(fay)).toEqual([...all, 'again']);
    expect(await fay.evaluate(() => document.documentElement.dataset['missedEve'])).toBe(undefined);
    expect(problems).toEqual([]);
  });
});

async function enter(page: Page, name: string): Promise<void> {
  await page.fill(mark('name-input'), name);
  await page.click(mark('enter-button'));
  await page.waitForSelector(mark('connection-state', '[data-state="online"]'));
  await page.waitForSelector(mark('composer-input', ':enabled'));
}

function words(page: Page): Promise<string[]> {
  return page.locator('.words').allTextContents();
}

async function say(page: Page, text: string): Promise<void> {
  await page.fill(mark('composer-input'), text);
  await page.press(mark('composer-input'), 'Enter');
}

const TRANSPARENT = 'rgba(0, 0, 0, 0)';

/** Runs in the page: the background of an element. */
function colour(element: Element): string {
  return getComputedStyle(element).backgroundColor;
}

/** Runs in the page: whether an element has more text than it shows. */
function isCut(element: Element): boolean {
  return element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight;
}

/** Runs in the page: whether the first words of an element are on its only line, and not cut. */
function isOneLine(element: Element): boolean {
  const line = element.getBoundingClientRect();
  const words = element.querySelector('span')?.getClientRects() ?? [];
  const [word] = words;
  return words.length === 1 && word !== undefined && word.bottom <= line.bottom && word.right <= line.right;
}

/** Runs in the page: whether the end of a scrolled element is in view. */
function isAtEnd(element: Element): boolean {
  return element.scrollHeight - element.scrollTop - element.clientHeight < 1;
}

/** Runs in the page: acts as if its tab went to the background or returned. */
function setHidden(hidden: boolean): void {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
}

/** Runs in the page: notes whether Eve is missing from the members at any time from now on. */
function watchForEve(): void {
  const members = document.querySelector('[data-testid="member-list"]') as Element;
  new MutationObserver(() => {
    if (!members.textContent.includes('Eve')) document.documentElement.dataset['missedEve'] = 'yes';
  }).observe(members, { childList: true });
}

/** Runs in the page: pastes a picture. */
async function pastePicture(): Promise<void> {
  const canvas = document.createElement('canvas');
  canvas.width = 480;
  canvas.height = 280;
  const pen = canvas.getContext('2d') as CanvasRenderingContext2D;
  const sky = pen.createLinearGradient(0, 0, 0, 280);
  sky.addColorStop(0, '#f6b38e');
  sky.addColorStop(1, '#5b3f63');
  pen.fillStyle = sky;
  pen.fillRect(0, 0, 480, 280);
  pen.fillStyle = '#fff2dd';
  pen.beginPath();
  pen.arc(340, 110, 34, 0, 7);
  pen.fill();
  pen.fillStyle = '#33283f';
  pen.beginPath();
  pen.moveTo(0, 280);
  for (const [x, y] of [
    [0, 205],
    [90, 150],
    [170, 230],
    [260, 130],
    [370, 240],
    [480, 170],
    [480, 280],
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
