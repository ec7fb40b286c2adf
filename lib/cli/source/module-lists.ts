/** Reads the `@Module()` of a class, and adds entries to its lists. */
import type ts from 'typescript';
import { constantOf } from './constants.js';
import type { ParsedSource } from './parsed-source.js';
import type { Source } from './source.js';
import { reindent } from './style.js';

/** The lists of `@Module()` that entries can be added to. */
export type ModuleList = 'imports' | 'providers';

/** The call of `@Module(...)`, and the object in it; `null` if there is no object. */
interface ModuleDecorator {
  readonly call: ts.CallExpression;
  readonly metadata: ts.ObjectLiteralExpression | null;
}

/** Returns the `@Module()` of a class; `null` if there is none, or its argument is not an object. */
export function moduleDecorator(source: ParsedSource, node: ts.ClassDeclaration): ModuleDecorator | null {
  const { ts } = source;
  for (const { expression: call } of source.decoratorsOf(node)) {
    if (!ts.isCallExpression(call) || source.textOf(call.expression) !== 'Module') continue;
    const [argument] = call.arguments;
    if (argument === undefined) return { call, metadata: null };
    return ts.isObjectLiteralExpression(argument) ? { call, metadata: argument } : null;
  }
  return null;
}

/**
 * Adds an entry to a list of a module, in the style of the code around it, unless the list has it.
 * @param entry code such as `SocketIoModule.forRoot()`, of which further lines are indented from the margin
 * @returns the node that is not understood, `null` if the list has the entry now
 */
export function addToModuleList(
  source: Source,
  node: ts.ClassDeclaration,
  list: ModuleList,
  entry: string,
): ts.Node | null {
  const { ts, edits, style } = source;
  const found = moduleDecorator(source, node);
  if (found === null) return node;
  const { call, metadata } = found;
  if (metadata === null || metadata.properties.length === 0) {
    const { newline, indent } = style;
    const property = `${list}: [${reindent(entry, indent, newline)}],`;
    const object = `{${newline}${indent}${property}${newline}}`;
    if (metadata === null) edits.insert(call.end - 1, object);
    else edits.replace(metadata.getStart(source.tree), metadata.end, object);
    return null;
  }
  const property = source.propertyOf(metadata, list);
  if (property === null) {
    const { properties } = metadata;
    if (list === 'imports') prepend(source, properties, `imports: [${entry}]`);
    else append(source, properties, `${list}: [${entry}]`);
    return null;
  }
  const array = ts.isPropertyAssignment(property) ? arrayOf(source, property.initializer) : null;
  if (array === null) return property;
  if (array.elements.some((element) => source.textOf(element) === entry)) return null;
  addToArray(source, array, entry);
  return null;
}

/** The array of `imports: [...]`, `imports: [...].filter(Boolean)`, or a constant of the file. */
function arrayOf(source: Source, node: ts.Expression): ts.ArrayLiteralExpression | null {
  const { ts } = source;
  if (ts.isArrayLiteralExpression(node)) return node;
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    return arrayOf(source, node.expression.expression);
  }
  if (!ts.isIdentifier(node)) return null;
  const value = constantOf(source, node)?.initializer;
  return value !== undefined && ts.isArrayLiteralExpression(value) ? value : null;
}

function addToArray(source: Source, array: ts.ArrayLiteralExpression, entry: string): void {
  const { edits, style } = source;
  const { elements, parent } = array;
  if (entry.includes('\n') && source.isOwnLine(parent) && !elements.some((element) => source.isOwnLine(element))) {
    // Several lines in a list of one line would be hard to read.
    const indent = source.indentOf(parent) + style.indent;
    const lines = [...elements.map((element) => source.textOf(element)), reindent(entry, indent, style.newline)];
    const list = lines.map((line) => `${indent}${line},${style.newline}`).join('');
    edits.replace(array.getStart(source.tree), array.end, `[${style.newline}${list}${source.indentOf(parent)}]`);
  } else if (elements.length === 0) edits.replace(array.getStart(source.tree), array.end, `[${entry}]`);
  else append(source, elements, entry);
}

/** Adds an item to the front of a list that is not empty. */
function prepend(source: Source, [first]: ts.NodeArray<ts.Node>, item: string): void {
  if (first === undefined) return;
  source.edits.insert(first.getStart(source.tree), `${indented(source, first, item)},${separator(source, first)}`);
}

/** Adds an item to the end of a list that is not empty and may have a trailing comma. */
function append(source: Source, items: ts.NodeArray<ts.Node>, item: string): void {
  const last = items.at(-1);
  if (last === undefined) return;
  const text = separator(source, last) + indented(source, last, item);
  if (!source.isOwnLine(last)) {
    source.edits.insert(last.end, `,${text}`);
    return;
  }
  const end = items.hasTrailingComma ? source.text.indexOf(',', last.end) + 1 : last.end;
  // A comment at the end of the line stays there.
  const comment = /^[ \t]*\/\/[^\r\n]*/.exec(source.text.slice(end))?.[0] ?? '';
  if (!items.hasTrailingComma) source.edits.insert(last.end, ',');
  source.edits.insert(end + comment.length, items.hasTrailingComma ? `${text},` : text);
}

/** The white space that separates an item from its neighbour: a line break and its indentation, or one space. */
function separator(source: Source, neighbour: ts.Node): string {
  return source.isOwnLine(neighbour) ? source.style.newline + source.indentOf(neighbour) : ' ';
}

function indented(source: Source, neighbour: ts.Node, item: string): string {
  return reindent(item, source.indentOf(neighbour), source.style.newline);
}
