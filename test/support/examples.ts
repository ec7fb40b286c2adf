/** The examples of a document: written to a folder, compiled like the package itself, and run by tests. */
import type { Type } from '@nestjs/common';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CONFIG = ts.readConfigFile(`${ROOT}/tsconfig.json`, (path) => ts.sys.readFile(path)) as { config: object };
const OPTIONS = ts.parseJsonConfigFileContent(CONFIG.config, ts.sys, ROOT).options;

/** A code block that starts with a comment with the name of its file. */
const FILE = /```(?:ts|js)\n\/\/ (\S+)\n(.*?)```/gs;

export class Examples {
  readonly text: string;
  /** The folder of the compiled files. */
  readonly folder: string;
  /** The code blocks that start with a comment with their file name, by that name. */
  readonly files: ReadonlyMap<string, string>;

  /**
   * @param path the path of the document, relative to the root of the repository
   * @param before the heading of a section: the document is read up to there, with its files as they are by then
   */
  constructor(path: string, before?: string) {
    const text = readFileSync(`${ROOT}/${path}`, 'utf8');
    const name = path.replace(/^.*\/|\.md$/g, '').toLowerCase();
    this.text = before === undefined ? text : text.slice(0, text.indexOf(`\n## ${before}\n`) + 1);
    this.folder = `${ROOT}/build/${name}${before === undefined ? '' : `-before-${before.replaceAll(/\W+/g, '-')}`}`;
    this.files = new Map([...this.text.matchAll(FILE)].map(([, name, code]) => [name as string, code as string]));
  }

  /** Returns the document as far as each section that shows a file again, and the whole document. */
  static stagesOf(path: string): Examples[] {
    const whole = new Examples(path);
    const shown = new Set<string>();
    const stages: Examples[] = [];
    for (const section of whole.text.split(/^## /m)) {
      const files = [...section.matchAll(FILE)].map(([, name]) => name as string);
      if (files.some((name) => shown.has(name))) stages.push(new Examples(path, section.split('\n', 1)[0]));
      for (const name of files) shown.add(name);
    }
    return [...stages, whole];
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
      const file = `${this.folder}/${name.replace(/\.ts$/, '.js')}`;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, name.endsWith('.ts') ? transpile(source) : source);
    }
  }

  /** Loads the exported classes of a file. */
  async load<Name extends string>(file: string): Promise<Readonly<Record<Name, Type>>> {
    return (await import(`${this.folder}/${file}.js`)) as Record<Name, Type>;
  }
}

/** Compiles TypeScript with the options of this repository, without type checks. */
export function transpile(code: string): string {
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
