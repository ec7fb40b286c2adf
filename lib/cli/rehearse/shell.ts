/** Runs the commands that restart a deployment. */
import { spawn } from 'node:child_process';

export interface Outcome {
  /** `null` if a signal ended the command. */
  readonly exitCode: number | null;
  /** The end of its output. */
  readonly output: string;
}

/** ms. A roll-out of a large deployment takes minutes. */
const TIMEOUT = 600_000;

/** Characters of the output. */
const OUTPUT = 2_000;

/** Runs a command in a shell. Resolves when it has ended, successfully or not. */
export function runInShell(command: string, cwd: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command, { cwd, shell: true, stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT });
    let output = '';
    const read = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-OUTPUT);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', (error) => resolve({ exitCode: null, output: error.message }));
    child.once('close', (exitCode) => resolve({ exitCode, output }));
  });
}
