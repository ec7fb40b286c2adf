/** Each script of the benchmark runs once with small sizes and writes the files and tables that it should. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requireBuild } from '../support/build.js';

describe('the scripts of the benchmark', { timeout: 60_000 }, () => {
  let folder: string;
  beforeEach(() => {
    requireBuild();
    folder = mkdtempSync(`${tmpdir()}/bench-`);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each([
    ['census.mjs', ['--connections', '50'], ['census-nest-socketio.md'], /\| `Connection, \d+ bytes` \| 1\.0 \|/],
    [
      'profile.mjs',
      ['--scenarios', 'echo1', '--times', '1'],
      ['profile-nest-socketio.md'],
      /\| socket write: the kernel, and C\+\+ around it \| [\d.]+ % \|/,
    ],
    [
      'ways.mjs',
      ['--quick', '--only', 'text,binary,redis'],
      ['ways.md'],
      /\| fan1000: [^|]*\|( [\d.,]+ \([\d.]+\) \|){3}\n/,
    ],
    [
      'run.mjs',
      ['--suites', 'clusters', '--quick', '--only', 'recovery,socket.io-redis'],
      ['clusters.json', 'clusters.md', 'clusters.svg'],
      /\| socket.io, adapter \| [\d.,]+ \(1\.00\) \| [\d.,]+ \(1\.00\) \| [\d,]+ \|/,
    ],
    [
      'scaling.mjs',
      ['--bulletins', '100', '--times', '1', '--sizes', '4', '--quick'],
      ['scaling.md'],
      /\n\| 4 \| Redis \|/,
    ],
    ['micro/run.mjs', ['--time', '1'], ['micro.md'], /\| dispatch: a handler \| [\d,]+ \| [\d,]+ \| [\d.]+ \|/],
    [
      'presence.mjs',
      ['--users', '40', '--rooms', '4', '--size', '10', '--quick'],
      ['presence.md'],
      /\| nest-socketio, presence \|( -?[\d,]+ \|){4}\n[^]*\| nest-socketio, presence \|/,
    ],
    [
      'scale.mjs',
      ['--connections', '400', '--rooms', '1000'],
      [
        'scale-connections-nest-socketio.svg',
        'scale-memory-nest-socketio.svg',
        'scale-nest-socketio.json',
        'scale-nest-socketio.md',
        'scale-rooms-nest-socketio.svg',
      ],
      /\n\| 400 \| [^]*\n\| 1,000 \| /,
    ],
  ])('%s', (script, args, files, printed) => {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const { stdout, stderr, status } = spawnSync(process.execPath, [path, ...args, '--out', folder], {
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(printed);
    expect(readdirSync(folder).toSorted()).toEqual(files);
    const table = files.find((file) => file.endsWith('.md')) as string;
    expect(readFileSync(`${folder}/${table}`, 'utf8')).toBe(stdout);
  });
});
