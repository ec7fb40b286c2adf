/** `docs/metrics.md`, the alert rules and the dashboard name the metrics that the code has. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Server } from 'nest-socketio';
import { beforeAll, describe, expect, it } from 'vitest';
import { CLOSE_REASONS } from '../../lib/engine/internal.js';
import type { HandlerResult } from '../../lib/server/telemetry/handler-run.js';
import type { AckOutcome, ConnectRefusal } from '../../lib/server/telemetry/instrument.js';
import { HANDSHAKE_REFUSALS } from '../../lib/server/telemetry/metrics/server-readings.js';
import { Examples } from '../support/examples.js';
import { startApp } from '../support/nest-app.js';
import { entered } from '../support/nest-rig.js';
import { metricRows, series } from './metrics-table.js';

const read = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../docs/${file}`, import.meta.url)), 'utf8');

/** The values of labels, complete by their types. */
const REFUSALS: Readonly<Record<ConnectRefusal, true>> = {
  middleware: true,
  handler: true,
  failed: true,
  timeout: true,
  namespace: true,
  too_large: true,
  too_many_connections: true,
  expired: true,
  backlog: true,
  left: true,
};
const RESULTS: Readonly<Record<HandlerResult, true>> = { ok: true, rejected: true, failed: true };
const ACKS: Readonly<Record<AckOutcome, true>> = { answered: true, timed_out: true, lost: true };

describe('docs/metrics.md', () => {
  const examples = new Examples('docs/metrics.md');
  beforeAll(() => examples.compile());

  it('lists all metrics, with their names, kinds, units, labels and meaning', () => {
    const listed = examples.text.split('\n').filter((line) => line.startsWith('| `socketio.'));
    expect(listed).toEqual(metricRows);
  });

  it.each([
    ['`reason` of `connections.closed` and `connection.duration`', CLOSE_REASONS],
    ['`reason` of `handshakes.refused`', Object.values(HANDSHAKE_REFUSALS)],
    ['`reason` of `clients.refused`', Object.keys(REFUSALS)],
    ['`outcome` of `handler.duration`', Object.keys(RESULTS)],
    ['`outcome` of `acks`', Object.keys(ACKS)],
  ])('lists the values of the label %s', (label, values) => {
    const row = examples.text.split('\n').find((line) => line.startsWith(`| ${label} |`)) ?? '';
    expect([...row.slice(label.length + 4).matchAll(/`([^`]+)`/g)].map(([, value]) => value)).toEqual(values);
  });

  it('shows an application that serves its metrics', async () => {
    const { AppModule } = await examples.load<'AppModule'>('app.module');
    const { url, app, connect } = await startApp({ imports: [AppModule] });
    expect(app.get(Server)).toBeInstanceOf(Server);
    await entered(connect());
    const response = await fetch(`${url}/metrics`);
    expect(await response.text()).toContain('\nsocketio_server_clients{namespace="/"} 1\n');
  });
});

/** The parts of an expression that select series, as `[name, labels]`. */
function selectorsOf(text: string): (readonly [name: string, labels: readonly string[]])[] {
  return [...text.matchAll(/(socketio_\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', matchers = '']) => [
    name,
    [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  ]);
}

/** The labels that Prometheus adds to the series of a target. */
const OF_TARGETS = ['job', 'instance'];

describe.each(['prometheus/alerts.yml', 'prometheus/dashboard.json'])('docs/%s', (file) => {
  const text = read(file).replaceAll('\\"', '"');

  it('selects only series and labels that exist', () => {
    const selectors = selectorsOf(text);
    expect(selectors.length).toBeGreaterThan(15);
    const unknown = selectors.flatMap(([name, labels]) => {
      const known = series.get(name);
      if (known === undefined) return [name];
      return labels.filter((label) => ![...known, ...OF_TARGETS].includes(label)).map((label) => `${name}: ${label}`);
    });
    expect(unknown).toEqual([]);
  });

  it('would show a name or a label that does not exist', () => {
    expect(selectorsOf('rate(socketio_server_emits_total{job="a", even!~"b"}[5m])')).toEqual([
      ['socketio_server_emits_total', ['job', 'even']],
    ]);
    expect(series.has('socketio_server_emits')).toBe(false);
  });
});

describe('docs/prometheus/dashboard.json', () => {
  interface Panel {
    readonly id: number;
    readonly type: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets?: readonly { readonly expr: string }[];
  }
  const { panels } = JSON.parse(read('prometheus/dashboard.json')) as { readonly panels: readonly Panel[] };

  it('has panels with ids of their own that do not overlap', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  it('shows every metric', () => {
    const shown = selectorsOf(panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join('\n'));
    const names = new Set(shown.map(([name]) => name.replace(/_(?:bucket|sum|count)$/, '')));
    const all = new Set([...series.keys()].map((name) => name.replace(/_(?:bucket|sum|count)$/, '')));
    expect([...all].filter((name) => !names.has(name))).toEqual([
      'socketio_server_clients_connected_total',
      'socketio_server_clients_disconnected_total',
    ]);
  });
});
