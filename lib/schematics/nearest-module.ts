/** Finds the files of modules: the root module of an application, and the module nearest to a folder. */
import { posix } from 'node:path';
import type { TypeScript } from '../cli/load-typescript.js';
import { Project } from '../cli/project/project.js';
import { findApplications } from '../cli/source/applications.js';
import { Sources } from '../cli/source/sources.js';
import { readText, type Tree } from './tree.js';

/** A module, by its file. */
export interface ModuleLocation {
  readonly path: string;
  /** The class, if it is known. */
  readonly className?: string;
}

/**
 * Finds the root module: the class that `main.ts` passes to `NestFactory.create`, perhaps through a function of another
 * file; otherwise `app.module.ts`, otherwise the only module in the folder.
 * @param folder of `main.ts`
 */
export function findRootModule(ts: TypeScript, tree: Tree, folder: string): ModuleLocation | null {
  const sources = new Sources(ts, readProject(tree, folder));
  const started = sources.reachable(posix.join(folder, 'main.ts').slice(1));
  const application = findApplications(sources).find(({ main }) => started.has(main.path));
  const found = application?.module ?? null;
  if (found !== null) return { path: `/${found.source.path}`, className: found.name };
  const modules = modulesIn(tree, folder);
  const path = modules.find((path) => path.endsWith('/app.module.ts')) ?? (modules.length === 1 ? modules[0] : null);
  return path === undefined || path === null ? null : { path };
}

/** Finds the module of a folder, or else of the nearest folder above it, as Nest's schematics do. */
export function findNearestModule(tree: Tree, folder: string): ModuleLocation | null {
  const [path] = modulesIn(tree, folder);
  if (path !== undefined) return { path };
  const parent = posix.dirname(folder);
  return parent === folder ? null : findNearestModule(tree, parent);
}

function modulesIn(tree: Tree, folder: string): string[] {
  return tree
    .getDir(folder)
    .subfiles.filter((file) => file.endsWith('.module.ts'))
    .map((file) => posix.join(folder, file));
}

/** Reads the sources of a folder, and the files at the root of the workspace that say how they import each other. */
function readProject(tree: Tree, folder: string): Project {
  const files = [
    ...tree.getDir('/').subfiles.filter((file) => /^(?:package|tsconfig[\w.-]*)\.json$/.test(file)),
    ...sourcesIn(tree, folder),
  ];
  return new Project(Object.fromEntries(files.map((file) => [file, readText(tree, `/${file}`) ?? ''])));
}

/** The paths of the TypeScript files in a folder, without the first slash. */
function sourcesIn(tree: Tree, folder: string): string[] {
  const { subfiles, subdirs } = tree.getDir(folder);
  const own = subfiles.filter((file) => file.endsWith('.ts')).map((file) => posix.join(folder, file).slice(1));
  const inner = subdirs.filter((name) => name !== 'node_modules' && name !== 'dist');
  return [...own, ...inner.flatMap((name) => sourcesIn(tree, posix.join(folder, name)))];
}
