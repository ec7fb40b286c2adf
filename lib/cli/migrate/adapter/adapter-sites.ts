/** The places where an application sets its adapter: calls of `useWebSocketAdapter`, and lines that prepare them. */
import type ts from 'typescript';
import { innermost } from '../../source/assertions.js';
import { constantOf } from '../../source/constants.js';
import type { Source } from '../../source/source.js';
import type { Workspace } from '../workspace.js';

/** A call on the adapter between its creation and `useWebSocketAdapter`: `await adapter.connectToRedis(url)`. */
export interface SetupCall {
  readonly statement: ts.ExpressionStatement;
  readonly call: ts.CallExpression;
  readonly method: string;
  readonly isAwaited: boolean;
}

export interface AdapterSite {
  readonly source: Source;
  /** `app.useWebSocketAdapter(...)` */
  readonly call: ts.CallExpression;
  readonly statement: ts.ExpressionStatement | null;
  /** The expression before `.useWebSocketAdapter`. */
  readonly app: string;
  readonly argument: ts.Expression;
  /** The name of the adapter's class; `null` if it cannot be read. */
  readonly className: string | null;
  /** The module from which the class is imported; `null` if the file declares it. */
  readonly module: string | null;
  readonly creation: ts.NewExpression | null;
  /** The variable that holds the adapter. */
  readonly declaration: ts.VariableDeclaration | null;
  readonly setup: readonly SetupCall[];
  /** Whether the adapter is created, prepared and used in one run of statements, and for nothing else. */
  readonly isStraight: boolean;
  /** Whether the same holds, perhaps inside a `try`. */
  readonly isUnconditional: boolean;
}

export function findSites(workspace: Workspace): AdapterSite[] {
  const { ts } = workspace;
  return [...workspace.sourcesWith('useWebSocketAdapter')].flatMap((source) =>
    source
      .find(ts.isCallExpression)
      .filter(
        ({ expression, arguments: { length } }) =>
          length > 0 && ts.isPropertyAccessExpression(expression) && expression.name.text === 'useWebSocketAdapter',
      )
      .map((call) => readSite(source, call)),
  );
}

function readSite(source: Source, call: ts.CallExpression): AdapterSite {
  const { ts } = source;
  const argument = innermost(source, call.arguments[0] as ts.Expression);
  const statement = ts.isExpressionStatement(call.parent) ? call.parent : null;
  const declaration = ts.isIdentifier(argument) ? constantOf(source, argument) : null;
  const initializer = declaration?.initializer === undefined ? argument : innermost(source, declaration.initializer);
  const creation = ts.isNewExpression(initializer) ? initializer : null;
  const className = creation === null ? factoryClass(source, initializer) : source.textOf(creation.expression);
  const imported = source.imports.find(({ local }) => local === className);
  const setup = declaration === null ? [] : setupCalls(source, declaration);
  return {
    source,
    call,
    statement,
    app: source.textOf((call.expression as ts.PropertyAccessExpression).expression),
    argument,
    className: imported === undefined || imported.name === 'default' ? className : imported.name,
    module: imported?.module ?? null,
    creation,
    declaration,
    setup,
    isStraight: statement !== null && creation !== null && isStraight(source, statement, declaration, setup, false),
    isUnconditional: statement !== null && creation !== null && isStraight(source, statement, declaration, setup, true),
  };
}

/** `RedisIoAdapter` in `await RedisIoAdapter.create(app)`. */
function factoryClass(source: Source, node: ts.Expression): string | null {
  const { ts } = source;
  const call = ts.isAwaitExpression(node) ? node.expression : node;
  if (!ts.isCallExpression(call) || !ts.isPropertyAccessExpression(call.expression)) return null;
  const text = source.textOf(call.expression.expression);
  return /^[A-Z]\w*$/.test(text) ? text : null;
}

function setupCalls(source: Source, declaration: ts.VariableDeclaration): SetupCall[] {
  const { ts } = source;
  const name = (declaration.name as ts.Identifier).text;
  return usesOf(source, declaration).flatMap((use) => {
    const access = use.parent;
    if (!ts.isPropertyAccessExpression(access) || !ts.isCallExpression(access.parent)) return [];
    const call = access.parent;
    if (call.expression !== access || source.textOf(access.expression) !== name) return [];
    const isAwaited = ts.isAwaitExpression(call.parent);
    const statement = isAwaited ? call.parent.parent : call.parent;
    return ts.isExpressionStatement(statement) ? [{ statement, call, method: access.name.text, isAwaited }] : [];
  });
}

