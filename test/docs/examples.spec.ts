/** The examples of all pages compile, with the compiler options of the package itself. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { requireBuild } from '../support/build.js';
import { TSC } from '../support/compiler.js';
import { Examples, runNode } from '../support/examples.js';
import { PAGES } from '../support/pages.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = `${ROOT}/build/examples`;

const pages = PAGES.flatMap((file) => Examples.stagesOf(`docs/${file}`));

it('compile', { timeout: 120_000 }, () => {
  requireBuild();
  rmSync(FOLDER, { recursive: true, force: true });
  for (const { folder, files } of [new Examples('README.md'), ...pages]) {
    for (const [name, code] of files) {
      const file = `${FOLDER}/${basename(folder)}/${name}`;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, code);
    }
  }
  // Examples import the package by its name, which is the build. Each file is a module, even without an import. Tests use
  // the global functions of vitest, as those of `nest new` do.
  const compilerOptions = { rootDir: '.', paths: {}, moduleDetection: 'force', types: ['node', 'vitest/globals'] };
  const config = { extends: '../../tsconfig.json', compilerOptions, include: ['**/*'], exclude: [] };
  writeFileSync(`${FOLDER}/tsconfig.json`, JSON.stringify(config));
  expect(runNode([TSC, '-p', FOLDER])).toEqual({ status: 0, stdout: '' });
});
