/** Finds the command that the arguments name, and runs it. */
import { didYouMean } from '../errors.js';
import { type CommandContext, CommandFailed, EXIT, UsageError } from './command.js';
import type { CommandTable } from './commands.js';
import { ownVersion } from './own-version.js';

/**
 * @param context the arguments begin with the name of the command
 * @returns the exit code
 */
export async function run(commands: CommandTable, context: CommandContext): Promise<number> {
  const { out, err } = context;
  const [name, ...args] = context.args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    out.write(await overview(commands));
    return name === undefined ? EXIT.failed : EXIT.done;
  }
  if (name === '--version' || name === '-v') {
    out.write(`${await ownVersion()}\n`);
    return EXIT.done;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    err.write(
      `There is no command "${name}"${didYouMean(name, Object.keys(commands))}.\n\n${await overview(commands)}`,
    );
    return EXIT.failed;
  }
  const command = await load();
  if (args.includes('--help') || args.includes('-h')) {
    out.write(command.help);
    return EXIT.done;
  }
  try {
    return await command.run({ ...context, args });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    const hint = error instanceof UsageError ? `\nRun "npx nest-socketio ${name} --help" for the options.` : '';
    err.write(`${error.message}${hint}\n`);
    return EXIT.failed;
  }
}

async function overview(commands: CommandTable): Promise<string> {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const rows = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => `  ${name.padEnd(width)}  ${(await load()).summary}\n`),
  );
  return `Usage: npx nest-socketio <command> [options]\n\nCommands:\n${rows.join('')}\nRun a command with --help for its options.\n`;
}
