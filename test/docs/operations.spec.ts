/** docs/operations.md and the pages about symptoms name the alerts, metrics and log lines that there are. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { Examples } from '../support/examples.js';
import { startApp } from '../support/nest-app.js';
import { entered } from '../support/nest-rig.js';
import { SYMPTOM_PAGES } from '../support/pages.js';
import { series } from './metrics-table.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(ROOT + file, 'utf8');

const { homepage } = JSON.parse(read('package.json')) as { readonly homepage: string };
const examples = new Examples('docs/operations.md');

/** The alert rules, as `[name, severity, runbook]`. */
const alerts = read('docs/prometheus/alerts.yml')
  .split('- alert: ')
  .slice(1)
  .map((rule) => [/^\w+/, /severity: (\w+)/, /runbook_url: (\S+)/].map((part) => part.exec(rule)?.at(-1) ?? ''));

/** The sections of the page about one alert each, as `[name, severity]`. */
const sections = [...examples.text.matchAll(/^### (SocketIo\w+)\n\n(\w+)\./gm)].map(([, name, severity = '']) => [
  name,
  severity.toLowerCase(),
]);

describe('docs/operations.md', () => {
  beforeAll(() => examples.compile());

  it('shows an application that serves its metrics, those of the process, and the admin page', async () => {
    const { AppModule } = await examples.load<'AppModule'>('app.module');
    const { url, connect } = await startApp({ imports: [AppModule] });
    await entered(connect());
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('\nsocketio_server_connections 1\n');
    expect((await fetch(`${url}/_live`)).status).toBe(200);
    for (const name of namesIn('process|nodejs')) expect(metrics).toContain(`\n${name} `);
  });

  it('has a section for each alert rule, in the same order and with the same severity', () => {
    expect(alerts.length).toBeGreaterThan(10);
    expect(sections).toEqual(alerts.map(([name, severity]) => [name, severity]));
  });

  it('is where the alert rules lead', () => {
    for (const [name = '', , runbook] of alerts)
      expect(runbook).toBe(`${homepage}operations.html#${name.toLowerCase()}`);
  });

  it('leads to each page about a symptom', () => {
    for (const page of SYMPTOM_PAGES) expect(examples.text).toContain(`| [${titleOf(page)}](${page}) |`);
  });
});

describe.each(SYMPTOM_PAGES)('docs/%s', (page) => {
  it('has the sections of such a page', () => {
    const headings = [...read(`docs/${page}`).matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(['What users see', 'How to tell', 'Causes', 'Prevention']);
  });
});

it('the pages name metrics, and values of their labels, that exist', () => {
  const names = [...namesIn('socketio')];
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name) => !series.has(name) && !series.has(`${name}_count`))).toEqual([]);
  const metrics = read('docs/metrics.md');
  const values = [...texts().matchAll(/(?:reason|outcome|recovered|quantile)="([^"]+)"/g)];
  expect(values.length).toBeGreaterThan(5);
  for (const [, value = ''] of values) expect(metrics).toContain(`\`${value}\``);
});

it.each([
  'is reached',
  'failed; the client got only the id',
  'the clients of other servers are not reached',
  'the broker is connected again',
  'the broker cannot be used',
  'messages of other servers did not arrive',
  'a client left during its handshake',
  'connect or disconnect handlers did not finish within shutdownTimeout',
])('the pages quote a message that the code has: %s', (message) => {
  expect(texts()).toContain(message);
  expect(code).toContain(message);
});

const code = readdirSync(`${ROOT}lib`, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => read(`lib/${file}`))
  .join('\n');

function texts(): string {
  return [examples.text, ...SYMPTOM_PAGES.map((page) => read(`docs/${page}`))].join('\n');
}

/** The names of metrics with a prefix, without the suffixes of their parts. */
function namesIn(prefix: string): Set<string> {
  return new Set([...texts().matchAll(new RegExp(`\\b(?:${prefix})_\\w+`, 'g'))].map(([name]) => name));
}

function titleOf(page: string): string {
  return /^# (.*)$/m.exec(read(`docs/${page}`))?.[1] ?? '';
}
