/** The interface of a command. A command gets all that it depends on, so that tests can run it in their own process. */

/** A stream to write to. `isTTY` decides on colours. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

export interface CommandContext {
  /** The arguments after the name of the command. */
  readonly args: readonly string[];
  /** The working directory, absolute. */
  readonly cwd: string;
  readonly out: Output;
  readonly err: Output;
}

/**
 * The exit codes of all commands:
 *
 * - `done`: nothing is left to do
 * - `attention`: the command has finished, and its output lists what a person must do or decide
 * - `failed`: the command could not run, and has changed nothing
 */
export const EXIT = { done: 0, attention: 1, failed: 2 } as const;

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** The text of `--help`. */
  readonly help: string;
  /**
   * @returns the exit code, one of {@link EXIT}
   * @throws UsageError for arguments that the command does not know; {@link CommandFailed}
   */
  run(context: CommandContext): Promise<number>;
}

/** The command cannot run. The message says why, and what to do. */
export class CommandFailed extends Error {}

/** The command line is wrong. The message is printed with a hint at `--help`. */
export class UsageError extends CommandFailed {}
