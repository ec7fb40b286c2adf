/** Edits the file of a Nest module: adds an import, and an entry to a list of its `@Module()`. */
import type { TypeScript } from '../cli/load-typescript.js';
import { addToModuleList, moduleDecorator, type ModuleList } from '../cli/source/module-lists.js';
import { Source } from '../cli/source/source.js';

/** An entry to add. */
export interface ModuleEntry {
  readonly list: ModuleList;
  /** The code of the entry: `SocketIoModule.forRoot()`. */
  readonly code: string;
  /** The name to import for the entry. */
  readonly name: string;
  /** The module that exports the name. */
  readonly from: string;
}

/**
 * Returns the code of a module with one more entry, in the style of the code around it.
 * @param className of the module, if the file declares several. @default the first class with `@Module()`
 * @returns the code unchanged if it has the entry already, `null` if its `@Module()` is not understood: there is none,
 *   or its argument or the list is not written out
 */
export function addToModule(ts: TypeScript, code: string, entry: ModuleEntry, className?: string): string | null {
  const source = new Source(ts, 'module.ts', code);
  const classes = source.find(ts.isClassDeclaration);
  const node = classes.find((one) =>
    className === undefined ? moduleDecorator(source, one) !== null : one.name?.text === className,
  );
  if (node === undefined || addToModuleList(source, node, entry.list, entry.code) !== null) return null;
  if (source.isChanged) source.addImport(entry.name, entry.from);
  return source.result();
}
