/** The files of an application or a monorepo that the commands look at, by their path. Each is read once. */
import { posix } from 'node:path';

/** The parts of a package.json that the commands look at. */
export interface Manifest {
  readonly name?: string;
  readonly type?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** A package of the project. */
export interface ProjectPackage {
  /** The path of its package.json. */
  readonly path: string;
  /** Its folder; empty for the root of the project. */
  readonly folder: string;
  readonly manifest: Manifest;
}

const SOURCE = /(?<!\.d)\.[cm]?[jt]sx?$/;
const PAGE = /\.(?:vue|svelte|html)$/;

export class Project {
  /** The text of each file, by its path: relative to the root of the project, with forward slashes. */
  readonly files: ReadonlyMap<string, string>;
  /** The paths of all TypeScript and JavaScript files, without declarations. */
  readonly sources: readonly string[];
  /** The paths of all files with code: the sources, pages and components. */
  readonly withCode: readonly string[];
  /** The packages, the innermost first. */
  readonly packages: readonly ProjectPackage[];

  constructor(files: Readonly<Record<string, string>>) {
    this.files = new Map(Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const paths = [...this.files.keys()];
    this.sources = paths.filter((path) => SOURCE.test(path));
    this.withCode = paths.filter((path) => SOURCE.test(path) || isPage(path));
    this.packages = paths
      .filter((path) => posix.basename(path) === 'package.json')
      .flatMap((path) => {
        const manifest = parseManifest(this.text(path));
        return manifest === null ? [] : [{ path, folder: folderOf(path), manifest }];
      })
      .toSorted((a, b) => b.folder.length - a.folder.length);
  }

  has(path: string): boolean {
    return this.files.has(path);
  }

  /** The text of a file; empty if there is none. */
  text(path: string): string {
    return this.files.get(path) ?? '';
  }

  /** The package that a file belongs to: that of the nearest package.json above it. */
  packageOf(path: string): ProjectPackage | undefined {
    return this.packages.find(({ folder }) => folder === '' || path.startsWith(`${folder}/`));
  }
}

/** Whether a file is a page or a component, which may have scripts in it. */
export function isPage(path: string): boolean {
  return PAGE.test(path);
}

/** The folder of a file; empty for the root of the project. */
export function folderOf(path: string): string {
  const folder = posix.dirname(path);
  return folder === '.' ? '' : folder;
}

function parseManifest(text: string): Manifest | null {
  try {
    const manifest: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return typeof manifest === 'object' && manifest !== null ? manifest : null;
  } catch {
    return null; // a template, or broken: its package is left alone
  }
}
