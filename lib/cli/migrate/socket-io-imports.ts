/** Rewrites imports from `socket.io`, in all forms. A name that has no counterpart keeps its import. */
import type ts from 'typescript';
import type { Source } from '../source/source.js';
import { TODO } from '../source/todo.js';
import type { Workspace } from './workspace.js';

const OURS = 'nest-socketio';

/** The exports of `socket.io` that this package has under the same name, and names that the migration adds. */
export const SHARED_NAMES: ReadonlySet<string> = new Set([
  'BroadcastOperator',
  'DefaultEventsMap',
  'DisconnectReason',
  'Event',
  'EventsMap',
  'ExtendedError',
  'Namespace',
  'ParentNamespace',
  'RemoteSocket',
  'Server',
  'ServerOptions',
  'Socket',
  'SocketIoModule',
  'SocketIoModuleOptions',
  'SocketIoOptionsFactory',
]);

/** Classes of `socket.io` that are types here: an import that keeps its names at run time must say so. */
const TYPES_HERE: ReadonlySet<string> = new Set(['RemoteSocket']);

/** Advice for names that have no counterpart. */
const ADVICE: Readonly<Record<string, string>> = {
  Handshake: "write Socket['handshake'] for the type",
  Room: 'write string for the type Room',
  SocketId: 'write string for the type SocketId',
  default: 'import { Server } from "nest-socketio", and call new Server(...)',
  '*': 'import the names that the file uses from "nest-socketio"',
};

function isSocketIo(specifier: string): boolean {
  return specifier === 'socket.io' || specifier.startsWith('socket.io/');
}

/** @returns whether an import of `socket.io` is left */
export function rewriteImports(workspace: Workspace, source: Source): boolean {
  const rewriting = new ImportRewriting(workspace, source);
  return rewriting.run();
}

class ImportRewriting {
  readonly #workspace: Workspace;
  readonly #source: Source;
  readonly #ts: Workspace['ts'];
  #isLeft = false;

  constructor(workspace: Workspace, source: Source) {
    this.#workspace = workspace;
    this.#source = source;
    this.#ts = workspace.ts;
  }

  run(): boolean {
    const ts = this.#ts;
    for (const literal of this.#source.find(ts.isStringLiteral)) {
      if (!isSocketIo(literal.text)) continue;
      const { parent } = literal;
      if (ts.isImportDeclaration(parent)) this.#importDeclaration(parent, literal);
      else if (ts.isExportDeclaration(parent)) this.#exportDeclaration(parent, literal);
      else if (ts.isExternalModuleReference(parent)) this.#wholeModule(parent.parent, parent.parent.name.text, literal);
      else if (ts.isModuleDeclaration(parent)) this.#augmentation(parent, literal);
      else if (ts.isLiteralTypeNode(parent) && ts.isImportTypeNode(parent.parent))
        this.#importType(parent.parent, literal);
      else if (ts.isCallExpression(parent) && parent.arguments[0] === literal) this.#call(parent, literal);
    }
    return this.#isLeft;
  }

