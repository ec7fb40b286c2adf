/** Reads a project from the disk: sources, manifests and configuration, without what is installed or built. */
import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailed } from '../command.js';
import { Project } from './project.js';

const SKIPPED = new Set(['node_modules', 'dist', 'build', 'out', 'coverage', 'tmp', 'vendor', 'bower_components']);

/** Sources, pages and components, which may contain clients, and configuration. */
const READ = /\.(?:[cm]?[jt]sx?|vue|svelte|html)$|^(?:package|nest-cli|tsconfig[\w.-]*|lerna|nx)\.json$|^\.env/;
/** Files that say how an application is run: proxies, containers, the version of Node. */
const DEPLOYMENT = /\.(?:conf|cfg|ya?ml|template)$|^nginx|Dockerfile|^Caddyfile$|^\.(?:nvmrc|node-version|swcrc)$/;
/** Read by name only: their text is not needed, but whether they exist. */
const NAMED =
  /^(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|pnpm-workspace\.yaml|bun\.lockb?)$/;

const MAX_BYTES = 1_000_000; // no one writes such a file by hand

/**
 * @param root the folder of the application or monorepo, absolute
 * @throws CommandFailed if the folder does not exist or has no package.json
 */
export async function readProject(root: string): Promise<Project> {
  const found = await stat(join(root, 'package.json')).catch(() => null);
  if (found === null) {
    throw new CommandFailed(
      `The folder of the application must have a package.json, but ${root} has none. ` +
        'Run the command in that folder, or give its path.',
    );
  }
  const files: Record<string, string> = {};
  await readFolder(root, '', files);
  return new Project(files);
}

async function readFolder(root: string, folder: string, files: Record<string, string>): Promise<void> {
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!isSkipped(entry.name)) await readFolder(root, path, files);
    } else if (isRead(entry)) {
      const file = join(root, path);
      if ((await stat(file)).size <= MAX_BYTES) files[path] = await readFile(file, 'utf8');
    } else if (NAMED.test(entry.name)) {
      files[path] = '';
    }
  }
}

function isSkipped(name: string): boolean {
  return SKIPPED.has(name) || name.startsWith('.');
}

function isRead(entry: Dirent): boolean {
  return (
    entry.isFile() &&
    [READ, DEPLOYMENT].some((names) => names.test(entry.name)) &&
    !NAMED.test(entry.name) &&
    !entry.name.endsWith('.min.js')
  );
}
