/** The files with code of a project, each parsed when it is first needed, and how they import each other. */
import { posix } from 'node:path';
import type ts from 'typescript';
import type { TypeScript } from '../load-typescript.js';
import type { Project } from '../project/project.js';
import { Source } from './source.js';

/** `@app/*` and its folder `libs/*`, from a tsconfig.json. */
interface Alias {
  readonly pattern: string;
  readonly target: string;
  /** The aliases apply below this folder. */
  readonly folder: string;
}

const ENDINGS = ['', '.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '/index.ts', '/index.js'];

const TEST = /[.-](?:e2e-)?(?:spec|test)\.[cm]?[jt]sx?$|(?:^|\/)(?:tests?|__tests__|e2e|cypress)\//;

export class Sources {
  readonly ts: TypeScript;
  readonly project: Project;
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

  // --- Public methods ---

  source(path: string): Source {
    let source = this.#sources.get(path);
    if (source === undefined) {
      source = this.parse(path, this.project.text(path));
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

  /**
   * The files with code whose text contains a word, pages and components included.
   * @param tests whether to include tests
   */
  withCode(word: string, { tests = false } = {}): Source[] {
    return this.project.withCode
      .filter((path) => this.project.text(path).includes(word) && (tests || !TEST.test(path)))
      .map((path) => this.source(path));
  }

  /** The sources that were parsed, and so may have changed. */
  get opened(): Iterable<Source> {
    return this.#sources.values();
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

  // --- Inside ---

  /** Parses a file, or another text of it. */
  protected parse(path: string, text: string): Source {
    return new Source(this.ts, path, text);
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
