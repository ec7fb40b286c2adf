/** The documentation builds as a site: all of its links lead somewhere, and its first page works in a browser. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { extname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, screenshot } from '../support/browser.js';
import { listen } from '../support/listen.js';
import { PAGES } from '../support/pages.js';
import { describeWith } from '../support/requires.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SITE = join(ROOT, 'build/site');
const BUILD_TIMEOUT = 240_000; // ms: a compiler and a bundler, perhaps on a busy machine

/** The path below which the site is served. */
const { homepage } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { homepage: string };
const BASE = new URL(homepage).pathname;

/** The files of the site, relative to its folder. */
let files: ReadonlySet<string>;

beforeAll(async () => {
  await promisify(execFile)('npm', ['run', '--silent', 'docs:build'], { cwd: ROOT, timeout: BUILD_TIMEOUT });
  files = new Set(readdirSync(SITE, { recursive: true, encoding: 'utf8' }));
}, BUILD_TIMEOUT);

const read = (file: string): string => readFileSync(join(SITE, file), 'utf8');

/** Returns the values of an attribute in a page, decoded. */
function valuesOf(attribute: string, html: string): string[] {
  return [...html.matchAll(new RegExp(`\\s${attribute}="([^"]*)"`, 'g'))].map(([, value = '']) =>
    value.replaceAll('&amp;', '&'),
  );
}

/** Returns the file and the anchor that a link leads to, or `null` if it leads out of the site. */
function targetOf(link: string, page: string): { file: string; anchor: string } | null {
  if (/^[a-z]+:/i.test(link)) return null;
  const { pathname, hash } = new URL(link, `http://site${BASE}${page}`);
  const path = posix.relative(BASE, decodeURIComponent(pathname));
  const file = pathname.endsWith('/') || path === '' ? posix.join(path, 'index.html') : path;
  return { file, anchor: decodeURIComponent(hash.slice(1)) };
}

describe('the site', () => {
  it('has no link without a file, and none without its anchor', () => {
    const pages = [...files].filter((file) => file.endsWith('.html') && file !== '404.html');
    const anchors = new Map(pages.map((page) => [page, new Set(valuesOf('id', read(page)))]));
    const links = pages.flatMap((page) =>
      ['href', 'src'].flatMap((attribute) => valuesOf(attribute, read(page))).map((link) => ({ page, link })),
    );
    expect(links.length).toBeGreaterThan(1000);

    const broken = links.filter(({ page, link }) => {
      const target = targetOf(link, page);
      if (target === null) return false;
      return (
        !files.has(target.file) || (target.anchor !== '' && anchors.get(target.file)?.has(target.anchor) === false)
      );
    });
    expect(broken).toEqual([]);
  });

  it('has a page for each page of docs/, in its navigation too, and a reference of the public names', () => {
    const sources = PAGES.filter((file) => !['README.md', 'index.md'].includes(file));
    const navigation = new Set(valuesOf('href', read('overview.html')));
    for (const page of sources.map((file) => file.replace(/md$/, 'html'))) {
      expect(files).toContain(page);
      expect(navigation).toContain(`${BASE}${page}`);
    }
    expect(files).toContain('api/nest-socketio/classes/Broadcaster.html');
    expect(files).toContain('api/nest-socketio/testing/classes/TestClient.html');
    expect(files).toContain('api/nest-socketio/terminus/classes/SocketIoHealthIndicator.html');
    expect(files).toContain('api/nest-socketio/prometheus/classes/SocketIoPrometheusModule.html');
    expect(files).toContain('api/nest-socketio/client/functions/stream.html');
  });

  it('has an index and the whole text of the pages for language models', () => {
    expect(read('llms.txt')).toContain(`(${homepage}handlers.md)`);
    expect(read('llms-full.txt')).toContain('# Handlers\n');
    expect(files).toContain('handlers.md');
  });
});

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};

describeWith('chromium', 'the first page in a browser', () => {
  let server: Server;
  let browser: Browser;
  let url: string;

  beforeAll(async () => {
    server = createServer(({ url = '' }, response) => {
      const target = targetOf(url, '');
      if (target === null || !files.has(target.file)) {
        response.writeHead(404).end();
      } else {
        response.setHeader('Content-Type', TYPES[extname(target.file)] ?? 'application/octet-stream');
        response.end(readFileSync(join(SITE, target.file)));
      }
    });
    const [port, launched] = await Promise.all([listen(server), launch()]);
    browser = launched;
    url = `http://127.0.0.1:${port}${BASE}`;
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  /** Opens the first page, and fails the test if its console shows an error. */
  async function open(options: BrowserContextOptions): Promise<{ page: Page; errors: string[] }> {
    const page = await browser.newPage(options);
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.goto(url, { waitUntil: 'networkidle' });
    return { page, errors };
  }

  const DESKTOP = { width: 1280, height: 900 };
  const PHONE = { width: 390, height: 844 };

  it.each([
    ['desktop', 'light', DESKTOP],
    ['desktop', 'dark', DESKTOP],
    ['phone', 'light', PHONE],
    ['phone', 'dark', PHONE],
  ] as const)('shows what it is, without scrolling sideways: %s, %s', async (device, colorScheme, viewport) => {
    const { page, errors } = await open({ viewport, colorScheme });
    expect(await page.locator('h1').first().innerText()).toContain('Socket.IO gateways for NestJS');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(viewport.width);
    await screenshot(page, `site-${device}-${colorScheme}`);
    expect(errors).toEqual([]);
    await page.close();
  });

  it('finds a page by its words', { timeout: 60_000 }, async () => {
    const { page, errors } = await open({ viewport: DESKTOP });
    await page.locator('button.DocSearch-Button').click();
    await page.locator('.VPLocalSearchBox input').fill('maxRetriesPerRequest');
    await page.locator('.VPLocalSearchBox .result').first().click();
    await page.waitForURL(/several-processes\.html/);
    expect(errors).toEqual([]);
    await page.close();
  });
});
