/** The examples of a document: written to a folder, compiled like the package itself, and run by tests. */
import type { Type } from '@nestjs/common';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CONFIG = ts.readConfigFile(`${ROOT}/tsconfig.json`, (path) => ts.sys.readFile(path)) as { config: object };
const OPTIONS = ts.parseJsonConfigFileContent(CONFIG.config, ts.sys, ROOT).options;

export class Examples {
  readonly text: string;
  /** The folder of the compiled files. */
  readonly folder: string;
  /** The code blocks that start with a comment with their file name, by that name. */
  readonly files: ReadonlyMap<string, string>;

  /** @param path the path of the document, relative to the root of the repository */
  constructor(path: string) {
    this.text = readFileSync(`${ROOT}/${path}`, 'utf8');
    this.folder = `${ROOT}/build/${path.replace(/^.*\/|\.md$/g, '').toLowerCase()}`;
    this.files = new Map(
      [...this.text.matchAll(/```(?:ts|js)\n\/\/ (\S+)\n(.*?)```/gs)].map(([, name, code]) => [
        name as string,
        code as string,
      ]),
    );
  }

  /**
   * Compiles the examples without type checks: test/docs/examples.spec.ts checks the types of all pages at once.
   * @param port the port that replaces 3000
   */
  compile(port = 3000): void {
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder, { recursive: true });
    for (const [name, code] of this.files) {
      const source = code.replaceAll('3000', String(port));
      writeFileSync(
        `${this.folder}/${name.replace(/\.ts$/, '.js')}`,
        name.endsWith('.ts') ? transpile(source) : source,
      );
    }
  }

  /** Loads the exported classes of a file. */
  async load<Name extends string>(file: string): Promise<Readonly<Record<Name, Type>>> {
    return (await import(`${this.folder}/${file}.js`)) as Record<Name, Type>;
  }
}

function transpile(code: string): string {
  return ts.transpileModule(code, { compilerOptions: { ...OPTIONS, module: ts.ModuleKind.ESNext } }).outputText;
}

/** Runs Node in the root of the repository. */
export function runNode(args: readonly string[]): { status: number | null; stdout: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { status, stdout: stdout + stderr };
}
