/** The index links to all pages, and all links in the pages work. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Server } from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { Examples } from '../support/examples.js';
import { startApp } from '../support/nest-app.js';
import { PAGES } from '../support/pages.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ROOT_PAGES = readdirSync(ROOT).filter((file) => file.endsWith('.md'));

const read = (page: string): string => readFileSync(`${ROOT}${page}`, 'utf8');

const { homepage, repository } = JSON.parse(read('package.json')) as {
  readonly homepage: string;
  readonly repository: { readonly url: string };
};
const SOURCE = `${repository.url.replace(/^git\+|\.git$/g, '')}/blob/main/`;

/**
 * Returns the text of a page with relative links in place of those to the site and to the repository, which the README
 * needs on the page of a registry.
 */
function withRelativeLinks(page: string): string {
  const sources = read(page).replaceAll(`](${SOURCE}`, '](').replaceAll(`](${homepage})`, '](docs/index.md)');
  return sources.replaceAll(new RegExp(`\\]\\(${homepage}([\\w.-]+)\\.html`, 'g'), '](docs/$1.md');
}

/** The links to files of the repository, as `[path, heading]`, without images, which the benchmark generates. */
function linksOf(page: string): [path: string, heading: string | undefined][] {
  const links = [...withRelativeLinks(page).matchAll(/(?<!!)\[[^\]]*\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)/g)];
  return links.map(([, path = '', heading]) => [path === '' ? page : join(dirname(page), path), heading]);
}

/** The headings of a page, as GitHub writes them in addresses. */
function headingsOf(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('docs/README.md', () => {
  it('names every page', () => {
    const linked = new Set(linksOf('docs/README.md').map(([path]) => path));
    expect(PAGES.filter((page) => !['README.md', 'index.md'].includes(page) && !linked.has(`docs/${page}`))).toEqual(
      [],
    );
  });
});

describe.each([...PAGES.map((page) => `docs/${page}`), ...ROOT_PAGES])('%s', (page) => {
  it('links to files and headings that exist', () => {
    const broken = linksOf(page).filter(
      ([path, heading]) =>
        !existsSync(`${ROOT}${path}`) || (heading !== undefined && !headingsOf(path).includes(heading)),
    );
    expect(broken).toEqual([]);
  });
});

describe('docs/options.md', () => {
  it('shows options that take effect', async () => {
    const examples = new Examples('docs/options.md');
    examples.compile();
    const { OptionsModule } = await examples.load<'OptionsModule'>('options.module');
    const { app } = await startApp({ imports: [OptionsModule] });
    expect(app.get(Server).engine.opts.pingInterval).toBe(10_000);
  });
});
