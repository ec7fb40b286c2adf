/** The command refuses wrong arguments before it connects. test/docs/rehearsal.spec.ts runs it on a deployment. */
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../lib/cli/command.js';
import { rehearseCommand } from '../../../lib/cli/rehearse/rehearse.command.js';
import { readPlan } from '../../../lib/cli/rehearse/plan.js';

describe('the command rehearse', () => {
  it('prints nothing and connects to nothing if the arguments are wrong', async () => {
    const out = { write: () => expect.unreachable() };
    const failed = rehearseCommand.run({ args: ['--url', 'https://example.com'], cwd: '/', out, err: out });
    await expect(failed).rejects.toThrow(UsageError);
  });

  it('explains each option', () => {
    const named = [...rehearseCommand.help.matchAll(/^ {2}--([\w-]+) [A-Z]/gm)].map(([, name]) => name as string);
    expect(named).toHaveLength(15);
    for (const name of named) {
      expect(() => readPlan(['--url', 'http://localhost', `--${name}`, '\0'])).not.toThrow(/Unknown option/);
    }
  });
});
