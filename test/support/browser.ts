/** Starts a real browser, without features that would access the internet. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Saves a screenshot of a page for review. */
export function screenshot(page: Page, name: string): Promise<Buffer> {
  const folder = fileURLToPath(new URL('../output/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  return page.screenshot({ path: `${folder}${name}.png`, animations: 'disabled' });
}

/** Returns the selector of an element with this test id. */
export function mark(name: string, more = ''): string {
  return `[data-testid="${name}"]${more}`;
}
