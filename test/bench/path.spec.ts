/** Guards the length of the path that an event takes through the package: a new file on it must be worth its place. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { requireBuild } from '../support/build.js';

/** The largest number of files that each may pass through. */
const MAX_FILES = { '`@Event` with acknowledgement': 29, 'broadcast to a room of 3': 20 };

describe('path.mjs', () => {
  it('counts no more files than each path may pass through', { timeout: 60_000 }, () => {
    requireBuild();
    const script = fileURLToPath(new URL('path.mjs', import.meta.url));
    const { stdout, stderr, status } = spawnSync(process.execPath, [script, '--list'], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    for (const [title, max] of Object.entries(MAX_FILES)) {
      const row = stdout.split('\n').find((line) => line.startsWith(`| ${title} |`));
      const files = Number(row?.split(' | ')[1]);
      expect(files, stdout).toBeGreaterThan(0);
      expect(files, stdout).toBeLessThanOrEqual(max);
    }
  });
});
