/** The date, hardware and versions that a result depends on, without anything that identifies the machine. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import os from 'node:os';

const require = createRequire(import.meta.url);

/** @param packages whose versions are included */
export function stamp(packages = []) {
  const cpus = os.cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    os: `${os.type()} ${os.release().split('.', 2).join('.')} ${os.arch()}`,
    node: process.version,
    packages: Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
  };
}

/** The stamp as one line, for tables and plots. */
export function stampText({ date, cpu, cores, os, node }) {
  return `${date} · ${cores} × ${cpu} · ${os} · Node ${node}`;
}

/** The versions as one line. */
export function packagesText({ packages }) {
  return Object.entries(packages)
    .map(([name, version]) => `${name} ${version}`)
    .join(' · ');
}

/** Searches the folders above the package's main file, because not every package exports its package.json. */
function versionOf(name) {
  for (let folder = dirname(require.resolve(name)); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    const found = read(file);
    if (found?.name === name) return found.version;
  }
  return 'unknown';
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null; // no package.json in this folder
  }
}
