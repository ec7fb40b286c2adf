/**
 * The parts of Angular's devkit that the schematics use. `@nestjs/cli` brings the devkit along and passes its objects
 * in, so the schematics import none of it, and the package does not depend on it.
 * Source: @angular-devkit/schematics 22, `Tree`, `SchematicContext` and `Rule`.
 */

/** The files of the workspace. Changes are written to the disk after the last rule has succeeded. */
export interface Tree {
  exists(path: string): boolean;
  /** Returns the content of a file, `null` if it does not exist. */
  read(path: string): Buffer | null;
  /** @throws Error if the file exists */
  create(path: string, content: string): void;
  overwrite(path: string, content: string): void;
  getDir(path: string): { readonly subdirs: readonly string[]; readonly subfiles: readonly string[] };
}

/** The log of a schematic, and the tasks that run after it. */
export interface Context {
  readonly logger: { info(message: string): void; warn(message: string): void };
  addTask(task: { toConfiguration(): { readonly name: string; readonly options: object } }): unknown;
}

/** Changes the files of a workspace. */
export type Rule = (tree: Tree, context: Context) => Promise<void>;

/** Returns the text of a file, `null` if it does not exist. */
export function readText(tree: Tree, path: string): string | null {
  return tree.read(path)?.toString('utf8') ?? null;
}
