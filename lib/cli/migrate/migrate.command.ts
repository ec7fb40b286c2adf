/** The command `migrate`: shows the migration of an application as a diff, and writes it. */
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Command, type CommandContext, CommandFailed, EXIT, UsageError } from '../command.js';
import { loadTypeScriptOf } from '../load-typescript.js';
import { readProject } from '../project/read-project.js';
import { didYouMean } from '../../errors.js';
import { ownVersion } from '../own-version.js';
import { type Migration, migrate } from './migration.js';
import { summaryOf } from './summary.js';
import { coloured, unifiedDiff } from './unified-diff.js';

const HELP = `Usage: npx nest-socketio migrate [folder] [--dry-run] [--force]

Moves an application from @nestjs/platform-socket.io to nest-socketio. It rewrites imports from socket.io, replaces
adapters by options of SocketIoModule, adds the module to the root module, takes useWebSocketAdapter out of main.ts and
changes package.json. It prints a diff, and a list of what is left to decide. Where a person must decide, it leaves a
comment "TODO(nest-socketio)". An application with an adapter that the command does not understand stays as it is.

  folder     the application or monorepo; the current folder by default
  --dry-run  print the diff, and change nothing
  --force    change files even if the git working tree has uncommitted changes
  --help     print this text

Exit codes: 0 done; 1 done, and something is left to decide or change; 2 failed, nothing was changed.
`;

const FLAGS = ['--dry-run', '--force'];

interface Arguments {
  readonly root: string;
  readonly isDry: boolean;
  readonly isForced: boolean;
}

export const migrateCommand: Command = {
  summary: 'moves an application from @nestjs/platform-socket.io',
  help: HELP,
  async run(context) {
    const { root, isDry, isForced } = readArguments(context);
    const project = await readProject(root);
    const typescript = loadTypeScriptOf(root, project);
    const migration = migrate(typescript, project, await ownVersion());
    if (!isDry && !isForced) await refuseDirtyTree(root, migration);
    const diff = migration.changes.map(({ path, before, after }) => unifiedDiff(path, before, after)).join('');
    const isColoured = context.out.isTTY === true && process.env['NO_COLOR'] === undefined;
    context.out.write(isColoured ? coloured(diff) : diff);
    if (!isDry) await write(root, migration);
    context.out.write(summaryOf(project, migration, isDry));
    return migration.decisions.length + migration.clients.length > 0 ? EXIT.attention : EXIT.done;
  },
};

/** @throws UsageError */
function readArguments({ args, cwd }: CommandContext): Arguments {
  const flags = args.filter((one) => one.startsWith('-'));
  const folders = args.filter((one) => !one.startsWith('-'));
  for (const flag of flags) {
    if (!FLAGS.includes(flag)) throw new UsageError(`migrate has no option ${flag}${didYouMean(flag, FLAGS)}.`);
  }
  if (folders.length > 1) throw new UsageError(`migrate takes one folder, got ${folders.join(' and ')}.`);
  return {
    root: resolve(cwd, folders[0] ?? '.'),
    isDry: flags.includes('--dry-run'),
    isForced: flags.includes('--force'),
  };
}

/** @throws CommandFailed if git could not restore what the migration changes */
async function refuseDirtyTree(root: string, { changes }: Migration): Promise<void> {
  if (changes.length === 0) return;
  const status = await promisify(execFile)('git', ['status', '--porcelain', '-uall', '--', '.'], { cwd: root }).catch(
    () => null,
  );
  if (status === null) return; // no repository, or no git
  const prefix = await promisify(execFile)('git', ['rev-parse', '--show-prefix'], { cwd: root });
  const changed = new Set(changes.map(({ path }) => prefix.stdout.trim() + path));
  const dirty = status.stdout
    .split('\n')
    .filter((line) => line !== '')
    .filter((line) => !line.startsWith('??') || changed.has(line.slice(3)))
    .map((line) => line.slice(3));
  if (dirty.length === 0) return;
  throw new CommandFailed(
    'The git working tree must be clean, so that you can review and undo the migration, but ' +
      `${dirty.length === 1 ? 'this file has' : 'these files have'} uncommitted changes:\n` +
      `${dirty
        .slice(0, 10)
        .map((path) => `  ${path}\n`)
        .join('')}${dirty.length > 10 ? `  and ${dirty.length - 10} more\n` : ''}` +
      'Commit or stash them, or run the command with --dry-run or --force.',
  );
}

async function write(root: string, { changes }: Migration): Promise<void> {
  for (const { path, after } of changes) {
    if (after === null) await rm(join(root, path));
    else await writeFile(join(root, path), after);
  }
}
