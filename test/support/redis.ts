/** A Redis server of the test's own: nothing on disk, ended with the suite. */
import { freePort, type Program, start } from './process.js';

export interface Redis {
  readonly port: number;
  stop(): Promise<void>;
}

/** @param at a port, if another server's place is to be taken; a free one otherwise */
export async function startRedis(at?: number): Promise<Redis> {
  const port = at ?? (await freePort());
  const program: Program = start(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    /Ready to accept connections/,
    { cwd: '/' },
  );
  await program.printed;
  return { port, stop: () => program.stop() };
}
