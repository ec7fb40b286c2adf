/** Starts a PostgreSQL server for a test, on a free port, with its data in a temporary folder. */
import { spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type Program, start } from './process.js';
import { POSTGRES } from './programs.mjs';

export interface Postgres {
  readonly port: number;
  /** Ends it at once. {@link stop} waits until its clients have disconnected. */
  kill(): void;
  /** `SIGSTOP` makes it silent, with all its connections, until `SIGCONT`. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
  /** Starts it again on the same port, with the same data, after {@link kill}. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server that trusts all users, except for one called `guest`, who needs a password. */
export async function startPostgres(): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'nest-socketio-postgres-'));
  const user = unprivileged();
  if (user !== null) chownSync(folder, user.uid, user.gid);
  const run = (program: string, args: readonly string[], expected: RegExp): Program =>
    start(join(POSTGRES as string, program), args, expected, { cwd: folder, ...user });
  await run(
    'initdb',
    ['--pgdata', folder, '--username', 'postgres', '--auth', 'trust', '--encoding', 'UTF8', '--no-locale', '--no-sync'],
    /Success/,
  ).printed;
  const access = join(folder, 'pg_hba.conf');
  writeFileSync(access, `host all guest 127.0.0.1/32 scram-sha-256\n${readFileSync(access, 'utf8')}`);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
  const serve = (): Program =>
    run(
      'postgres',
      ['-D', folder, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
      /database system is ready to accept connections/,
    );
  let server = serve();
  await server.printed;
  return {
    port,
    kill: () => void server.child.kill('SIGQUIT'),
    signal(name) {
      const pid = server.child.pid as number;
      const backends = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
      for (const each of [pid, ...backends.map(Number)]) process.kill(each, name);
    },
    async restart() {
      await server.stop();
      server = serve();
      await server.printed;
    },
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root: returns the user that its package has created. `null` for other users. */
function unprivileged(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  return { uid: idOf('-u'), gid: idOf('-g') };
}

function idOf(flag: string): number {
  return Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
}
