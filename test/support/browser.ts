/** The real browser, started without anything that would look for the internet. */
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

/** Where a page is photographed for people to look at. */
export function screenshot(page: Page, name: string): Promise<Buffer> {
  const folder = fileURLToPath(new URL('../output/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  return page.screenshot({ path: `${folder}${name}.png`, animations: 'disabled' });
}

/** Something of a page by its mark for tests. */
export function mark(name: string, more = ''): string {
  return `[data-testid="${name}"]${more}`;
}
