/** Reads what an adapter does with the server that it has created. */
import type ts from 'typescript';
import type { Source } from '../../source/source.js';
import type { Workspace } from '../workspace.js';
import { innermost, outermost } from '../../source/assertions.js';

/** A use of the server in `createIOServer`. */
export type ServerUse =
  | { readonly kind: 'return'; readonly node: ts.ReturnStatement }
  /** `server.adapter(value)` */
  | { readonly kind: 'adapter'; readonly node: ts.ExpressionStatement; readonly value: ts.Expression }
  /** An HTTP middleware: `server.engine.use(value)`, or wrapped for `server.use`. */
  | {
      readonly kind: 'middleware';
      readonly node: ts.ExpressionStatement;
      readonly value: string;
      readonly valueNode: ts.Node;
    }
  /** Anything else: the statement of `createIOServer` that contains it. */
  | { readonly kind: 'setup'; readonly node: ts.Statement };

/** Reads what `createIOServer` does with the server. */
export function usesOf(
  workspace: Workspace,
  source: Source,
  owner: ts.ClassDeclaration,
  body: ts.Block,
  server: string,
): ServerUse[] {
  const { ts } = source;
  const found: ServerUse[] = [];
  for (const use of source.uses(server, body)) {
    const outer = outermost(source, use);
    const { parent } = outer;
    if (ts.isReturnStatement(parent)) {
      found.push({ kind: 'return', node: parent });
      continue;
    }
    const call = callOn(source, outer);
    const argument = call?.node.arguments[0];
    if (call !== null && argument !== undefined && ts.isExpressionStatement(call.node.parent)) {
      const node = call.node.parent;
      if (call.path === 'adapter') {
        found.push({ kind: 'adapter', node, value: argument });
        continue;
      }
      const middleware =
        call.path === 'engine.use'
          ? argument
          : call.path === 'use'
            ? wrappedMiddleware(workspace, source, owner, argument)
            : null;
      if (middleware !== null && node.parent === body) {
        found.push({ kind: 'middleware', node, value: source.textOf(middleware), valueNode: middleware });
        continue;
      }
    }
    const statement = body.statements.find((one) => one.pos <= use.pos && use.end <= one.end) as ts.Statement;
    if (!found.some((one) => one.kind === 'setup' && one.node === statement))
      found.push({ kind: 'setup', node: statement });
  }
  return found;
}

/** `server.adapter(x)` is `adapter`, `server.engine.use(x)` is `engine.use`. */
function callOn(
  source: Source,
  server: ts.Expression,
): { readonly path: string; readonly node: ts.CallExpression } | null {
  const { ts } = source;
  const path: string[] = [];
  let node: ts.Node = server.parent;
  let below: ts.Node = server;
  while (ts.isPropertyAccessExpression(node) && node.expression === below) {
    path.push(node.name.text);
    below = node;
    node = node.parent;
  }
  return ts.isCallExpression(node) && node.expression === below ? { path: path.join('.'), node } : null;
}

/** The middleware in `wrap(middleware)`, or in `(socket, next) => middleware(socket.request, {}, next)`. */
function wrappedMiddleware(
  workspace: Workspace,
  source: Source,
  owner: ts.ClassDeclaration,
  node: ts.Expression,
): ts.Expression | null {
  const { ts } = source;
  const expression = innermost(source, node);
  if (ts.isArrowFunction(expression) || ts.isFunctionExpression(expression)) {
    const call = callWithRequest(source, expression);
    return call === null || isMethod(source, owner, call.expression) ? null : call.expression;
  }
  if (!ts.isCallExpression(expression) || expression.arguments.length !== 1) return null;
  const name = source.textOf(expression.expression).replace(/^this\./, '');
  return isWrapper(workspace, source, owner, name) ? (expression.arguments[0] as ts.Expression) : null;
}

/** Whether an expression is a method of the class, which needs its `this`. */
function isMethod(source: Source, owner: ts.ClassDeclaration, node: ts.Expression): boolean {
  const text = source.textOf(node);
  return owner.members.some(
    (member) => source.ts.isMethodDeclaration(member) && text === `this.${source.textOf(member.name)}`,
  );
}

/** The call in a function of socket and next, if that is all it does. */
function callWithRequest(source: Source, node: ts.ArrowFunction | ts.FunctionExpression): ts.CallExpression | null {
  const { ts } = source;
  const [socket] = node.parameters.map((parameter) => source.textOf(parameter.name));
  const inner = ts.isBlock(node.body) ? onlyExpression(source, node.body) : innermost(source, node.body);
  if (inner === null || !ts.isCallExpression(inner) || socket === undefined) return null;
  const [request] = inner.arguments;
  const requested = request === undefined ? '' : source.textOf(innermost(source, request));
  return requested === `${socket}.request` ? inner : null;
}

function onlyExpression(source: Source, block: ts.Block): ts.Expression | null {
  const { ts } = source;
  const [statement, ...more] = block.statements;
  if (statement === undefined || more.length > 0) return null;
  const isOne = ts.isExpressionStatement(statement) || ts.isReturnStatement(statement);
  return isOne && statement.expression !== undefined ? innermost(source, statement.expression) : null;
}

/** Whether a function turns an HTTP middleware into one for sockets. */
function isWrapper(workspace: Workspace, source: Source, owner: ts.ClassDeclaration, name: string): boolean {
  const { ts } = source;
  const functionOf = (node: ts.Node): ts.Node | null => {
    if (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node))
      return node.name?.getText(source.tree) === name ? node : null;
    if (ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node)) {
      return node.name.getText(source.tree) === name ? (node.initializer ?? null) : null;
    }
    return null;
  };
  const definition = [...source.descendants(owner), ...source.descendants(source.tree)]
    .map((node) => functionOf(node))
    .find((node) => node !== null);
  if (definition !== undefined) {
    return source
      .descendants(definition)
      .some(
        (node) => (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) && callWithRequest(source, node) !== null,
      );
  }
  const imported = source.imports.find(({ local }) => local === name);
  if (imported === undefined) return false;
  const path = workspace.resolve(source.path, imported.module);
  if (path === null) return false;
  const other = workspace.source(path);
  return other === source
    ? false
    : isWrapper(workspace, other, owner, imported.name === 'default' ? name : imported.name);
}
