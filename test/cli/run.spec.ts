import { describe, expect, it } from 'vitest';
import { type Command, CommandFailed, UsageError } from '../../lib/cli/command.js';
import { COMMANDS } from '../../lib/cli/commands.js';
import { run } from '../../lib/cli/run.js';

const echo: Command = {
  summary: 'prints its arguments',
  help: 'Usage: echo\n',
  run: ({ args, out }) => {
    if (args[0] === 'usage') throw new UsageError('echo has no option usage.');
    if (args[0] === 'fail') throw new CommandFailed('It cannot run.');
    if (args[0] === 'bug') throw new TypeError('a bug');
    out.write(args.join(' '));
    return Promise.resolve(1);
  },
};

async function runEcho(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const result = { code: -1, out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({ write: (text: string) => (result[name] += text) });
  const context = { args, cwd: '/', out: stream('out'), err: stream('err') };
  result.code = await run({ echo: () => Promise.resolve(echo) }, context);
  return result;
}

describe('run', () => {
  it('passes the arguments, and returns the exit code of the command', async () => {
    expect(await runEcho('echo', 'a', '--b')).toEqual({ code: 1, out: 'a --b', err: '' });
  });

  it.each(['--help', '-h', 'help'])('lists the commands for %s', async (flag) => {
    const { code, out } = await runEcho(flag);
    expect(code).toBe(0);
    expect(out).toContain('  echo  prints its arguments\n');
  });

  it('lists the commands and fails without one', async () => {
    expect(await runEcho()).toMatchObject({ code: 2, out: expect.stringContaining('Usage: npx nest-socketio') });
  });

  it('suggests the command that was meant', async () => {
    const { code, err } = await runEcho('ecko');
    expect(code).toBe(2);
    expect(err).toContain('There is no command "ecko" (did you mean "echo"?).');
  });

  it('prints the help of a command, and the version', async () => {
    expect(await runEcho('echo', '--help')).toEqual({ code: 0, out: 'Usage: echo\n', err: '' });
    expect((await runEcho('--version')).out).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('prints why a command failed, with a hint at its help if the arguments are wrong', async () => {
    expect(await runEcho('echo', 'fail')).toEqual({ code: 2, out: '', err: 'It cannot run.\n' });
    expect((await runEcho('echo', 'usage')).err).toBe(
      'echo has no option usage.\nRun "npx nest-socketio echo --help" for the options.\n',
    );
  });

  it('does not hide a bug', async () => {
    await expect(runEcho('echo', 'bug')).rejects.toThrow('a bug');
  });
});

describe('the table of commands', () => {
  it.each(Object.keys(COMMANDS))('loads %s, with a summary and a help', async (name) => {
    const command = await COMMANDS[name]?.();
    expect(command?.summary).toMatch(/^[a-z].*[^.]$/);
    expect(command?.help).toContain(`npx nest-socketio ${name}`);
  });
});
