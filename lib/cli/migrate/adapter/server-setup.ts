/**
 * Turns an adapter into a plain class that sets up the application's server: `createIOServer(port, options)` becomes
 * `configure(server)`, and `app.useWebSocketAdapter(adapter)` becomes `adapter.configure(app.get(Server))`. Its
 * constructor and fields stay, so it may keep whatever it is given.
 */
import type ts from 'typescript';
import { type AdapterClass, superStatementOf } from './adapter-class.js';
import { isSuperCall } from './options-class-plan.js';
import { innermost } from '../../source/assertions.js';
import type { AdapterSite } from './adapter-sites.js';
import type { Source } from '../../source/source.js';
import type { Workspace } from '../workspace.js';

/** Whether the class can become one that sets up a server: its sites need a statement of their own. */
export function canSetUp({ factory }: AdapterClass, sites: readonly AdapterSite[]): boolean {
  return factory !== null && sites.every((site) => site.statement !== null);
}

export function writeServerSetup(workspace: Workspace, adapter: AdapterClass, sites: readonly AdapterSite[]): void {
  const { source, factory, ending } = adapter;
  if (factory === null) return;
  const { ts } = workspace;
  const { edits } = source;
  const start = (node: ts.Node): number => node.getStart(source.tree);
  const { method, superStatement, server, isTyped, uses } = factory;
  const hasConfigure = adapter.node.members.some(
    (one) => one.name !== undefined && source.textOf(one.name) === 'configure',
  );
  const name = hasConfigure ? 'configureServer' : 'configure';

  // The method.
  const parameter = server ?? 'server';
  const isAny = !isTyped && uses.some((use) => use.kind === 'setup');
  const type = source.isJavaScript
    ? ''
    : `: ${isAny ? 'any' : source.addImport('Server', 'nest-socketio', { isType: true })}`;
  edits.replace(
    start(method),
    start(method.body),
    `${name}(${parameter}${type})${source.isJavaScript ? '' : ': void'} `,
  );
  source.removeLines(superStatement);
  for (const use of uses) {
    if (use.kind === 'middleware')
      edits.replace(start(use.node), use.node.end, `${parameter}.engine.use(${use.value})${source.style.semicolon}`);
    else if (use.kind === 'return') {
      if (use.node === method.body.statements.at(-1)) source.removeLines(use.node);
      else edits.replace(start(use.node), use.node.end, `return${source.style.semicolon}`);
    }
  }
  for (const call of instruments(source, method.body, parameter)) {
    if (!source.isJavaScript) edits.insert(call.arguments[0]?.end ?? call.end, ' as never');
  }
  removeOptionConstants(adapter);

  // The class.
  const { node, constructorNode, appParameter } = adapter;
  const extending = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
  if (extending !== undefined) edits.remove(start(extending) - 1, extending.end);
  const superCall = constructorNode === null ? null : superStatementOf(source, constructorNode);
  if (superCall !== null) source.removeLines(superCall);
  const body = constructorNode?.body;
  if (superCall !== null && body?.statements.length === 1) edits.replace(start(body), body.end, '{}');
  const dropped = droppedParameter(workspace, adapter);
  if (constructorNode !== null && dropped !== null) {
    const isEmpty = constructorNode.parameters.length === 1 && constructorNode.body?.statements.length === 1;
    if (isEmpty) source.removeLines(constructorNode);
    else source.removeElement(appParameter as ts.ParameterDeclaration, constructorNode.parameters);
  }
  if (ending !== null) {
    const what = `Nest no longer calls ${source.textOf(ending.name)}() of ${adapter.name}: call it when the application shuts down`;
    workspace.decide(source, ending, what);
    for (const statement of ending.body?.statements ?? []) {
      if (isSuperCall(source, statement)) source.removeLines(statement);
    }
  }

  // Its callers.
  if (dropped !== null || constructorNode === null) removeArgument(workspace, adapter, dropped ?? 0);
  for (const { source: caller, call, app } of sites) {
    const token = caller.addImport('Server', 'nest-socketio');
    const expression = call.expression as ts.PropertyAccessExpression;
    const given = call.arguments[0] as ts.Expression;
    const value = innermost(caller, given);
    const needsParentheses =
      !ts.isIdentifier(value) &&
      !ts.isNewExpression(value) &&
      !ts.isCallExpression(value) &&
      !ts.isPropertyAccessExpression(value);
    const text = needsParentheses ? `(${caller.editedText(given)})` : caller.editedText(value);
    caller.edits.replace(expression.getStart(caller.tree), call.end, `${text}.${name}(${app}.get(${token}))`);
  }
}

/** The calls of the admin UI, which is typed for the server of `socket.io`. */
export function instruments(source: Source, below: ts.Node, server: string): ts.CallExpression[] {
  return source
    .find(source.ts.isCallExpression, below)
    .filter(
      ({ expression, arguments: [first] }) =>
        source.textOf(expression) === 'instrument' && first !== undefined && source.textOf(first) === server,
    );
}

/** Takes the application out of every `new Adapter(app, ...)`. */
function removeArgument(workspace: Workspace, { name }: AdapterClass, index: number): void {
  for (const source of workspace.sourcesWith(`new ${name}(`)) {
    for (const creation of source.find(workspace.ts.isNewExpression)) {
      const argument = creation.arguments?.[index];
      if (source.textOf(creation.expression) !== name || argument === undefined) continue;
      source.removeElement(argument, creation.arguments as ts.NodeArray<ts.Expression>);
    }
  }
}

/** The index of the parameter with the application, if the class only passed it to `super`. */
function droppedParameter({ ts }: Workspace, { source, constructorNode, appParameter }: AdapterClass): number | null {
  if (constructorNode === null || appParameter === null || constructorNode.body === undefined) return null;
  const name = source.textOf(appParameter.name);
  const isProperty = (ts.getModifiers?.(appParameter) ?? []).length > 0;
  if (isProperty && new RegExp(`\\bthis\\.${name}\\b|[{,]\\s*${name}\\b[^}]*\\}\\s*=\\s*this\\b`).test(source.text))
    return null;
  const superCall = superStatementOf(source, constructorNode);
  const uses = source.uses(name, constructorNode.body);
  const others = uses.filter((use) => superCall === null || use.pos < superCall.pos || use.end > superCall.end);
  return others.length === 0 ? constructorNode.parameters.indexOf(appParameter) : null;
}

/** Removes constants of the method that only its options used: they are options of the module now. */
function removeOptionConstants({ source, factory }: AdapterClass): void {
  if (factory === null) return;
  const { ts } = source;
  const { method, superStatement, optionsName } = factory;
  for (const statement of method.body.statements.toReversed()) {
    if (statement === superStatement || statement.pos > superStatement.pos) continue;
    if (ts.isVariableStatement(statement)) {
      const names = statement.declarationList.declarations.map(({ name }) => source.textOf(name));
      if (names.every((name) => source.uses(name, method.body).length === 0)) source.removeLines(statement);
    } else if (optionsName !== null && source.uses(optionsName, statement).length > 0) source.removeLines(statement);
  }
}
