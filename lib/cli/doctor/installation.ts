/** The installed packages of a project, found as Node finds them. */
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** The files that the search reads. Paths are absolute. */
export interface Disk {
  /** Returns the text of a file, `null` if it does not exist. */
  read(path: string): string | null;
  /** Returns the path without symbolic links. */
  real(path: string): string;
}

export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** The real folder, absolute. */
  readonly folder: string;
}

export class Installation {
  readonly #found = new Map<string, InstalledPackage | null>();

  /** @param root the folder of the project, absolute */
  constructor(
    private readonly root: string,
    private readonly disk: Disk = DISK,
  ) {}

  /**
   * Returns the package that an import gets, `null` if it is not installed.
   * @param from the folder of the file that imports, absolute or relative to the root of the project
   */
  find(name: string, from: string): InstalledPackage | null {
    for (let folder = this.disk.real(resolve(this.root, from)); ;) {
      const found = this.#packageIn(join(folder, 'node_modules', name), name);
      if (found !== null) return found;
      const parent = dirname(folder);
      if (parent === folder) return null;
      folder = parent;
    }
  }

  /** Returns a path relative to the root of the project, to be shown. */
  shown(path: string): string {
    return relative(this.root, path).replaceAll('\\', '/');
  }

  #packageIn(path: string, name: string): InstalledPackage | null {
    let found = this.#found.get(path);
    if (found === undefined) {
      found = this.#read(path, name);
      this.#found.set(path, found);
    }
    return found;
  }

  #read(path: string, name: string): InstalledPackage | null {
    const text = this.disk.read(join(path, 'package.json'));
    if (text === null) return null;
    const { version = '' } = JSON.parse(text) as { readonly version?: string };
    return { name, version, folder: this.disk.real(path) };
  }
}

const DISK: Disk = {
  read: (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return null; // does not exist
    }
  },
  real: (path) => {
    try {
      return realpathSync(path);
    } catch {
      return path; // does not exist
    }
  },
};
