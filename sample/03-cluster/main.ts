/** Starts two nodes and a worker, each in a process of its own, and connects them with a broker. */
import cluster from 'node:cluster';
import { setupPrimary } from 'nest-socketio';
import { findBroker } from './find-broker.js';

let isStopping = false;

if (cluster.isPrimary) await startProcesses();
else if (process.env['ROLE'] === 'worker') await (await import('./start-worker.js')).startWorker();
else await (await import('./start-node.js')).startNode();

async function startProcesses(): Promise<void> {
  const [first = '3001', second = '3002'] = (process.env['PORTS'] ?? '').split(',').filter((port) => port !== '');
  const broker = await findBroker(process.env['REDIS_URL'] ?? 'redis://localhost:6379');
  console.log(`The broker is ${broker.name}`);
  if (broker.url === 'cluster:') setupPrimary(); // this process passes the messages on

  startProcess({ ROLE: 'node', NODE: '1', PORT: first, BROKER: broker.url });
  startProcess({ ROLE: 'node', NODE: '2', PORT: second, BROKER: broker.url });
  startProcess({ ROLE: 'worker', BROKER: broker.url });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopProcesses(signal));
}

/** Starts a process, and starts it again when `kill` has stopped it, as a deployment of a new version would. */
function startProcess(env: Record<string, string>): void {
  cluster.fork(env).on('exit', (code: number | null, signal: string | null) => {
    if (signal === 'SIGTERM' && !isStopping) startProcess(env);
    if (code === 0 || code === null) return; // `null` after a signal: the other processes go on
    process.exitCode = 1; // it could not start
    stopProcesses('SIGTERM');
  });
}

/** Asks all processes to end. This one ends when they have. */
function stopProcesses(signal: 'SIGINT' | 'SIGTERM'): void {
  isStopping = true;
  for (const child of Object.values(cluster.workers ?? {})) child?.process.kill(signal);
}
