/** A Redis server of the test's own: on a free port, nothing on disk, ended with the suite. */
import { createServer, type AddressInfo } from 'node:net';
import { type Program, start } from './process.js';

export interface Redis {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startRedis(): Promise<Redis> {
  const port = await freePort();
  const program: Program = start(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    /Ready to accept connections/,
    { cwd: '/' },
  );
  await program.printed;
  return { port, stop: () => program.stop() };
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
