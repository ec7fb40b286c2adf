/**
 * The runner of `npm test`: a failure in any script fails the run and stops the other scripts. The runner waits until
 * every process that holds its output has ended, so a process left behind would time these tests out.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const RUNNER = fileURLToPath(new URL('run.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'run-'));

const SCRIPTS = {
  fine: 'echo fine out; echo fine err >&2',
  broken: 'echo about to break; exit 3',
  endless: 'echo endless; sleep 600',
  fakeTests: "printf ' Test Files  1 passed (1)\\n      Tests  1 failed | 20 passed | 2 skipped (23)\\n'",
  moreTests: "printf '      Tests  300 passed (300)\\n'",
};

beforeAll(() => {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, scripts: SCRIPTS }));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...stages: string[]): { status: number | null; lines: string[] } {
  const { status, stdout } = spawnSync(process.execPath, [RUNNER, ...stages], { cwd: folder, encoding: 'utf8' });
  return { status, lines: stdout.trimEnd().split('\n') };
}

it('prints the output of each script in one piece, and how long each took', () => {
  const { status, lines } = run('fine,moreTests', 'fine');
  expect(status).toBe(0);
  const first = lines.indexOf('> fine');
  expect(lines.slice(first, first + 3).toSorted()).toEqual(['> fine', 'fine err', 'fine out']);
  expect(lines.filter((line) => /^(fine|moreTests) took \d+\.\d s$/.test(line))).toHaveLength(3);
});

it('ends with the sum of all tests', () => {
  expect(run('fakeTests', 'moreTests').lines.at(-1)).toBe('320 passed, 1 failed, 2 skipped');
  expect(run('moreTests', 'moreTests').lines.at(-1)).toBe('600 passed, 0 failed');
});

it('fails when one script fails, stops the others, and does not start the next stage', () => {
  const { status, lines } = run('endless,broken', 'fine');
  expect(status).toBe(1);
  expect(lines).toContain('about to break');
  expect(lines).toContainEqual(expect.stringMatching(/^broken failed \(3\) after/));
  expect(lines).toContainEqual(expect.stringMatching(/^endless stopped after/));
  expect(lines).not.toContain('> fine');
});

it('fails for a script that does not exist', () => {
  expect(run('missing').status).toBe(1);
});

it.each(['SIGINT', 'SIGTERM'] as const)('stops everything at %s', async (signal) => {
  const runner = spawn(process.execPath, [RUNNER, 'endless', 'fine'], { cwd: folder });
  let output = '';
  runner.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    if (/^endless$/m.test(chunk)) runner.kill(signal);
  });
  expect(await once(runner, 'close')).toEqual([1, null]);
  expect(output).toMatch(/^endless stopped after/m);
  expect(output).not.toContain('> fine');
});
