import { posix } from 'node:path';
import type { Check, Facts, Finding } from '../check.js';

/** Compiler options without which decorators, or ES modules such as this package, do not work. */
export const tsconfig: Check = function* (facts): Iterable<Finding> {
  const { packages, project } = facts;
  for (const { folder } of packages) {
    const path = posix.join(folder, 'tsconfig.json');
    const options = project.has(path) ? compilerOptions(facts, path) : null;
    if (options === null) continue;
    for (const name of ['experimentalDecorators', 'emitDecoratorMetadata']) {
      if (options[name] === true) continue;
      yield {
        level: project.has(posix.join(folder, '.swcrc')) ? 'hint' : 'problem',
        path,
        message: `Nest needs the compiler option ${name}, but it is not set.`,
        fix: `"${name}": true`,
      };
    }
    const module = options['module'];
    if (typeof module === 'string' && /^node1[68]$/i.test(module) && isCommonJs(facts, folder)) {
      yield {
        level: 'problem',
        path,
        message: `A CommonJS application must be compiled with "nodenext" or "commonjs" to import ES modules, but "module" is "${module}".`,
        fix: '"module": "nodenext"',
      };
    }
  }
};

type Options = Readonly<Record<string, unknown>>;

/** The options of a file and of those that it extends; `null` if one of them cannot be read. */
function compilerOptions({ project, sources }: Facts, path: string, seen: readonly string[] = []): Options | null {
  if (!project.has(path) || seen.includes(path)) return null;
  const { config } = sources.ts.parseConfigFileTextToJson(path, project.text(path)) as {
    config?: { readonly extends?: string | readonly string[]; readonly compilerOptions?: Options };
  };
  if (config === undefined) return null;
  const bases = [config.extends ?? []].flat().map((base) => {
    if (!base.startsWith('.')) return null; // in a package
    const file = posix.join(posix.dirname(path), base.endsWith('.json') ? base : `${base}.json`);
    return compilerOptions({ project, sources } as Facts, file, [...seen, path]);
  });
  if (bases.includes(null)) return null;
  return Object.assign({}, ...bases, config.compilerOptions) as Options;
}

function isCommonJs({ packages }: Facts, folder: string): boolean {
  return packages.find((owner) => owner.folder === folder)?.manifest.type !== 'module';
}
