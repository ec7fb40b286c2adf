/**
 * A copy of an application of this folder: compiled, started and migrated as its authors would, in a Git repository.
 * Its `node_modules` contains what its package.json asks for. They are symbolic links, which Node does not follow when
 * it resolves imports: a package that is not linked cannot be found.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { TSC } from '../support/compiler.js';
import { type Program, start } from '../support/process.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COMMAND = `${ROOT}dist/cli/main.js`;

/** Linked only if the package.json of the application names them. The first brings the second with it. */
const PLATFORM = '@nestjs/platform-socket.io';
const SOCKET_IO = 'socket.io';

/** A process of an application. */
export interface Launch {
  readonly main: string;
  /** Options of Node, such as `['-r', 'tsconfig-paths/register']`. */
  readonly node?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export class Application {
  readonly #folder: string;
  readonly #programs: Program[] = [];

  /** @param name a folder next to this file */
  constructor(name: string) {
    const parent = mkdtempSync(join(tmpdir(), 'nest-socketio-migration-'));
    this.#folder = join(parent, name);
    cpSync(fileURLToPath(new URL(name, import.meta.url)), this.#folder, { recursive: true });
  }

  /** Makes the first commit, as the command asks for a clean work tree. */
  async commit(): Promise<void> {
    await this.#git('init', '--quiet');
    await this.#git('add', '.');
    await this.#git('-c', 'user.name=a', '-c', 'user.email=a@localhost', 'commit', '--quiet', '-m', 'Start');
  }

  /** Replaces `node_modules`, as `npm install` does after a change of package.json. */
  install(): void {
    const { dependencies, devDependencies } = JSON.parse(this.read('package.json')) as {
      readonly dependencies: Readonly<Record<string, string>>;
      readonly devDependencies: Readonly<Record<string, string>>;
    };
    const named = new Set([...Object.keys(dependencies), ...Object.keys(devDependencies)]);
    if (named.has(PLATFORM)) named.add(SOCKET_IO);
    const modules = join(this.#folder, 'node_modules');
    rmSync(modules, { recursive: true, force: true });
    for (const name of installedPackages()) {
      if (![PLATFORM, SOCKET_IO].includes(name) || named.has(name)) link(`${ROOT}node_modules/${name}`, modules, name);
    }
    if (named.has('nest-socketio')) {
      for (const file of ['package.json', 'dist']) link(`${ROOT}${file}`, join(modules, 'nest-socketio'), file);
    }
  }

  /** @throws with the errors of the compiler */
  async compile(config: string): Promise<void> {
    await this.#run(process.execPath, TSC, '-p', config, '--pretty', 'false');
  }

  /** Runs `nest-socketio migrate`. @returns its output */
  migrate(...options: string[]): Promise<string> {
    return this.#run(process.execPath, COMMAND, 'migrate', ...options);
  }

  /** Starts a process. Resolves with the address that it prints when it listens. */
  async start({ main, node = [], env }: Launch): Promise<string> {
    const program = start(
      process.execPath,
      ['--preserve-symlinks', '--preserve-symlinks-main', ...node, main],
      /http:\/\/[\w.:[\]]+/,
      { cwd: this.#folder, env: { ...env, HOST: '127.0.0.1' } },
    );
    this.#programs.push(program);
    return (await program.printed)[0];
  }

  async stop(): Promise<void> {
    await Promise.all(this.#programs.splice(0).map((program) => program.stop()));
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(join(this.#folder, '..'), { recursive: true });
  }

  read(file: string): string {
    return readFileSync(join(this.#folder, file), 'utf8');
  }

  /** The text of each file of the application, by its path. */
  files(): Readonly<Record<string, string>> {
    const files = readdirSync(this.#folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(this.#folder.length + 1))
      .filter((file) => !/^(\.git|dist|node_modules)\//.test(file));
    return Object.fromEntries(files.toSorted().map((file) => [file, this.read(file)]));
  }

  #git(...args: string[]): Promise<string> {
    return this.#run('git', ...args);
  }

  async #run(command: string, ...args: string[]): Promise<string> {
    try {
      const env = { ...process.env, NO_COLOR: '1' };
      return (await promisify(execFile)(command, args, { cwd: this.#folder, env })).stdout;
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
    }
  }
}

/** The names of all packages in `node_modules` of this repository. */
function installedPackages(): string[] {
  return readdirSync(`${ROOT}node_modules`).flatMap((name) =>
    name.startsWith('.')
      ? []
      : name.startsWith('@')
        ? readdirSync(`${ROOT}node_modules/${name}`).map((part) => `${name}/${part}`)
        : [name],
  );
}

function link(target: string, folder: string, name: string): void {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  symlinkSync(target, path);
}
