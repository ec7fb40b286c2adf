/** Moves the options of an adapter into the call of `SocketIoModule.forRoot`. */
import type ts from 'typescript';
import type { AdapterClass } from './adapter-class.js';
import type { RootModule } from '../../source/applications.js';
import { Edits } from '../../source/edits.js';
import { fateOf, fateOfName, missingOrigin } from './known-options.js';
import { portable } from './portable.js';
import type { Imported } from '../../source/parsed-source.js';
import type { Source } from '../../source/source.js';
import { convertIndent, reindent, type Style } from '../../source/style.js';
import type { Workspace } from '../workspace.js';

/** Options that mean the same in another file. */
export interface InlineOptions {
  /** `cors: { origin: true }` and so on, as in the file of the adapter. */
  readonly properties: readonly string[];
  /** The style of that file. */
  readonly style: Style | null;
  /** With the file that they are written for. */
  readonly imports: readonly { readonly imported: Imported; readonly from: Source }[];
  readonly decisions: readonly { readonly node: ts.Node; readonly text: string }[];
}

export const NO_OPTIONS: InlineOptions = { style: null, properties: [], imports: [], decisions: [] };

/**
 * @param parts `options`: those passed to `super`; `all`: also the adapter and the middlewares set on the server
 * @returns `null` if they need the adapter's fields, or values that only its file has
 */
export function inlineOptions({ source, factory }: AdapterClass, parts: 'options' | 'all'): InlineOptions | null {
  if (factory === null) return NO_OPTIONS;
  const { options, uses } = factory;
  if (options.kind === 'statements') return null;
  const properties: string[] = [];
  const imports: { imported: Imported; from: Source }[] = [];
  const decisions: { node: ts.Node; text: string }[] = [];
  const move = (name: string, node: ts.Node): boolean => {
    const moved = portable(source, node as ts.Expression);
    if (moved === null) return false;
    imports.push(...moved.imports.map((imported) => ({ imported, from: source })));
    const isWhole = name === '' || moved.text.startsWith(`${name}: `); // a shorthand property is written in full
    properties.push(isWhole || moved.text === name ? moved.text : `${name}: ${moved.text}`);
    return true;
  };
  for (const property of options.kind === 'none' ? [] : options.properties) {
    const fate = fateOf(source, property);
    if (!fate.keep) {
      if (fate.decision !== null) decisions.push({ node: property, text: fate.decision });
    } else if (!moveProperty(source, property, move, properties)) return null;
  }
  for (const assignment of options.kind === 'none' ? [] : options.assigned) {
    const name = (assignment.left as ts.PropertyAccessExpression).name.text;
    const fate = fateOfName(name, source.textOf(assignment));
    if (!fate.keep) {
      if (fate.decision !== null) decisions.push({ node: assignment, text: fate.decision });
    } else if (!move(name, assignment.right)) return null;
  }
  if (parts === 'options') return { style: source.style, properties, imports, decisions };
  for (const use of uses) {
    if (use.kind === 'setup') return null;
    if (use.kind === 'adapter' && (use.node.parent !== factory.method.body || !move('adapter', use.value))) return null;
  }
  const middlewares = uses.filter((use) => use.kind === 'middleware');
  if (middlewares.length > 0) {
    const moved = middlewares.map((use) => portable(source, use.valueNode as ts.Expression));
    if (moved.some((one) => one === null)) return null;
    imports.push(...moved.flatMap((one) => (one?.imports ?? []).map((imported) => ({ imported, from: source }))));
    properties.push(`use: [${moved.map((one) => one?.text).join(', ')}]`);
  }
  return { style: source.style, properties, imports, decisions };
}

function moveProperty(
  source: Source,
  property: ts.ObjectLiteralElementLike,
  move: (name: string, node: ts.Node) => boolean,
  properties: string[],
): boolean {
  const { ts } = source;
  if (ts.isShorthandPropertyAssignment(property)) return move(property.name.text, property.name);
  if (!ts.isPropertyAssignment(property)) return move('', property);
  const origin = missingOrigin(source, property);
  if (origin === null) return move(source.textOf(property.name), property.initializer);
  const edits = new Edits();
  edits.replace(origin.start, origin.end, origin.text);
  const complete = edits.apply(source.text, property.getStart(source.tree), property.end);
  return move('', property.initializer) && (properties.splice(-1, 1, complete), true);
}

/** Writes the call of `forRoot` for a module, and adds the imports that it needs. */
export function writeForRoot(workspace: Workspace, module: RootModule, options: InlineOptions): string {
  const { source } = module;
  const { indent, newline } = source.style;
  const properties = options.properties.map((text) =>
    options.style === null ? text : convertIndent(text, options.style, source.style),
  );
  for (const { imported, from } of options.imports) importThere(workspace, source, imported, from);
  const name = source.addImport('SocketIoModule', 'nest-socketio');
  if (options.properties.length === 0) return `${name}.forRoot()`;
  const line = `${name}.forRoot({ ${properties.join(', ')} })`;
  if (line.length <= 70 && !line.includes('\n')) return line;
  const lines = properties.map((property) => `${indent}${reindent(property, indent, newline)},${newline}`);
  return `${name}.forRoot({${newline}${lines.join('')}})`;
}

/** Imports, in one file, a name as another file imports it. */
export function importThere(workspace: Workspace, to: Source, imported: Imported, from: Source): void {
  if (to === from) return;
  const file = workspace.resolve(from.path, imported.module);
  const isRelative = imported.module.startsWith('.');
  const target = file === null ? null : (workspace.declaring(file, imported.name) ?? file);
  to.addImportOf(
    imported,
    isRelative && target !== null ? workspace.specifier(to, target, imported.name) : imported.module,
  );
}
