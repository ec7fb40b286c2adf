/**
 * Moves an expression from one file to another: finds out what it refers to, and writes it so that it means the same
 * there. Constants of the function around it are replaced by their values.
 */
import type ts from 'typescript';
import { constantOf } from '../../source/constants.js';
import type { Imported } from '../../source/parsed-source.js';
import type { Source } from '../../source/source.js';

export interface Portable {
  readonly text: string;
  /** Imports that the expression needs. */
  readonly imports: readonly Imported[];
}

/** Writes a provider that the application context was asked for: `app.get(ConfigService)`. `null` if that cannot be. */
export type Inject = (call: ts.CallExpression) => string | null;

/**
 * @param inject for calls of `app.get`
 * @returns `null` if the expression depends on something that exists only where it stands
 */
export function portable(source: Source, node: ts.Expression, inject: Inject = () => null): Portable | null {
  const imports: Imported[] = [];
  const text = write(source, node, { inject, imports, within: [] });
  return text === null ? null : { text, imports };
}

interface Writing {
  readonly inject: Inject;
  readonly imports: Imported[];
  /** Constants that are being written, against circles. */
  readonly within: readonly ts.Node[];
}

function write(source: Source, node: ts.Expression, writing: Writing): string | null {
  const { ts } = source;
  if (isProvider(source, node)) return writing.inject(node as ts.CallExpression);
  const start = node.getStart(source.tree);
  const parts: { readonly start: number; readonly end: number; readonly text: string }[] = [];
  let isPossible = true;
  const visit = (child: ts.Node): void => {
    if (!isPossible) return;
    if (
      child.kind === ts.SyntaxKind.ThisKeyword ||
      ts.isAwaitExpression(child) ||
      child.kind === ts.SyntaxKind.SuperKeyword
    ) {
      isPossible = false;
      return;
    }
    if (ts.isTypeNode(child) && !ts.isExpressionWithTypeArguments(child)) return visitTypes(child);
    if (isProvider(source, child)) {
      const text = writing.inject(child as ts.CallExpression);
      if (text === null) isPossible = false;
      else parts.push({ start: child.getStart(source.tree), end: child.end, text });
      return;
    }
    if (ts.isIdentifier(child) && isValue(source, child)) {
      const replaced = identifier(source, child, node, writing);
      if (replaced === null) isPossible = false;
      else if (replaced !== child.text)
        parts.push({ start: child.getStart(source.tree), end: child.end, text: replaced });
      return;
    }
    ts.forEachChild(child, visit);
  };
  const visitTypes = (type: ts.Node): void => {
    const names = [type, ...source.descendants(type)].filter(ts.isIdentifier);
    for (const { text } of names) {
      const imported = source.imports.find(({ local }) => local === text);
      if (imported !== undefined) writing.imports.push(imported);
      else if (declaredInFile(source, text)) isPossible = false;
    }
  };
  if (ts.isIdentifier(node)) visit(node);
  else {
    const unsupported = node.kind === ts.SyntaxKind.ThisKeyword || ts.isAwaitExpression(node);
    if (unsupported) return null;
    ts.forEachChild(node, visit);
  }
  if (!isPossible) return null;
  let text = '';
  let position = start;
  for (const part of parts.toSorted((a, b) => a.start - b.start)) {
    text += source.text.slice(position, part.start) + part.text;
    position = part.end;
  }
  return text + source.text.slice(position, node.end);
}

function identifier(source: Source, use: ts.Identifier, root: ts.Node, writing: Writing): string | null {
  const { ts } = source;
  const { text } = use;
  const shorthand = ts.isShorthandPropertyAssignment(use.parent);
  if (isDeclaredBelow(source, text, root)) return text;
  const local = constantOf(source, use);
  if (local !== null) {
    const { initializer } = local;
    if (initializer === undefined || writing.within.includes(local)) return null;
    const elsewhere = source.uses(text).length > source.uses(text, root).length + Number(root === use);
    const several = source.uses(text, root).length > 1;
    if ((elsewhere || several) && !isPure(source, initializer) && !isProvider(source, initializer)) return null;
    const written = write(source, initializer, { ...writing, within: [...writing.within, local] });
    if (written === null) return null;
    const isSimple =
      isProvider(source, initializer) ||
      ts.isLiteralExpression(initializer) ||
      ts.isObjectLiteralExpression(initializer) ||
      ts.isArrayLiteralExpression(initializer) ||
      ts.isIdentifier(initializer) ||
      ts.isCallExpression(initializer) ||
      ts.isPropertyAccessExpression(initializer) ||
      ts.isElementAccessExpression(initializer) ||
      root === use ||
      shorthand;
    return `${shorthand ? `${text}: ` : ''}${isSimple ? written : `(${written})`}`;
  }
  const imported = source.imports.find((one) => one.local === text);
  if (imported !== undefined) {
    writing.imports.push(imported);
    return text;
  }
  return declaredInFile(source, text) ? null : text; // a global
}

/** Whether an identifier is read as a value. */
function isValue(source: Source, node: ts.Identifier): boolean {
  const { ts } = source;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name !== node;
  if (ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent)) return parent.name !== node;
  if (ts.isParameter(parent) || ts.isVariableDeclaration(parent)) return parent.name !== node;
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  return true;
}

function isDeclaredBelow(source: Source, name: string, root: ts.Node): boolean {
  return declarations(source, root).some((found) => found.text === name);
}

function declaredInFile(source: Source, name: string): boolean {
  return declarations(source, source.tree).some((found) => found.text === name);
}

function declarations(source: Source, root: ts.Node): ts.Identifier[] {
  const { ts } = source;
  return source.find(ts.isIdentifier, root).filter((node) => {
    const { parent } = node;
    if ((parent as { name?: ts.Node }).name !== node) return false;
    return (
      ts.isVariableDeclaration(parent) ||
      ts.isParameter(parent) ||
      ts.isBindingElement(parent) ||
      ts.isFunctionDeclaration(parent) ||
      ts.isClassDeclaration(parent) ||
      ts.isEnumDeclaration(parent) ||
      ts.isInterfaceDeclaration(parent) ||
      ts.isTypeAliasDeclaration(parent)
    );
  });
}

/** Whether an expression is a call of `app.get(...)` or `this.app.get(...)`. */
export function isProvider(source: Source, node: ts.Node): boolean {
  const { ts } = source;
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const { expression, name } = node.expression;
  return (
    name.text === 'get' &&
    node.arguments.length > 0 &&
    /^(this\.)?_?(app|application|appContext|appRef|nestApp|moduleRef)$/i.test(source.textOf(expression))
  );
}

/** Whether an expression has the same value whenever it is evaluated, and no effect. */
export function isPure(source: Source, node: ts.Expression): boolean {
  const { ts } = source;
  const pure =
    /^(String|Number|Boolean|parseInt|parseFloat|[\w.?!()[\]'"]+\.(split|map|filter|trim|toLowerCase|replace|concat|slice))$/;
  return [node, ...source.descendants(node)].every(
    (one) =>
      !ts.isNewExpression(one) &&
      !ts.isAwaitExpression(one) &&
      (!ts.isCallExpression(one) || pure.test(source.textOf(one.expression).replaceAll(/\s+/g, ''))),
  );
}
