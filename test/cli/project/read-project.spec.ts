import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readProject } from '../../../lib/cli/project/read-project.js';

describe('readProject', () => {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'read-project-'));
    const files = [
      'package.json',
      'nest-cli.json',
      'tsconfig.build.json',
      'pnpm-lock.yaml',
      'README.md',
      'src/main.ts',
      'web/App.vue',
      'web/lib.min.js',
      'node_modules/x/index.js',
      'dist/main.js',
      '.cache/a.ts',
    ];
    for (const file of files) {
      mkdirSync(join(root, dirname(file)), { recursive: true });
      writeFileSync(join(root, file), file === 'package.json' ? '{}' : 'text');
    }
    writeFileSync(join(root, 'src/bundle.js'), 'x'.repeat(1_000_001));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it('reads sources and configuration, and not what is installed, built or bundled', async () => {
    const { files } = await readProject(root);
    expect([...files.keys()]).toEqual([
      'nest-cli.json',
      'package.json',
      'pnpm-lock.yaml',
      'src/main.ts',
      'tsconfig.build.json',
      'web/App.vue',
    ]);
    expect([files.get('src/main.ts'), files.get('pnpm-lock.yaml')]).toEqual(['text', '']);
  });

  it('refuses a folder without a package.json', async () => {
    await expect(readProject(join(root, 'src'))).rejects.toThrow('must have a package.json');
  });
});
