/** A Redis server for one run, on a Unix socket in a temporary folder that is deleted afterwards. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL = 20; // ms
const DEADLINE = 10_000; // ms to start

/** @returns the socket's `path` and a function to `stop` the server; `null` if no `redis-server` can be started */
export async function startRedis() {
  const folder = mkdtempSync(join(tmpdir(), 'bench-redis-'));
  const path = join(folder, 'socket');
  const args = ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', args, { cwd: folder, stdio: 'ignore' });
  const ended = Promise.race([once(child, 'exit'), once(child, 'error').catch((error) => error)]);
  const failed = new AbortController();
  void ended.then(() => failed.abort());
  const over = AbortSignal.any([failed.signal, AbortSignal.timeout(DEADLINE)]);
  while (!over.aborted && !existsSync(path)) await sleep(POLL); // it is created when the server listens
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  };
  if (!over.aborted) return { path, stop };
  await stop();
  return null;
}
