/**
 * Loads the TypeScript API that the application has installed. It is used to read syntax trees, so every version from
 * 4.8 on will do. The package of TypeScript 7 has no such API; Nest CLI brings a version that has.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type ts from 'typescript';
import { CommandFailed } from './command.js';
import type { Project } from './project/project.js';

/** The API: the value that `import ts from 'typescript'` gives. */
export type TypeScript = typeof ts;

/**
 * @param folders absolute, in the order in which they are searched: the folders of the application's packages
 * @throws CommandFailed if no folder has it, with the line to run
 */
export function loadTypeScript(folders: readonly string[]): TypeScript {
  for (const folder of folders) {
    const require = createRequire(join(folder, 'package.json'));
    const found = apiOf(require) ?? apiOf(requireFrom(require, '@nestjs/cli/package.json'));
    if (found !== null) return found;
  }
  throw new CommandFailed(
    'This command reads source code with the TypeScript API of the application, but neither "typescript" ' +
      '(before version 7) nor "@nestjs/cli" is installed. Run: npm install --save-dev @nestjs/cli',
  );
}

/**
 * Loads the API for a project: from its root folder, or else from one of its packages.
 * @throws CommandFailed if none has it
 */
export function loadTypeScriptOf(root: string, { packages }: Project): TypeScript {
  return loadTypeScript([root, ...packages.map(({ folder }) => join(root, folder))]);
}

function apiOf(require: NodeJS.Require | null): TypeScript | null {
  try {
    const api = require?.('typescript') as Partial<TypeScript> | undefined;
    return typeof api?.createSourceFile === 'function' ? api : null;
  } catch {
    return null; // not installed
  }
}

/** The `require` of an installed package. */
function requireFrom(require: NodeJS.Require, manifest: string): NodeJS.Require | null {
  try {
    return createRequire(require.resolve(manifest));
  } catch {
    return null; // not installed
  }
}
