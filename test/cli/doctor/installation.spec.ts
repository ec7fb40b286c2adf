import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Installation } from '../../../lib/cli/doctor/installation.js';

let root: string;

function install(folder: string, version: string): void {
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, folder, 'package.json'), JSON.stringify({ version }));
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'installation-'));
  install('node_modules/a', '1.0.0');
  install('apps/api/node_modules/a', '2.0.0');
  install('store/c@3.0.0/node_modules/c', '3.0.0');
  install('store/c@3.0.0/node_modules/a', '4.0.0');
  symlinkSync(join(root, 'store/c@3.0.0/node_modules/c'), join(root, 'node_modules/c'));
});

afterAll(() => rmSync(root, { recursive: true }));

describe('an installation', () => {
  it.each([
    ['a', '', '1.0.0', 'node_modules/a'],
    ['a', 'apps/api', '2.0.0', 'apps/api/node_modules/a'],
    ['a', 'apps/web', '1.0.0', 'node_modules/a'],
    ['c', 'apps/api', '3.0.0', 'store/c@3.0.0/node_modules/c'],
  ])('has for the import of %s in "%s" the version %s', (name, from, version, folder) => {
    const installation = new Installation(root);
    const found = installation.find(name, from);
    expect(found?.version).toBe(version);
    expect(installation.shown(found?.folder ?? '')).toBe(folder);
  });

  it('follows imports of packages behind symbolic links', () => {
    const installation = new Installation(root);
    const { folder = '' } = installation.find('c', '') ?? {};
    expect(installation.find('a', folder)?.version).toBe('4.0.0');
  });

  it('knows what is not installed', () => {
    expect(new Installation(root).find('nest-socketio-that-is-not-there', 'apps')).toBeNull();
  });
});
