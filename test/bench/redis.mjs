/** A Redis server for the time of a run, on a socket in a folder of its own: nothing of it stays. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL = 20; // ms
const DEADLINE = 10_000; // ms to start

/** @returns its `path`, and how to `stop` it; `null` where no `redis-server` can be started */
export async function startRedis() {
  const folder = mkdtempSync(join(tmpdir(), 'bench-redis-'));
  const path = join(folder, 'socket');
  const args = ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', args, { cwd: folder, stdio: 'ignore' });
  const ended = Promise.race([once(child, 'exit'), once(child, 'error').catch((error) => error)]);
  const failed = new AbortController();
  void ended.then(() => failed.abort());
  const over = AbortSignal.any([failed.signal, AbortSignal.timeout(DEADLINE)]);
  while (!over.aborted && !existsSync(path)) await sleep(POLL); // it is made when the server listens
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  };
  if (!over.aborted) return { path, stop };
  await stop();
  return null;
}
