import { tmpdir } from 'node:os';
import { realpathSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runInShell } from '../../../lib/cli/rehearse/shell.js';

describe('runInShell', () => {
  it('returns exit code and output of a shell command', async () => {
    const folder = realpathSync(tmpdir());
    expect(await runInShell('pwd && echo no >&2 && exit 3', folder)).toEqual({
      exitCode: 3,
      output: `${folder}\nno\n`,
    });
  });

  it('keeps the end of the output', async () => {
    const { output } = await runInShell('printf %02999d1 0', tmpdir());
    expect(output).toBe(`${'0'.repeat(1_999)}1`);
  });

  it('has no exit code if a signal ended the command, or it could not start', async () => {
    expect(await runInShell('kill $$', tmpdir())).toEqual({ exitCode: null, output: '' });
    expect(await runInShell('true', '/no/such/folder')).toMatchObject({ exitCode: null });
  });
});
