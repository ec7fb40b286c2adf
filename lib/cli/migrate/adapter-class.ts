/** Reads a class that extends `IoAdapter`: which options it sets, and what it does with the server. */
import type ts from 'typescript';
import type { Source } from './source.js';
import type { Workspace } from './workspace.js';

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

/** The method that creates the server. */
export interface ServerFactory {
  readonly method: ts.MethodDeclaration & { readonly body: ts.Block };
  readonly options: AdapterOptions;
  /** The name of its parameter with the options. */
  readonly optionsName: string | null;
  readonly superCall: ts.CallExpression;
  /** The statement with the call of `super`. */
  readonly superStatement: ts.Statement;
  /** The variable with the server. */
  readonly server: string | null;
  /** Whether the variable has a type. */
  readonly isTyped: boolean;
  readonly uses: readonly ServerUse[];
}

export interface AdapterClass {
  readonly source: Source;
  readonly node: ts.ClassDeclaration & { readonly name: ts.Identifier };
  readonly name: string;
  readonly constructorNode: ts.ConstructorDeclaration | null;
  /** The parameter that is passed to `super`. */
  readonly appParameter: ts.ParameterDeclaration | null;
  /** `null` if the class does not override it. */
  readonly factory: ServerFactory | null;
  /** An overridden `close` or `dispose`. */
  readonly ending: ts.MethodDeclaration | null;
}

/** A class that is left as it is, and why. */
export interface UnknownAdapter {
  readonly source: Source;
  readonly node: ts.ClassDeclaration;
  readonly name: string;
  readonly reason: string;
}

/** Methods of adapters that have no counterpart. */
const FOREIGN = new Set([
  'bindClientConnect',
  'bindClientDisconnect',
  'bindMessageHandlers',
  'bindMiddleware',
  'mapPayload',
]);

/** Whether the class extends `IoAdapter`, or a class of the project that does. */
export function extendsIoAdapter(source: Source, node: ts.ClassDeclaration): boolean {
  const base = baseOf(source, node);
  return base !== null && (base === 'IoAdapter' || base.endsWith('.IoAdapter'));
}

export function baseOf(source: Source, node: ts.ClassDeclaration): string | null {
  const clause = node.heritageClauses?.find(({ token }) => token === source.ts.SyntaxKind.ExtendsKeyword);
  const type = clause?.types[0];
  return type === undefined ? null : source.textOf(type.expression);
}

export function readAdapterClass(
  workspace: Workspace,
  source: Source,
  node: ts.ClassDeclaration,
): AdapterClass | UnknownAdapter {
  const { ts } = workspace;
  const name = node.name?.text ?? 'the adapter';
  const unknown = (reason: string): UnknownAdapter => ({ source, node, name, reason });
  if (node.name === undefined) return unknown('the class must have a name');
  const methods = node.members
    .filter(ts.isMethodDeclaration)
    .filter((method) => !(ts.getModifiers?.(method) ?? []).some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword));
  const named = (method: string): ts.MethodDeclaration | undefined =>
    methods.find((one) => source.textOf(one.name) === method);
  const foreign = methods.find((one) => FOREIGN.has(source.textOf(one.name)));
  if (foreign !== undefined) return unknown(`it overrides ${source.textOf(foreign.name)}()`);
  if (named('create') !== undefined && named('createIOServer') !== undefined) {
    return unknown('it overrides both create() and createIOServer()');
  }
  if (named('close') !== undefined && named('dispose') !== undefined)
    return unknown('it overrides close() and dispose()');
  const constructorNode = node.members.find(ts.isConstructorDeclaration) ?? null;
  const method = named('createIOServer') ?? named('create');
  const factory = method === undefined ? null : readFactory(workspace, source, node, method);
  if (typeof factory === 'string') return unknown(factory);
  return {
    source,
    node: node as AdapterClass['node'],
    name,
    constructorNode,
    appParameter: appParameterOf(source, constructorNode),
    factory,
    ending: named('close') ?? named('dispose') ?? null,
  };
}

/** The parameter that is passed to `super`, or the only one whose type is that of an application. */
function appParameterOf(source: Source, node: ts.ConstructorDeclaration | null): ts.ParameterDeclaration | null {
  if (node === null) return null;
  const superCall = superStatementOf(source, node);
  const argument = superCall === null ? undefined : (superCall.expression as ts.CallExpression).arguments[0];
  const passed = argument === undefined ? '' : source.textOf(argument);
  const isApp = (parameter: ts.ParameterDeclaration): boolean =>
    parameter.type !== undefined && /INest|NestExpress|NestFastify/.test(source.textOf(parameter.type));
  return (
    node.parameters.find(isApp) ??
    node.parameters.find(
      ({ name, type }) =>
        source.textOf(name) === passed && (type === undefined || !/RequestHandler/.test(source.textOf(type))),
    ) ??
    null
  );
}

