import type { Project } from './project.js';

/** The commands of a package manager, each to be followed by the names of packages. */
export interface PackageManager {
  readonly install: string;
  readonly add: string;
  readonly remove: string;
  readonly dedupe: string;
}

const NPM: PackageManager = {
  install: 'npm install',
  add: 'npm install',
  remove: 'npm uninstall',
  dedupe: 'npm dedupe',
};

/** The others, by their lock files. */
const OTHERS: Readonly<Record<string, string>> = {
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
  'bun.lock': 'bun',
  'bun.lockb': 'bun',
};

/** Returns the package manager that the lock file of a project belongs to. */
export function packageManagerOf(project: Project): PackageManager {
  const lock = Object.keys(OTHERS).find((file) => project.has(file));
  if (lock === undefined) return NPM;
  const name = OTHERS[lock] as string;
  const dedupe = name === 'bun' ? 'bun update' : `${name} dedupe`;
  return { install: `${name} install`, add: `${name} add`, remove: `${name} remove`, dedupe };
}
