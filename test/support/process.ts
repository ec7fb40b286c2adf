/** Starts programs for tests, each in its own process group, so that stopping one stops its children too. */
import { type ChildProcess, spawn } from 'node:child_process';
import { type AddressInfo, createServer } from 'node:net';

export interface Program {
  readonly child: ChildProcess;
  /** Resolves with the first match in the output of the program; rejects if the program ends first. */
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
  printed.catch(() => {}); // a test may not await it
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

/** Resolves with a port that was free a moment ago, for programs that cannot choose a free port. */
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
