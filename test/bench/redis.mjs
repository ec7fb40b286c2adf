/** A Redis server for one run, in a temporary folder that is deleted afterwards. It listens on a Unix socket and a port. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const HOST = '127.0.0.1';
const POLL = 20; // ms
const DEADLINE = 10_000; // ms to start

/**
 * @returns the `path` of the socket, the `url` of the port, and functions that `stop` the server and return its `cpu`
 * time in µs; `null` if no `redis-server` can be started
 */
export async function startRedis() {
  const folder = mkdtempSync(join(tmpdir(), 'bench-redis-'));
  const path = join(folder, 'socket');
  const port = await freePort();
  const listening = ['--bind', HOST, '--port', String(port), '--unixsocket', path];
  const args = [...listening, '--save', '', '--appendonly', 'no'];
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
  if (!over.aborted) return { path, url: `redis://${HOST}:${port}`, cpu: () => cpuOf(path), stop };
  await stop();
  return null;
}

async function cpuOf(path) {
  const socket = connect(path);
  socket.write('INFO cpu\r\nQUIT\r\n');
  let text = '';
  for await (const chunk of socket) text += chunk;
  const seconds = (field) => Number(new RegExp(`used_cpu_${field}:([\\d.]+)`).exec(text)[1]);
  return (seconds('user') + seconds('sys')) * 1e6;
}

async function freePort() {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