export function superStatementOf(source: Source, node: ts.ConstructorDeclaration): ts.ExpressionStatement | null {
  const { ts } = source;
  return (
    node.body?.statements.find(
      (statement): statement is ts.ExpressionStatement =>
        ts.isExpressionStatement(statement) &&
        ts.isCallExpression(statement.expression) &&
        statement.expression.expression.kind === ts.SyntaxKind.SuperKeyword,
    ) ?? null
  );
}

/** @returns the reason why it is not understood, if it is not */
function readFactory(
  workspace: Workspace,
  source: Source,
  owner: ts.ClassDeclaration,
  method: ts.MethodDeclaration,
): ServerFactory | string {
  const { ts } = workspace;
  const name = source.textOf(method.name);
  const { body } = method;
  if (body === undefined) return `${name}() must have a body`;
  const [port, given] = method.parameters.map((parameter) => source.textOf(parameter.name));
  const calls = source
    .find(ts.isCallExpression, body)
    .filter(({ expression }) => /^super\.create(IOServer)?$/.test(source.textOf(expression)));
  const [superCall] = calls;
  if (superCall === undefined) {
    return /new \w*Server\b/.test(source.textOf(body))
      ? `${name}() creates the server on a port or HTTP server of its own; give the port to the gateways: @WebSocketGateway(port)`
      : `${name}() must call super.${name}()`;
  }
  if (calls.length > 1) return `${name}() calls super.${name}() more than once`;
  const [portArgument, optionsArgument] = superCall.arguments;
  if (portArgument !== undefined && source.textOf(portArgument) !== port) {
    return `${name}() chooses the port; give it to the gateways: @WebSocketGateway(port)`;
  }
  const superStatement = body.statements.find((one) => one.pos <= superCall.pos && superCall.end <= one.end);
  if (superStatement === undefined) return `${name}() is not understood`;
  let server: string | null = null;
  let isTyped = false;
  const outer = outermost(source, superCall);
  if (ts.isVariableDeclaration(outer.parent) && ts.isIdentifier(outer.parent.name)) {
    if (!ts.isVariableStatement(superStatement) || superStatement.declarationList.declarations.length > 1)
      return `${name}() is not understood`;
    server = outer.parent.name.text;
    const typeText =
      outer.parent.type === undefined
        ? outer === superCall
          ? 'Server'
          : source.textOf(outer)
        : source.textOf(outer.parent.type);
    isTyped = !/\bany$/.test(typeText.trim());
  } else if (!ts.isReturnStatement(outer.parent)) {
    return `${name}() keeps the server in a way that is not understood`;
  } else if (outer.parent !== superStatement) {
    return `${name}() returns the server from a branch`;
  }
  const options = readOptions(source, body, superStatement, optionsArgument, given ?? null);
  const uses = server === null ? [] : usesOf(workspace, source, owner, body, server);
  return {
    method: method as ServerFactory['method'],
    options,
    optionsName: given ?? null,
    superCall,
    superStatement,
    server,
    isTyped,
    uses,
  };
}

/** The expression with the assertions and parentheses around it. */
function outermost(source: Source, node: ts.Expression): ts.Expression {
  const { ts } = source;
  const { parent } = node;
  const wraps =
    ts.isAsExpression(parent) ||
    ts.isParenthesizedExpression(parent) ||
    ts.isNonNullExpression(parent) ||
    ts.isTypeAssertionExpression(parent);
  return wraps ? outermost(source, parent) : node;
}

/** The expression without assertions and parentheses around it. */
export function innermost(source: Source, node: ts.Expression): ts.Expression {
  const { ts } = source;
  const wraps =
    ts.isAsExpression(node) ||
    ts.isParenthesizedExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isTypeAssertionExpression(node) ||
    ts.isSatisfiesExpression(node);
  return wraps ? innermost(source, node.expression) : node;
}

// --- Options ---

function readOptions(
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

// --- Uses of the server ---

function usesOf(
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
    return call === null ? null : call.expression;
  }
  if (!ts.isCallExpression(expression) || expression.arguments.length !== 1) return null;
  const name = source.textOf(expression.expression).replace(/^this\./, '');
  return isWrapper(workspace, source, owner, name) ? (expression.arguments[0] as ts.Expression) : null;
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
