/** Programs that a test starts: each in a process group of its own, which ends with the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { type AddressInfo, createServer } from 'node:net';

export interface Program {
  readonly child: ChildProcess;
  /** Resolves to the first match in what the program prints; rejects when it ends before that. */
  readonly printed: Promise<RegExpMatchArray>;
  stop(): Promise<void>;
}

export function start(
  command: string,
  args: readonly string[],
  expected: RegExp,
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv; readonly uid?: number; readonly gid?: number },
): Program {
  const child = spawn(command, args, {
    ...options,
    env: { ...process.env, NO_COLOR: '1', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  let output = '';
  const printed = new Promise<RegExpMatchArray>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const match = expected.exec(output);
      if (match !== null) resolve(match);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void ended.then(() => reject(new Error(`${command} ended before it printed ${expected}:\n${output}`)));
  });
  printed.catch(() => {}); // whoever waits for it is told
  return {
    child,
    printed,
    async stop() {
      if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
        process.kill(-child.pid, 'SIGTERM');
      }
      await ended;
    },
  };
}

/** A port that was free a moment ago, for programs that cannot choose one by themselves. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
