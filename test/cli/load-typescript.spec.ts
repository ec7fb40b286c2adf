import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { loadTypeScript } from '../../lib/cli/load-typescript.js';

const folders: string[] = [];

/** An application with installed packages, each with the text of its main file. */
function install(packages: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'load-typescript-'));
  folders.push(root);
  for (const [path, code] of Object.entries(packages)) {
    const folder = join(root, 'node_modules', path);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "main": "index.js" }');
    writeFileSync(join(folder, 'index.js'), code);
  }
  return root;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const API = 'exports.createSourceFile = () => {};';
const NO_API = 'exports.version = "7.0.2";'; // as TypeScript 7

describe('loadTypeScript', () => {
  it('loads the TypeScript of the application', () => {
    expect(loadTypeScript([fileURLToPath(new URL('../..', import.meta.url))]).version).toBe(ts.version);
  });

  it('takes that of Nest CLI where the application has TypeScript 7', () => {
    const nested = '@nestjs/cli/node_modules/typescript';
    const root = install({ typescript: NO_API, '@nestjs/cli': '', [nested]: `${API} exports.version = "6.0.0";` });
    expect(loadTypeScript([root]).version).toBe('6.0.0');
  });

  it('searches the packages in order', () => {
    const root = install({ typescript: `${API} exports.version = "5.9.0";` });
    expect(loadTypeScript([install({}), root]).version).toBe('5.9.0');
  });

  it('fails with the line to run', () => {
    expect(() => loadTypeScript([install({ typescript: NO_API })])).toThrow('Run: npm install --save-dev @nestjs/cli');
  });
});
