/** The documentation as a site: `npm run docs:dev` serves it, `npm run docs:build` writes it to `build/site`. */
import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DefaultTheme, defineConfig, type MarkdownRenderer } from 'vitepress';
import llms from 'vitepress-plugin-llms';
import { githubAnchor } from './github-anchor.js';
import { sidebarOf } from './sidebar.js';

const DOCS = fileURLToPath(new URL('../', import.meta.url));
const { description, homepage, repository } = JSON.parse(readFileSync(`${DOCS}../package.json`, 'utf8')) as {
  readonly description: string;
  readonly homepage: string;
  readonly repository: { readonly url: string };
};
const SOURCE = repository.url.replace(/^git\+|\.git$/g, '');

/** The pages are served below this path: `/nest-socketio/` on GitHub Pages. */
const base = new URL(homepage).pathname;

/** The reference that typedoc generates, if it has run. */
function apiSidebar(): DefaultTheme.SidebarItem[] {
  const file = `${DOCS}api/typedoc-sidebar.json`;
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as DefaultTheme.SidebarItem[]) : [];
}

/** Links out of `docs/` lead to the repository, and links to its index to the page that stands for it here. */
function mapLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('repository-links', ({ tokens, env }) => {
    const { relativePath = '' } = env as { readonly relativePath?: string };
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null;
      const path = href?.startsWith('../') ? posix.join(posix.dirname(relativePath), href) : '';
      if (path.startsWith('../')) token.attrSet('href', `${SOURCE}/blob/main/${path.slice(3)}`);
      if (href?.startsWith('README.md')) token.attrSet('href', href.replace('README.md', 'overview.md'));
    }
  });
}

/** A page is rendered more than once, and coloring its code takes most of that time. */
const highlighted = new Map<string, string>();

function highlightOnce({ options }: MarkdownRenderer): void {
  const { highlight } = options;
  if (!highlight) return;
  options.highlight = (...code) => {
    const key = JSON.stringify(code);
    const html = highlighted.get(key) ?? highlight(...code);
    highlighted.set(key, html);
    return html;
  };
}

export default defineConfig({
  title: 'nest-socketio',
  description,
  base,
  lang: 'en',
  outDir: '../build/site',
  cacheDir: '../build/vitepress',
  cleanUrls: false,
  lastUpdated: false,
  rewrites: { 'README.md': 'overview.md' },
  head: [
    ['link', { rel: 'icon', type: 'image/svg+xml', href: `${base}logo.svg` }],
    ['meta', { name: 'theme-color', content: '#2b6475' }],
  ],
  markdown: {
    anchor: { slugify: githubAnchor },
    config: (markdown) => {
      mapLinks(markdown);
      highlightOnce(markdown);
    },
    theme: { light: 'github-light', dark: 'github-dark' },
  },
  vite: {
    plugins: [llms({ ignoreFiles: ['api/**', 'performance/**', 'index.md'], domain: new URL(homepage).origin })],
  },
  themeConfig: {
    logo: '/logo.svg',
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Get started', link: '/getting-started' },
      { text: 'Documentation', link: '/overview' },
      { text: 'API', link: '/api/' },
      { text: 'Changelog', link: `${SOURCE}/blob/main/CHANGELOG.md` },
    ],
    sidebar: {
      '/': sidebarOf(readFileSync(`${DOCS}README.md`, 'utf8')),
      '/api/': apiSidebar(),
    },
    socialLinks: [{ icon: 'github', link: SOURCE }],
    editLink: { pattern: `${SOURCE}/edit/main/docs/:path`, text: 'Edit this page' },
    footer: { message: 'MIT licence' },
  },
});
