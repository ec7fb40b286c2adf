/** Starts a Redis server for a test. It stores nothing on disk. */
import { freePort, type Program, start } from './process.js';

export interface Redis {
  readonly port: number;
  /** `SIGKILL` ends it without a farewell, `SIGSTOP` makes it silent until `SIGCONT`. */
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  stop(): Promise<void>;
}

/**
 * @param at the port, to replace a server that was stopped; a free port by default
 * @param options further options of the program
 */
export async function startRedis(at?: number, options: readonly string[] = []): Promise<Redis> {
  const port = at ?? (await freePort());
  const program: Program = start(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...options],
    /Ready to accept connections/,
    { cwd: '/' },
  );
  await program.printed;
  return { port, signal: (name) => void program.child.kill(name), stop: () => program.stop() };
}
