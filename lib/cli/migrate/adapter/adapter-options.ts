/** Reads which options an adapter passes to Socket.IO. */
import type ts from 'typescript';
import type { Source } from '../../source/source.js';
import { innermost } from '../../source/assertions.js';

/** The options that a class passes to `super.createIOServer`. */
export type AdapterOptions =
  | { readonly kind: 'none' }
  /** An object literal in the end, whose parts are these: written in literals, or assigned, as `options.cors = ...`. */
  | {
      readonly kind: 'properties';
      readonly properties: readonly ts.ObjectLiteralElementLike[];
      readonly assigned: readonly ts.BinaryExpression[];
    }
  /** Statements compute them. */
  | { readonly kind: 'statements' };

/** Reads the options from the argument of `super.createIOServer`, and from statements that change it before. */
export function readOptions(
  source: Source,
  body: ts.Block,
  superStatement: ts.Statement,
  argument: ts.Expression | undefined,
  given: string | null,
): AdapterOptions {
  const { ts } = source;
  if (argument === undefined) return { kind: 'none' };
  const consumed = new Set<ts.Node>();
  const properties: ts.ObjectLiteralElementLike[] = [];
  const assigned: ts.BinaryExpression[] = [];
  /** Takes the properties of a literal, without the given options that it spreads. */
  const take = (node: ts.Expression): boolean => {
    const expression = innermost(source, node);
    if (ts.isIdentifier(expression)) {
      if (expression.text === given) {
        consumed.add(expression);
        return true;
      }
      const local = localOf(source, body, expression.text);
      const isOnce = source.uses(expression.text, body).length === 1;
      return local?.initializer !== undefined && isOnce && take(local.initializer);
    }
    if (isGivenOrEmpty(source, expression, given)) {
      for (const use of source.uses(given ?? '', expression)) consumed.add(use);
      return true;
    }
    if (ts.isCallExpression(expression) && source.textOf(expression.expression) === 'Object.assign') {
      return expression.arguments.every(take);
    }
    if (!ts.isObjectLiteralExpression(expression)) return false;
    return expression.properties.every((property) => {
      if (!ts.isSpreadAssignment(property)) {
        properties.push(property);
        return true;
      }
      const spread = innermost(source, property.expression);
      const text = source.textOf(spread);
      if (text === given || isGivenOrEmpty(source, spread, given)) {
        for (const use of source.uses(given ?? '', property)) consumed.add(use);
        return true;
      }
      properties.push(property);
      return true;
    });
  };
  // Options that are changed before: `options.cors = { ... }`, `options = { ...options, cors }`, `options ??= {}`.
  for (const statement of body.statements.slice(0, body.statements.indexOf(superStatement))) {
    if (given === null || source.uses(given, statement).length === 0) continue;
    if (!ts.isExpressionStatement(statement) || !ts.isBinaryExpression(statement.expression)) {
      if (ts.isIfStatement(statement) && isGuardOfGiven(source, statement, given)) {
        for (const use of source.uses(given, statement)) consumed.add(use);
      }
      continue; // a declaration, which `take` may find
    }
    const { left, right, operatorToken } = statement.expression;
    const target = source.textOf(left);
    const isAssignment = operatorToken.kind === ts.SyntaxKind.EqualsToken;
    const isMember = ts.isPropertyAccessExpression(left) && source.textOf(left.expression) === given;
    if (isMember && isAssignment && source.uses(given, right).length === 0) {
      assigned.push(statement.expression);
      consumed.add(left.expression);
    } else if (target === given && (isAssignment ? take(right) : true)) {
      for (const use of source.uses(given, statement)) consumed.add(use);
    }
  }
  const isLiteral = take(argument);
  const isAll = given === null || source.uses(given, body).every((use) => consumed.has(use));
  if (!isLiteral || !isAll) return { kind: 'statements' };
  const isEmpty = properties.length === 0 && assigned.length === 0;
  return isEmpty ? { kind: 'none' } : { kind: 'properties', properties, assigned };
}

/** `options || {}`, `options ?? {}` */
function isGivenOrEmpty(source: Source, node: ts.Expression, given: string | null): boolean {
  const { ts } = source;
  if (ts.isObjectLiteralExpression(node)) return node.properties.length === 0;
  if (!ts.isBinaryExpression(node)) return false;
  return source.textOf(node.left) === given && source.textOf(node.right).replaceAll(/\s/g, '') === '{}';
}

/** `if (!options) options = {};` */
function isGuardOfGiven(source: Source, statement: ts.IfStatement, given: string): boolean {
  return new RegExp(`^if\\(!${given}\\)\\{?${given}=\\{\\}(asany)?;?\\}?$`).test(
    source.textOf(statement).replaceAll(/\s/g, ''),
  );
}

function localOf(source: Source, body: ts.Block, name: string): ts.VariableDeclaration | null {
  const { ts } = source;
  const declarations = body.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => declarationList.declarations);
  return declarations.find((one) => ts.isIdentifier(one.name) && one.name.text === name) ?? null;
}
