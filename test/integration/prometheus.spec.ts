/** A real Prometheus scrapes an application, answers queries about it, and accepts the alert rules. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Event, Gateway, SocketIoModule } from 'nest-socketio';
import { SocketIoPrometheusModule } from 'nest-socketio/prometheus';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { SOON } from '../support/events.js';
import { later, startApp } from '../support/nest-app.js';
import { ask, entered } from '../support/nest-rig.js';
import { freePort, start } from '../support/process.js';
import { describeWith } from '../support/requires.js';

const RULES = fileURLToPath(new URL('../../docs/prometheus/alerts.yml', import.meta.url));
const RULE_TESTS = fileURLToPath(new URL('alerts.test.yml', import.meta.url));

@Gateway()
class Chat {
  @Event()
  say(): string {
    return 'said';
  }
}

/** Starts a Prometheus that scrapes an address. @returns a function that sends a request to its API */
async function startPrometheus(target: string): Promise<(path: string) => Promise<unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
  later(() => rmSync(folder, { recursive: true }));
  const config = {
    global: { scrape_interval: '200ms', scrape_timeout: '200ms', evaluation_interval: '200ms' },
    rule_files: [RULES],
    scrape_configs: [{ job_name: 'chat', static_configs: [{ targets: [target] }] }],
  };
  writeFileSync(`${folder}/prometheus.yml`, JSON.stringify(config)); // which is YAML, too
  const address = `127.0.0.1:${await freePort()}`;
  const program = start(
    'prometheus',
    [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=${address}`],
    /Server is ready to receive web requests/,
    { cwd: folder },
  );
  later(() => program.stop());
  await program.printed;
  return async (path) => {
    const response = await fetch(`http://${address}/api/v1/${path}`);
    return ((await response.json()) as { data: unknown }).data;
  };
}

interface QueryResult {
  readonly result: readonly { readonly metric: Record<string, string>; readonly value: [at: number, value: string] }[];
}

describeWith('prometheus', 'Prometheus', () => {
  it('scrapes an application, and answers for its series', async () => {
    const { url, connect } = await startApp({
      imports: [
        SocketIoModule.forRoot(),
        SocketIoPrometheusModule.forRoot({ path: '/metrics', registry: new Registry(), defaultMetrics: true }),
      ],
      providers: [Chat],
    });
    const client = connect();
    await entered(client);
    await ask(client, 'say');
    const get = await startPrometheus(new URL(url).host);
    const values = async (query: string): Promise<string[]> => {
      const { result } = (await get(`query?query=${encodeURIComponent(query)}`)) as QueryResult;
      return result.map(({ value: [, value] }) => value);
    };
    await expect.poll(() => values('up{job="chat"}'), SOON).toEqual(['1']);
    await expect
      .poll(() => values('socketio_server_events_received_total{namespace="/", event="say"}'), SOON)
      .toEqual(['1']);
    expect(
      await values('histogram_quantile(1, sum by (le) (socketio_server_handler_duration_seconds_bucket))'),
    ).toEqual([expect.stringMatching(/^[\d.]+$/)]);
    const { groups } = (await get('rules')) as { groups: { rules: { name: string; health: string }[] }[] };
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(15);
    expect(rules.filter(({ health }) => health === 'err')).toEqual([]);
  });

  it('raises the alerts of docs/prometheus/alerts.yml when it should', async () => {
    const promtool = promisify(execFile);
    expect((await promtool('promtool', ['check', 'rules', RULES])).stdout).toContain('SUCCESS');
    expect((await promtool('promtool', ['test', 'rules', RULE_TESTS])).stdout).toContain('SUCCESS');
  });
});
