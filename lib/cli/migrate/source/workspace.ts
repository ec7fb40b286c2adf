/** The sources of a project while it is being migrated, how they import each other, and the list of open decisions. */
import { posix } from 'node:path';
import type ts from 'typescript';
import type { TypeScript } from '../../load-typescript.js';
import type { Project } from '../../project/project.js';
import { Source } from './source.js';

/** A remark about a line of a file. */
export interface Remark {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/** `@app/*` and its folder `libs/*`, from a tsconfig.json. */
interface Alias {
  readonly pattern: string;
  readonly target: string;
  /** The aliases apply below this folder. */
  readonly folder: string;
}

const ENDINGS = ['', '.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '/index.ts', '/index.js'];

export class Workspace {
  readonly ts: TypeScript;
  readonly project: Project;
  /** Files whose class is gone, and nothing else was in them. */
  readonly deleted = new Set<string>();
  /** Files that are left as they are: those of an application that stays, or of an adapter that nothing uses. */
  readonly untouched = new Set<string>();
  #decisions: Remark[] = [];
  readonly #sources = new Map<string, Source>();
  /** The files that a file imports, by its path. */
  readonly #imports = new Map<string, readonly string[]>();
  readonly #aliases: readonly Alias[];

  constructor(typescript: TypeScript, project: Project) {
    this.ts = typescript;
    this.project = project;
    this.#aliases = [...project.files.keys()]
      .filter((path) => /(^|\/)tsconfig[\w.-]*\.json$/.test(path))
      .flatMap((path) => this.#aliasesOf(path));
  }

  /** The decisions that are left to a person. */
  get decisions(): readonly Remark[] {
    return this.#decisions;
  }

  source(path: string): Source {
    let source = this.#sources.get(path);
    if (source === undefined) {
      source = new Source(this.ts, path, this.project.text(path));
      this.#sources.set(path, source);
    }
    return source;
  }

  /** The sources whose text contains one of these words. The others are not parsed. */
  *sourcesWith(...words: readonly string[]): Generator<Source> {
    for (const path of this.project.sources) {
      const text = this.project.text(path);
      if (words.some((word) => text.includes(word))) yield this.source(path);
    }
  }

  /** The sources that were parsed, and so may have changed. */
  get opened(): Iterable<Source> {
    return this.#sources.values();
  }

  /** A comment in the source, and an entry of the list of decisions. */
  decide(source: Source, node: ts.Node, text: string, comment = true): void {
    if (comment) source.todo(node, text);
    this.remark(source, node, text);
  }

  remark(source: Source, node: ts.Node, text: string): void {
    const { path } = source;
    const line = source.lineOf(node);
    if (!this.#decisions.some((other) => other.path === path && other.line === line && other.text === text)) {
      this.#decisions.push({ path, line, text });
    }
  }

  /** Forgets all changes to files, and the decisions about them. */
  leave(paths: Iterable<string>): void {
    const left = new Set(paths);
    this.#decisions = this.#decisions.filter(({ path }) => !left.has(path));
    for (const path of left) {
      this.#sources.get(path)?.reset();
      this.deleted.delete(path);
      this.untouched.add(path);
    }
  }

  /** The file of the project that a specifier names, or `null` for an installed package. */
  resolve(from: string, specifier: string): string | null {
    if (specifier.startsWith('.')) return this.#existing(posix.join(posix.dirname(from), specifier));
    for (const { pattern, target, folder } of this.#aliases) {
      if (folder !== '' && !from.startsWith(`${folder}/`)) continue;
      const [head = '', tail] = pattern.split('*');
      const matches =
        tail === undefined ? specifier === pattern : specifier.startsWith(head) && specifier.endsWith(tail);
      if (!matches) continue;
      const middle = tail === undefined ? '' : specifier.slice(head.length, specifier.length - tail.length);
      const found = this.#existing(posix.join(target.replace('*', middle)));
      if (found !== null) return found;
    }
    return null;
  }

  /** The file that declares an exported name, through re-exports. */
  declaring(path: string, name: string, seen = new Set<string>()): string | null {
    if (seen.has(path)) return null;
    seen.add(path);
    const source = this.source(path);
    for (const statement of source.tree.statements) {
      if (this.ts.isClassDeclaration(statement) && statement.name?.text === name) return path;
      if (!this.ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined) continue;
      const { exportClause, moduleSpecifier } = statement;
      const names =
        exportClause !== undefined && this.ts.isNamedExports(exportClause)
          ? exportClause.elements.map((element) => element.name.text)
          : null;
      if (names !== null && !names.includes(name)) continue;
      const target = this.resolve(path, (moduleSpecifier as ts.StringLiteral).text);
      const found = target === null ? null : this.declaring(target, name, seen);
      if (found !== null) return found;
    }
    return null;
  }

  /** All files of the project that a file imports, directly or not, itself included. */
  reachable(path: string, seen = new Set<string>()): Set<string> {
    if (seen.has(path)) return seen;
    seen.add(path);
    for (const target of this.#importsOf(path)) this.reachable(target, seen);
    return seen;
  }

  /** The specifier with which one file imports a name that another declares. */
  specifier(from: Source, target: string, name: string): string {
    // As other files of the same package import it, if they do so by an alias.
    for (const source of this.sourcesWith(name)) {
      const imported = source.imports.find((one) => one.name === name && !one.module.startsWith('.'));
      if (imported === undefined || this.resolve(from.path, imported.module) === null) continue;
      const file = this.resolve(source.path, imported.module);
      if (file !== null && this.declaring(file, name) === target) return imported.module;
    }
    const alias = this.#aliasFor(from.path, target, name);
    if (alias !== null) return alias;
    const relative = posix
      .relative(posix.dirname(from.path), target)
      .replace(/\.([cm]?)tsx?$|\.([cm]?)jsx?$/, '.$1$2js');
    const path = relative.startsWith('.') ? relative : `./${relative}`;
    const others = [...from.text.matchAll(/(?:from|import)\s*['"](\.[^'"]*)['"]/g)].map(([, module = '']) => module);
    const extensions = others.length === 0 ? this.#isEsm(from) : others.some((module) => /\.[cm]?[jt]s$/.test(module));
    return extensions ? path : path.replace(/(\/index)?\.[cm]?js$/, '');
  }

  /** The files of the project that a file imports. */
  #importsOf(path: string): readonly string[] {
    let paths = this.#imports.get(path);
    if (paths === undefined) {
      const { importedFiles } = this.ts.preProcessFile(this.project.text(path), true, true);
      paths = importedFiles.flatMap(({ fileName }) => this.resolve(path, fileName) ?? []);
      this.#imports.set(path, paths);
    }
    return paths;
  }

  /** An alias through which a file of another application or library is exported. */
  #aliasFor(from: string, target: string, name: string): string | null {
    if (areaOf(from) === areaOf(target) || !/^(apps|libs|packages)\//.test(target)) return null;
    for (const { pattern } of this.#aliases) {
      const specifier = pattern.includes('*') ? null : pattern;
      const file = specifier === null ? null : this.resolve(from, specifier);
      if (file !== null && this.declaring(file, name) === target) return specifier;
    }
    return null;
  }

  #isEsm(source: Source): boolean {
    const module = this.project.packageOf(source.path)?.manifest.type === 'module';
    const config = this.project.text('tsconfig.json');
    return module && /nodenext|node16/i.test(config);
  }

  #existing(path: string): string | null {
    const stem = path.replace(/\.([cm]?)js$/, '');
    const endings = stem === path ? ENDINGS : ['.ts', '.mts', '.cts', '.tsx', ...ENDINGS];
    const bases = stem === path ? [path] : [stem, path];
    for (const base of bases) {
      for (const ending of endings)
        if (this.project.has(base + ending) && /\.[cm]?[jt]sx?$/.test(base + ending)) return base + ending;
    }
    return null;
  }

  #aliasesOf(path: string): Alias[] {
    const parsed = this.ts.parseConfigFileTextToJson(path, this.project.text(path)) as {
      config?: { compilerOptions?: { baseUrl?: string; paths?: Record<string, string[]> } };
    };
    const { baseUrl, paths } = parsed.config?.compilerOptions ?? {};
    const folder = posix.dirname(path) === '.' ? '' : posix.dirname(path);
    const base = posix.join(folder, baseUrl ?? '.');
    const aliases = Object.entries(paths ?? {}).flatMap(([pattern, targets]) =>
      targets.map((target) => ({ pattern, target: posix.join(base, target), folder })),
    );
    return baseUrl === undefined ? aliases : [...aliases, { pattern: '*', target: posix.join(base, '*'), folder }];
  }
}

/** `libs/common` for a file of that library. */
function areaOf(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}
