import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it, vi } from 'vitest';

describe('ownVersion', () => {
  beforeEach(() => {
    vi.resetModules();
    vi.doUnmock('node:fs');
  });

  it('is that of package.json', async () => {
    const { ownVersion } = await import('../../lib/cluster/own-version.js');
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect([ownVersion(), ownVersion()]).toEqual([version, version]);
  });

  it('is unknown if the file is not there', async () => {
    vi.doMock('node:fs', () => ({
      readFileSync: () => {
        throw new Error('ENOENT');
      },
    }));
    const { ownVersion } = await import('../../lib/cluster/own-version.js');
    expect(ownVersion()).toBe('unknown');
  });
});
