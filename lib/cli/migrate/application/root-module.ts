/** Adds `SocketIoModule` to the `imports` of a module. */
import type ts from 'typescript';
import type { RootModule } from './applications.js';
import type { Source } from '../source/source.js';
import { reindent } from '../source/style.js';
import type { Workspace } from '../source/workspace.js';

/** The value of a module class's `@Module(...)`: its call, and the object in it. */
export function moduleDecorator(
  source: Source,
  node: ts.ClassDeclaration,
): { readonly call: ts.CallExpression; readonly metadata: ts.ObjectLiteralExpression | null } | null {
  const { ts } = source;
  for (const decorator of decoratorsOf(source, node)) {
    const call = decorator.expression;
    if (!ts.isCallExpression(call) || source.textOf(call.expression) !== 'Module') continue;
    const [argument] = call.arguments;
    if (argument === undefined) return { call, metadata: null };
    return ts.isObjectLiteralExpression(argument) ? { call, metadata: argument } : null;
  }
  return null;
}

/** Through `ts.forEachChild`, because TypeScript 4.8 moved decorators from one property to another. */
export function decoratorsOf(source: Source, node: ts.Node): ts.Decorator[] {
  const { ts } = source;
  const found: ts.Decorator[] = [];
  ts.forEachChild(node, (child) => {
    if (ts.isDecorator(child)) found.push(child);
  });
  return found;
}

/** The value of a property of an object literal. */
export function propertyOf(source: Source, node: ts.ObjectLiteralExpression, name: string): ts.Expression | null {
  const { ts } = source;
  const property = node.properties.find((one) => one.name !== undefined && source.textOf(one.name) === name);
  return property !== undefined && ts.isPropertyAssignment(property) ? property.initializer : null;
}

/**
 * @param text a call such as `SocketIoModule.forRoot()`, of which further lines are indented from the margin
 * @returns whether it was added
 */
export function addToImports(workspace: Workspace, { source, node, name }: RootModule, text: string): boolean {
  const { ts } = workspace;
  const { edits, style } = source;
  const found = moduleDecorator(source, node);
  const advice = `add ${text.replaceAll(/\s+/g, ' ')} to the imports of ${name}`;
  if (found === null) {
    workspace.decide(source, node, advice);
    return false;
  }
  const { call, metadata } = found;
  if (metadata === null) {
    edits.insert(call.end - 1, `{ imports: [${text}] }`);
    return true;
  }
  const list = propertyOf(source, metadata, 'imports');
  if (
    list === null &&
    !metadata.properties.some((one) => one.name !== undefined && source.textOf(one.name) === 'imports')
  ) {
    const [first] = metadata.properties;
    const line = `imports: [${text}],`;
    if (first === undefined) edits.replace(metadata.getStart(source.tree), metadata.end, `{ imports: [${text}] }`);
    else if (isOwnLine(source, first)) {
      const indent = source.indentOf(first);
      edits.insert(first.getStart(source.tree), `${reindent(line, indent, style.newline)}${style.newline}${indent}`);
    } else edits.insert(first.getStart(source.tree), `${line} `);
    return true;
  }
  const array = list === null ? null : literalOf(source, list);
  if (array === null || !ts.isArrayLiteralExpression(array)) {
    workspace.decide(source, list ?? node, advice);
    return false;
  }
  const last = array.elements.at(-1);
  if (last !== undefined && isOwnLine(source, last)) {
    const indent = source.indentOf(last);
    const comma = array.elements.hasTrailingComma ? '' : ',';
    const end = array.elements.hasTrailingComma ? source.text.indexOf(',', last.end) + 1 : last.end;
    // A comment at the end of the line stays there.
    const comment = /^[ \t]*\/\/[^\r\n]*/.exec(source.text.slice(end))?.[0] ?? '';
    if (comma !== '') edits.insert(last.end, comma);
    edits.insert(
      end + comment.length,
      `${style.newline}${indent}${reindent(text, indent, style.newline)}${array.elements.hasTrailingComma ? ',' : ''}`,
    );
  } else if (text.includes('\n') && isOwnLine(source, array.parent)) {
    // Several lines in a list of one line would be hard to read.
    const indent = source.indentOf(array.parent) + style.indent;
    const lines = [...array.elements.map((element) => source.textOf(element)), reindent(text, indent, style.newline)];
    const list = lines.map((line) => `${indent}${line},${style.newline}`).join('');
    edits.replace(array.getStart(source.tree), array.end, `[${style.newline}${list}${source.indentOf(array.parent)}]`);
  } else if (last === undefined) edits.replace(array.getStart(source.tree), array.end, `[${text}]`);
  else edits.insert(last.end, `, ${reindent(text, source.indentOf(last), style.newline)}`);
  return true;
}

/** The array of `imports: [...]`, `imports: [...].filter(Boolean)`, or a constant of the file. */
function literalOf(source: Source, node: ts.Expression): ts.Expression | null {
  const { ts } = source;
  if (ts.isArrayLiteralExpression(node)) return node;
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression))
    return literalOf(source, node.expression.expression);
  if (!ts.isIdentifier(node)) return null;
  const declaration = source
    .find(ts.isVariableDeclaration)
    .find((one) => ts.isIdentifier(one.name) && one.name.text === node.text);
  return declaration?.initializer !== undefined && ts.isArrayLiteralExpression(declaration.initializer)
    ? declaration.initializer
    : null;
}

/** Whether a node is the first on its line. */
function isOwnLine(source: Source, node: ts.Node): boolean {
  const start = node.getStart(source.tree);
  return /^[ \t]*$/.test(source.text.slice(source.text.lastIndexOf('\n', start - 1) + 1, start));
}
