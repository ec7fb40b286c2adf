/** Places in the files of a project. */
import { posix } from 'node:path';
import type { Project } from '../project/project.js';
import type { Facts } from './check.js';

/** Returns the line of a position in a text, counted from 1. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, Math.max(index, 0)).split('\n').length;
}

/** Returns the line of the first occurrence of a part, counted from 1. */
export function lineOf(text: string, part: string): number {
  return lineAt(text, text.indexOf(part));
}

/**
 * Returns the folder of the application that a file belongs to, with a slash at the end: the nearest folder above the
 * file that has a `main.ts`, otherwise its `src` folder. Empty if there is neither.
 */
export function applicationFolder(project: Project, path: string): string {
  for (let folder = posix.dirname(path); folder !== '.'; folder = posix.dirname(folder)) {
    if (project.has(`${folder}/main.ts`)) return `${folder}/`;
  }
  return /^(?:.*\/)?src\//.exec(path)?.[0] ?? '';
}

/** Whether a file belongs to a package that depends on nest-socketio. */
export function isOurs({ project, packages }: Facts, path: string): boolean {
  const owner = project.packageOf(path);
  return owner !== undefined && packages.includes(owner);
}
