/** Starts a NATS server for a test. */
import { readdirSync, readFileSync } from 'node:fs';
import { NATS } from './programs.mjs';
import { freePort, start } from './process.js';

export interface Nats {
  readonly port: number;
  readonly url: string;
  /** `SIGKILL` ends it without a farewell, `SIGSTOP` makes it silent until `SIGCONT`. */
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Whether `SIGSTOP` has taken effect: each thread stops when it is scheduled next. */
  readonly isStopped: boolean;
  stop(): Promise<void>;
}

export interface NatsOptions {
  /** The port, to replace a server that was stopped. @default a free port */
  readonly port?: number;
  /** The folder in which JetStream stores its data. Without it, there is no JetStream. */
  readonly folder?: string;
  /** More arguments, such as `--user`. */
  readonly args?: readonly string[];
}

export async function startNats({ port, folder, args = [] }: NatsOptions = {}): Promise<Nats> {
  const at = port ?? (await freePort());
  const jetStream = folder === undefined ? [] : ['--jetstream', '--store_dir', folder];
  const program = start(NATS, ['--addr', '127.0.0.1', '--port', String(at), ...jetStream, ...args], /Server is ready/, {
    cwd: '/',
  });
  await program.printed;
  return {
    port: at,
    url: `nats://127.0.0.1:${at}`,
    signal: (name) => void program.child.kill(name),
    get isStopped() {
      const threads = `/proc/${program.child.pid}/task`;
      return readdirSync(threads).every((thread) =>
        /^State:\tT/m.test(readFileSync(`${threads}/${thread}/status`, 'utf8')),
      );
    },
    stop: async () => {
      program.child.kill('SIGCONT'); // a stopped process does not end
      program.child.kill('SIGKILL');
      await program.stop();
    },
  };
}
