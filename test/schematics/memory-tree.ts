import type { Context, Tree } from '../../lib/schematics/tree.js';

/** A workspace in memory, with the log and the tasks of a schematic. */
export class MemoryTree implements Tree, Context {
  readonly files: Map<string, string>;
  readonly log: string[] = [];
  readonly tasks: string[] = [];
  readonly logger = {
    info: (message: string): unknown => this.log.push(message),
    warn: (message: string): unknown => this.log.push(`WARN ${message}`),
  };

  constructor(files: Readonly<Record<string, string>>) {
    this.files = new Map(Object.entries(files));
  }

  exists(path: string): boolean {
    return this.files.has(path);
  }

  read(path: string): Buffer | null {
    const text = this.files.get(path);
    return text === undefined ? null : Buffer.from(text);
  }

  create(path: string, content: string): void {
    if (this.exists(path)) throw new Error(`${path} already exists`);
    this.files.set(path, content);
  }

  overwrite(path: string, content: string): void {
    if (!this.exists(path)) throw new Error(`${path} does not exist`);
    this.files.set(path, content);
  }

  getDir(path: string): { readonly subdirs: readonly string[]; readonly subfiles: readonly string[] } {
    const prefix = path === '/' ? '/' : `${path}/`;
    const below = [...this.files.keys()].filter((file) => file.startsWith(prefix));
    const names = below.map((file) => file.slice(prefix.length).split('/'));
    return {
      subdirs: [...new Set(names.filter(({ length }) => length > 1).map(([name = '']) => name))],
      subfiles: names.filter(({ length }) => length === 1).map(([name = '']) => name),
    };
  }

  addTask(task: { toConfiguration(): { readonly name: string } }): void {
    this.tasks.push(task.toConfiguration().name);
  }
}
