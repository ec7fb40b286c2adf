/**
 * A copy of an application of this folder: compiled, started and migrated in a Git repository of its own.
 * Its `node_modules` contains what its package.json asks for. They are symbolic links, which Node does not follow when
 * it resolves imports: a package that is not linked cannot be found.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { EXIT } from '../../lib/cli/command.js';
import { COMMANDS } from '../../lib/cli/commands.js';
import { run } from '../../lib/cli/run.js';
import { TSC } from '../support/compiler.js';
import { type Program, start } from '../support/process.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COMMAND = `${ROOT}dist/cli/main.js`;

/** Linked only if the package.json of the application names them. The first depends on the second. */
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
  readonly folder: string;
  readonly #source: string;
  readonly #programs: Program[] = [];

  /** @param name a folder next to this file */
  constructor(name: string) {
    this.#source = fileURLToPath(new URL(name, import.meta.url));
    this.folder = join(tmpdir(), `nest-socketio-migration-${process.pid}`, name);
  }

  /** Makes the copy. */
  create(): void {
    cpSync(this.#source, this.folder, { recursive: true });
  }

  /** Commits everything, so that the command finds a clean work tree. */
  async commit(): Promise<void> {
    await this.#run('git', 'init', '--quiet');
    await this.#run('git', 'add', '.');
    const author = ['-c', 'user.name=author', '-c', 'user.email=author@localhost'];
    await this.#run('git', ...author, 'commit', '--quiet', '--message', 'Work');
  }

  /** Replaces `node_modules`, as `npm install` does after a change of package.json. */
  install(): void {
    const { dependencies, devDependencies } = JSON.parse(this.read('package.json')) as {
      readonly dependencies: Readonly<Record<string, string>>;
      readonly devDependencies: Readonly<Record<string, string>>;
    };
    const named = new Set([...Object.keys(dependencies), ...Object.keys(devDependencies)]);
    if (named.has(PLATFORM)) named.add(SOCKET_IO);
    const modules = join(this.folder, 'node_modules');
    rmSync(modules, { recursive: true, force: true });
    for (const name of installedPackages()) {
      if (![PLATFORM, SOCKET_IO].includes(name) || named.has(name)) link(sourceOf(name), modules, name);
    }
    if (named.has('nest-socketio')) {
      for (const file of ['package.json', 'dist']) link(`${ROOT}${file}`, join(modules, 'nest-socketio'), file);
    }
  }

  /** Runs `nest-socketio migrate`. @returns its output */
  migrate(): Promise<string> {
    return execute(process.execPath, [COMMAND, 'migrate'], this.folder, [EXIT.done, EXIT.attention]);
  }

  /** Runs `nest-socketio migrate` in this process, which is faster. @returns its output */
  async migrateHere(...options: string[]): Promise<string> {
    let output = '';
    const stream = { write: (text: string) => (output += text) };
    await run(COMMANDS, { args: ['migrate', ...options], cwd: this.folder, out: stream, err: stream });
    return output;
  }

  /** Starts a process. Resolves with the address that it prints when it listens. */
  async start({ main, node = [], env }: Launch): Promise<string> {
    const program = start(
      process.execPath,
      ['--preserve-symlinks', '--preserve-symlinks-main', ...node, main],
      /http:\/\/[\w.:[\]]+/,
      { cwd: this.folder, env: { ...env, HOST: '127.0.0.1' } },
    );
    this.#programs.push(program);
    return (await program.printed)[0];
  }

  async stop(): Promise<void> {
    await Promise.all(this.#programs.splice(0).map((program) => program.stop()));
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8');
  }

  /** The text of each file of the application, by its path. */
  files(): Readonly<Record<string, string>> {
    const files = readdirSync(this.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(this.folder.length + 1))
      .filter((file) => !/^(\.git|dist|node_modules)\/|\.tsbuildinfo$/.test(file));
    return Object.fromEntries(files.toSorted().map((file) => [file, this.read(file)]));
  }

  #run(command: string, ...args: string[]): Promise<string> {
    return execute(command, args, this.folder);
  }
}

/**
 * Compiles applications together, which takes half of the time.
 * @param configs the files with the options of the compiler
 * @param options.checks whether to check types too
 * @throws with the errors of the compiler
 */
export async function compile(configs: readonly string[], { checks }: { readonly checks: boolean }): Promise<void> {
  const flags = ['--pretty', 'false', '--noCheck', String(!checks)];
  await execute(process.execPath, [TSC, '--build', ...configs, ...flags], ROOT);
}

/**
 * @param codes the exit codes that are expected
 * @returns the output of a command. If it fails, the output is the message of the error
 */
async function execute(command: string, args: readonly string[], cwd: string, codes = [0]): Promise<string> {
  try {
    return (await promisify(execFile)(command, args, { cwd, env: { ...process.env, NO_COLOR: '1' } })).stdout;
  } catch (error) {
    const { stdout = '', stderr = '', code = -1 } = error as { stdout?: string; stderr?: string; code?: number };
    if (codes.includes(code)) return stdout;
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
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

/** npm installs one copy of `socket.io` in an application, which has the version that Nest's package wants. */
function sourceOf(name: string): string {
  const nested = `${ROOT}node_modules/${PLATFORM}/node_modules/${name}`;
  return name === SOCKET_IO && existsSync(nested) ? nested : `${ROOT}node_modules/${name}`;
}

function link(target: string, folder: string, name: string): void {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  symlinkSync(target, path);
}
