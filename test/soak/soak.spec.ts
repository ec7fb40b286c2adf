/** A soak of some seconds with a part of the clients: every check passes, and the report has what it should. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requireBuild } from '../support/build.js';
import type { Check, Results } from './checks.mjs';

const RUN = fileURLToPath(new URL('run.mjs', import.meta.url));
const SMALL = ['--clients', '40', '--share', '0.2', '--seed', '12'];

let folder: string;

beforeEach(() => {
  requireBuild();
  folder = mkdtempSync(`${tmpdir()}/soak-`);
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Report extends Results {
  readonly checks: readonly Check[];
  readonly samples: readonly { readonly rss: number; readonly latency: { readonly count: number } }[];
}

function report(): Report {
  return JSON.parse(readFileSync(`${folder}/soak.json`, 'utf8')) as Report;
}

describe('npm run soak', () => {
  it('finds nothing wrong, and writes a report with plots', { timeout: 90_000 }, () => {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [RUN, '--minutes', '0.15', ...SMALL, '--out', folder],
      { encoding: 'utf8' },
    );
    const { checks, samples, healthy, bad, kinds } = report();
    expect(checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^0\.15 minutes of traffic, \d+ s in all, seed 12\. 40 healthy clients/);
    expect(stdout).toContain('All checks passed.');
    for (const kind of kinds) expect(stdout).toContain(`| ${kind} | ${bad?.acts[kind]?.done} |`);
    expect(healthy?.heard).toBeGreaterThan(500);
    expect(samples.filter(({ latency }) => latency.count > 0).length).toBeGreaterThan(5);
    expect(readdirSync(folder).toSorted()).toEqual(['soak-latency.svg', 'soak-memory.svg', 'soak.json', 'soak.md']);
    expect(readFileSync(`${folder}/soak-memory.svg`, 'utf8')).toMatch(/^<svg [^]*Memory of the server[^]*<\/svg>\n$/);
  });

  it('reports what it has when it is interrupted', { timeout: 60_000 }, async () => {
    const run = spawn(process.execPath, [RUN, '--minutes', '60', ...SMALL, '--out', folder]);
    let printed = '';
    run.stdout.on('data', (chunk) => (printed += chunk));
    await once(run.stderr, 'data'); // it has started
    run.kill('SIGINT');
    await once(run, 'close');
    expect(printed).toMatch(/^Interrupted\. 60 minutes of traffic/);
    expect(report()).toMatchObject({ wasInterrupted: true, crash: null });
  });
});
