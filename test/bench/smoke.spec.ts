/** The benchmark works: every contender runs every scenario, and every delivery is verified. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireBuild } from '../support/build.js';

interface Results {
  readonly contenders: readonly { readonly id: string }[];
  readonly scenarios: readonly { readonly id: string }[];
  readonly cells: Record<string, Record<string, { readonly failure: string | null; readonly verified: number }>>;
}

/** The number of deliveries in each scenario with `--quick`. */
const DELIVERIES = {
  connect: 40,
  echo1: 10 * 10,
  echo16: 10 * 20,
  fan64: 64 * 10,
  fan64burst: 64 * 20,
  rooms: 20 * 5,
  chat: 10 * 10 * 5,
  latency: 50,
  memory: 100,
};
const CONTENDERS = ['nest-socketio', 'platform-socket.io', 'socket.io', 'platform-ws', 'ws'];

let folder: string;
let results: Results;
let printed: string;

beforeAll(() => {
  requireBuild();
  folder = mkdtempSync(`${tmpdir()}/bench-`);
  const run = fileURLToPath(new URL('run.mjs', import.meta.url));
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [run, '--suites', 'servers', '--quick', '--out', folder],
    {
      encoding: 'utf8',
    },
  );
  expect(status, stderr).toBe(0);
  printed = stdout;
  results = JSON.parse(readFileSync(`${folder}/results.json`, 'utf8')) as Results;
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('npm run bench -- --suites servers --quick', () => {
  it('compares all contenders', () => {
    expect(results.contenders.map(({ id }) => id)).toEqual(CONTENDERS);
    expect(results.scenarios.map(({ id }) => id)).toEqual(Object.keys(DELIVERIES));
  });

  it.each(Object.entries(DELIVERIES))('verifies every delivery of %s, with every contender', (scenario, count) => {
    const expected = { failure: null, verified: count };
    const able = CONTENDERS.filter((id) => scenario !== 'rooms' || id !== 'platform-ws');
    expect(results.cells[scenario]).toEqual(
      Object.fromEntries(able.map((id) => [id, expect.objectContaining(expected) as unknown])),
    );
  });

  it('writes its results, a table and plots', () => {
    expect(readdirSync(folder).toSorted()).toEqual([
      'cpu.svg',
      'latency.svg',
      'memory.svg',
      'results.json',
      'results.md',
    ]);
    expect(readFileSync(`${folder}/results.md`, 'utf8').trim()).toBe(printed.trim());
    expect(readFileSync(`${folder}/cpu.svg`, 'utf8')).toMatch(/^<svg [^]*nest-socketio[^]*<\/svg>\n$/);
  });
});