/** The uses of a variable in the block that declares it. */
function usesOf(source: Source, declaration: ts.VariableDeclaration): ts.Identifier[] {
  return source.uses((declaration.name as ts.Identifier).text, declaration.parent.parent.parent);
}

function isStraight(
  source: Source,
  statement: ts.ExpressionStatement,
  declaration: ts.VariableDeclaration | null,
  setup: readonly SetupCall[],
  allowsTry: boolean,
): boolean {
  const { ts } = source;
  const block = statement.parent;
  let holder = block.parent as ts.Node | undefined;
  if (allowsTry && holder !== undefined && ts.isTryStatement(holder)) holder = holder.parent.parent;
  const isTop = ts.isSourceFile(block) || (ts.isBlock(block) && holder !== undefined && ts.isFunctionLike(holder));
  if (!isTop) return false;
  if (declaration === null) return true;
  const list = declaration.parent.parent;
  const isOwnStatement = ts.isVariableStatement(list) && list.declarationList.declarations.length === 1;
  return (
    isOwnStatement &&
    list.parent === block &&
    setup.every((one) => one.statement.parent === block && one.statement.pos < statement.pos) &&
    usesOf(source, declaration).length === setup.length + 1
  );
}

/** Removes the lines of a site, and then what only they used. */
export function removeSite(site: AdapterSite): void {
  const { source, statement, declaration, setup } = site;
  const { ts } = source;
  const removed: ts.Node[] = setup.map((one) => one.statement);
  if (statement !== null) removed.push(statement);
  const variable = declaration?.parent.parent;
  if (variable !== undefined && ts.isVariableStatement(variable)) removed.push(variable);
  removeWithLeftovers(source, removed);
}

/** Removes statements, and what only they used: constants without an effect, and imports. */
export function removeWithLeftovers(source: Source, statements: readonly ts.Node[]): void {
  const { ts } = source;
  const names = new Set<string>();
  for (const statement of statements) {
    for (const { text } of source.find(ts.isIdentifier, statement)) names.add(text);
    removeStatement(source, statement);
  }
  for (const name of names) {
    if (source.uses(name).length > 0) continue;
    const declaration = source
      .find(ts.isVariableDeclaration)
      .find(
        (one) =>
          ts.isIdentifier(one.name) && one.name.text === name && !source.edits.removes(one.getStart(source.tree)),
      );
    const statement = declaration?.parent.parent;
    if (declaration?.initializer === undefined || statement === undefined || !ts.isVariableStatement(statement))
      continue;
    if (statement.declarationList.declarations.length > 1 || !isWithoutEffect(source, declaration.initializer))
      continue;
    removeWithLeftovers(source, [statement]);
  }
}

/** Removes a statement, and the branch of an `if` that contains nothing else. */
function removeStatement(source: Source, statement: ts.Node): void {
  const { ts } = source;
  const block = statement.parent;
  const branch = ts.isBlock(block) && block.statements.length === 1 ? block : statement;
  const condition = branch.parent;
  if (ts.isIfStatement(condition)) {
    if (condition.elseStatement === branch) return source.edits.remove(condition.thenStatement.end, branch.end);
    if (condition.elseStatement === undefined && isWithoutEffect(source, condition.expression)) {
      return source.removeLines(condition);
    }
  }
  return source.removeLines(statement);
}

/** Whether an unused constant with this value may go: reading configuration and providers has no effect. */
function isWithoutEffect(source: Source, node: ts.Expression): boolean {
  const { ts } = source;
  return [node, ...source.descendants(node)].every(
    (one) =>
      !ts.isNewExpression(one) &&
      !ts.isAwaitExpression(one) &&
      (!ts.isCallExpression(one) ||
        /(^|\.)(get|getOrThrow|getHttpServer|getHttpAdapter|split|map|trim|filter|Number|String|Boolean|parseInt)$/.test(
          source.textOf(one.expression),
        )),
  );
}
