/** Finds the files of modules: the root module of an application, and the module nearest to a folder. */
import { posix } from 'node:path';
import { readText, type Tree } from './tree.js';

/** A module, by its file. */
export interface ModuleLocation {
  readonly path: string;
  /** The class, if it is known. */
  readonly className?: string;
}

/**
 * Finds the root module: the class that `main.ts` passes to `NestFactory.create`, otherwise `app.module.ts`, otherwise
 * the only module in the folder.
 * @param folder of `main.ts`
 */
export function findRootModule(tree: Tree, folder: string): ModuleLocation | null {
  const main = readText(tree, posix.join(folder, 'main.ts')) ?? '';
  const className = /\bNestFactory\s*\.\s*create\w*\s*(?:<[^(]*>)?\(\s*(\w+)/.exec(main)?.[1];
  const specifier = new RegExp(`\\bimport\\s*{[^}]*\\b${className}\\b[^}]*}\\s*from\\s*['"](\\.[^'"]*)['"]`).exec(main);
  if (className !== undefined && specifier !== null) {
    const path = posix.join(folder, `${(specifier[1] as string).replace(/\.js$/, '')}.ts`);
    if (tree.exists(path)) return { path, className };
  }
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