  #importDeclaration(node: ts.ImportDeclaration, literal: ts.StringLiteral): void {
    const bindings = node.importClause?.namedBindings;
    if (node.importClause === undefined)
      return this.#leave(node, 'this import has no counterpart; remove it if nothing needs it');
    if (node.importClause.name !== undefined) return this.#leave(node, ADVICE['default'] as string);
    if (bindings !== undefined && this.#ts.isNamespaceImport(bindings)) {
      return this.#wholeModule(node, bindings.name.text, literal);
    }
    if (bindings === undefined) return;
    this.#named(node, bindings.elements, literal, node.importClause.isTypeOnly, 'import');
  }

  #exportDeclaration(node: ts.ExportDeclaration, literal: ts.StringLiteral): void {
    const { exportClause } = node;
    if (exportClause === undefined || !this.#ts.isNamedExports(exportClause)) {
      return this.#leave(node, 'name what is exported: export { Server, Socket } from "nest-socketio"');
    }
    this.#named(node, exportClause.elements, literal, node.isTypeOnly, 'export');
  }

  /** Rewrites the module of the names that are known, and gives the others an import of their own. */
  #named(
    node: ts.ImportDeclaration | ts.ExportDeclaration,
    elements: ts.NodeArray<ts.ImportSpecifier> | ts.NodeArray<ts.ExportSpecifier>,
    literal: ts.StringLiteral,
    isTypeOnly: boolean,
    keyword: 'import' | 'export',
  ): void {
    const source = this.#source;
    const all: readonly (ts.ImportSpecifier | ts.ExportSpecifier)[] = [...elements];
    const unknown = all.filter((element) => !SHARED_NAMES.has(nameOf(element)));
    if (unknown.length === all.length && all.length > 0) {
      return this.#leave(node, adviceFor(unknown.map(nameOf)));
    }
    this.#module(literal);
    for (const element of all) {
      const needsType = TYPES_HERE.has(nameOf(element)) && !isTypeOnly && !element.isTypeOnly && !source.isJavaScript;
      if (needsType) source.edits.insert(element.getStart(source.tree), 'type ');
    }
    if (unknown.length === 0) return;
    const { newline, semicolon } = source.style;
    const list = unknown.map((element) => source.textOf(element)).join(', ');
    for (const element of unknown) source.removeElement(element, elements);
    const head = `${keyword} ${isTypeOnly ? 'type ' : ''}{ ${list} } from ${source.textOf(literal)}${semicolon}`;
    const advice = adviceFor(unknown.map(nameOf));
    source.edits.insert(node.getStart(source.tree), `// ${TODO} ${advice}${newline}${head}${newline}`);
    this.#workspace.remark(source, node, advice);
    this.#isLeft = true;
  }

  /** `import * as io`, `import io = require()`: the members that the file uses decide. */
  #wholeModule(node: ts.Node, name: string, literal: ts.StringLiteral): void {
    const unknown = this.#source.uses(name).flatMap((use) => {
      const { parent } = use;
      const member = this.#ts.isPropertyAccessExpression(parent)
        ? parent.name.text
        : this.#ts.isQualifiedName(parent)
          ? parent.right.text
          : '*';
      return SHARED_NAMES.has(member) ? [] : [member === '*' ? 'default' : member];
    });
    if (unknown.length === 0) this.#module(literal);
    else this.#leave(node, adviceFor([...new Set(unknown)]));
  }

  /** `declare module 'socket.io'`: members that are added to its interfaces. */
  #augmentation(node: ts.ModuleDeclaration, literal: ts.StringLiteral): void {
    const { body } = node;
    const names =
      body !== undefined && this.#ts.isModuleBlock(body)
        ? body.statements.map((statement) =>
            this.#ts.isInterfaceDeclaration(statement) ? statement.name.text : 'default',
          )
        : ['default'];
    if (names.every((name) => SHARED_NAMES.has(name))) this.#module(literal);
    else this.#leave(node, 'declare these members on types of "nest-socketio"');
  }

  #importType(node: ts.ImportTypeNode, literal: ts.StringLiteral): void {
    const { qualifier } = node;
    const name = qualifier !== undefined && this.#ts.isIdentifier(qualifier) ? qualifier.text : '*';
    if (SHARED_NAMES.has(name)) this.#module(literal);
    else this.#leave(node, adviceFor([name]));
  }

  /** `require`, `import()` and the mocks of test runners. */
  #call(call: ts.CallExpression, literal: ts.StringLiteral): void {
    const ts = this.#ts;
    const callee = this.#source.textOf(call.expression);
    if (/^(jest|vi)\.\w*(mock|Mock)$/.test(callee)) {
      return this.#leave(call, 'mock "nest-socketio", or test with TestClient of "nest-socketio/testing"');
    }
    if (callee !== 'require' && callee !== 'import' && callee !== 'require.resolve') return;
    let holder: ts.Node = call.parent;
    while (ts.isAwaitExpression(holder) || ts.isParenthesizedExpression(holder) || ts.isAsExpression(holder)) {
      holder = holder.parent;
    }
    if (ts.isPropertyAccessExpression(holder) && SHARED_NAMES.has(holder.name.text)) return this.#module(literal);
    if (ts.isVariableDeclaration(holder)) {
      if (ts.isIdentifier(holder.name)) return this.#wholeModule(call, holder.name.text, literal);
      if (ts.isObjectBindingPattern(holder.name)) {
        const unknown = holder.name.elements
          .map((element) => this.#source.textOf(element.propertyName ?? element.name))
          .filter((name) => !SHARED_NAMES.has(name));
        return unknown.length === 0 ? this.#module(literal) : this.#leave(call, adviceFor(unknown));
      }
    }
    return this.#leave(call, adviceFor(['default']));
  }

  #module(literal: ts.StringLiteral): void {
    const source = this.#source;
    source.edits.replace(literal.getStart(source.tree) + 1, literal.end - 1, OURS);
  }

  #leave(node: ts.Node, advice: string): void {
    this.#isLeft = true;
    this.#workspace.decide(this.#source, node, advice);
  }
}

/** The exported name. */
function nameOf(element: ts.ImportSpecifier | ts.ExportSpecifier): string {
  return (element.propertyName ?? element.name).text;
}

function adviceFor(names: readonly string[]): string {
  const known = names.flatMap((name) => ADVICE[name] ?? []);
  const unknown = names.filter((name) => ADVICE[name] === undefined);
  const lack = unknown.length === 0 ? [] : [`"nest-socketio" has no ${unknown.join(', ')}`];
  return [...lack, ...known].join('; ');
}
