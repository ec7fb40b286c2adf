/** Edits the file of a Nest module: adds an import, and an entry to a list of its `@Module()`. */
import type ts from 'typescript';
import type { TypeScript } from '../cli/load-typescript.js';

/** The lists of `@Module()` that the edits can add to. */
export type ModuleList = 'imports' | 'providers';

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

/** A text to insert at a position. */
interface Insertion {
  readonly at: number;
  readonly text: string;
}

/**
 * Returns the code of a module with one more entry, in the style of the code around it.
 * @param className of the module, if the file declares several. @default the first class with `@Module()`
 * @returns the code unchanged if it has the entry already, `null` if its `@Module()` is not understood: there is none,
 *   or its argument or the list is not written out
 */
export function addToModule(ts: TypeScript, code: string, entry: ModuleEntry, className?: string): string | null {
  const file = ts.createSourceFile('module.ts', code, ts.ScriptTarget.Latest, true);
  const metadata = metadataOf(ts, file, className);
  if (metadata === null) return null;
  const added = entryInsertion(ts, file, metadata, entry);
  if (added === null) return null;
  if (added === 'present') return code;
  return insert(code, [added, ...importInsertion(ts, file, entry)]);
}

/** Returns the object that is passed to `@Module()`. */
function metadataOf(
  ts: TypeScript,
  file: ts.SourceFile,
  className: string | undefined,
): ts.ObjectLiteralExpression | null {
  for (const statement of file.statements) {
    if (!ts.isClassDeclaration(statement)) continue;
    if (className !== undefined && statement.name?.text !== className) continue;
    for (const { expression } of ts.getDecorators(statement) ?? []) {
      if (!ts.isCallExpression(expression) || expression.expression.getText(file) !== 'Module') continue;
      const [argument] = expression.arguments;
      return argument !== undefined && ts.isObjectLiteralExpression(argument) ? argument : null;
    }
  }
  return null;
}

function entryInsertion(
  ts: TypeScript,
  file: ts.SourceFile,
  metadata: ts.ObjectLiteralExpression,
  { list, code }: ModuleEntry,
): Insertion | 'present' | null {
  const property = metadata.properties.find((property) => property.name?.getText(file) === list);
  if (property === undefined) {
    const added = `${list}: [${code}]`;
    return list === 'imports' ? prepend(file, metadata, added) : append(file, metadata, metadata.properties, added);
  }
  if (!ts.isPropertyAssignment(property) || !ts.isArrayLiteralExpression(property.initializer)) return null;
  const { elements } = property.initializer;
  if (elements.some((element) => element.getText(file) === code)) return 'present';
  return append(file, property.initializer, elements, code);
}

/** Adds an item to the front of a literal. */
function prepend(file: ts.SourceFile, literal: ts.ObjectLiteralExpression, item: string): Insertion {
  const [first] = literal.properties;
  if (first === undefined) return append(file, literal, literal.properties, item);
  return { at: first.getStart(file), text: `${item},${spaceBefore(file, first)}` };
}

/** Adds an item to the end of a literal, which may have a trailing comma. */
function append(
  file: ts.SourceFile,
  literal: ts.ObjectLiteralExpression | ts.ArrayLiteralExpression,
  items: ts.NodeArray<ts.Node>,
  item: string,
): Insertion {
  const last = items.at(-1);
  if (last !== undefined) {
    const text = `,${spaceBefore(file, last)}${item}`;
    return items.hasTrailingComma ? { at: items.end - 1, text } : { at: last.end, text };
  }
  const isObject = literal.getText(file).startsWith('{');
  return { at: literal.end - 1, text: isObject ? `${lineBreak(file)}  ${item},${lineBreak(file)}` : item };
}

/** The white space that separates a node from what is before it: a line break and its indentation, or one space. */
function spaceBefore(file: ts.SourceFile, node: ts.Node): string {
  return /\r?\n[ \t]*$/.exec(file.text.slice(0, node.getStart(file)))?.[0] ?? ' ';
}

/** Imports the name, unless the file does so already. */
function importInsertion(ts: TypeScript, file: ts.SourceFile, { name, from }: ModuleEntry): Insertion[] {
  const imports = file.statements.filter((statement) => ts.isImportDeclaration(statement));
  for (const { importClause, moduleSpecifier } of imports) {
    const bindings = importClause?.namedBindings;
    if (importClause === undefined || importClause.isTypeOnly) continue;
    if (bindings === undefined || !ts.isNamedImports(bindings)) continue;
    if ((moduleSpecifier as ts.StringLiteral).text !== from) continue;
    if (bindings.elements.some((element) => element.name.text === name && !element.isTypeOnly)) return [];
    const last = bindings.elements.at(-1);
    if (last !== undefined) return [{ at: last.end, text: `,${spaceBefore(file, last)}${name}` }];
  }
  const last = imports.at(-1);
  const quote = last?.moduleSpecifier.getText(file)[0] ?? "'";
  const end = last === undefined || last.getText(file).endsWith(';') ? ';' : '';
  const line = `import { ${name} } from ${quote}${from}${quote}${end}`;
  return last === undefined
    ? [{ at: file.getStart(), text: `${line}${lineBreak(file)}` }]
    : [{ at: last.end, text: `${lineBreak(file)}${line}` }];
}

function lineBreak(file: ts.SourceFile): string {
  return file.text.includes('\r\n') ? '\r\n' : '\n';
}

function insert(code: string, insertions: readonly Insertion[]): string {
  return insertions
    .toSorted((a, b) => b.at - a.at)
    .reduce((text, { at, text: inserted }) => text.slice(0, at) + inserted + text.slice(at), code);
}
