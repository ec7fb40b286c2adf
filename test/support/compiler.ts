/** The compiler of this repository, which is TypeScript 7. Specs that need the syntax tree use the API of TypeScript 6. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { requireBuild } from './build.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The path to run with `node`. */
export const TSC = `${ROOT}node_modules/typescript-7/bin/tsc`;

/** An error of the compiler: `test/types/chat.ts(12,3): error TS2345: Argument of type ...` */
export interface CompilerError {
  /** Relative to the root of the repository. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
}

/**
 * Compiles files together with the options of this repository, against the declarations in `dist`, which users get.
 * Against `lib/`, the compiler would check the types of the whole package each time, as `npm run typecheck` does.
 * @param sources relative to the root of the repository
 * @param paths modules that resolve elsewhere, relative to the root of the repository
 */
export function typeErrors(sources: readonly string[], paths: Readonly<Record<string, string>> = {}): CompilerError[] {
  requireBuild();
  mkdirSync(`${ROOT}build`, { recursive: true });
  const folder = mkdtempSync(`${ROOT}build/types-`);
  const built = { 'nest-socketio': 'dist/index.d.ts', 'nest-socketio/testing': 'dist/testing/index.d.ts' };
  const targets = Object.entries({ ...built, ...paths }).map(([name, target]) => [name, [`../../${target}`]]);
  const config = {
    extends: '../../tsconfig.json',
    compilerOptions: { rootDir: '../..', paths: Object.fromEntries(targets) as Record<string, string[]> },
    files: sources.map((source) => `../../${source}`),
    include: [],
    exclude: [],
  };
  try {
    writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(config));
    const { stdout } = spawnSync(process.execPath, [TSC, '-p', folder, '--pretty', 'false'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    return stdout
      .split(/\n(?!\s)/)
      .filter((text) => text.trim() !== '')
      .map((text) => {
        const [, where = '', line = '0'] = /^(.*?)\((\d+),\d+\): error/.exec(text) ?? [];
        return { file: where, line: Number(line), text };
      });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
