/** Reads a class that extends `IoAdapter`: which options it sets, and what it does with the server. */
import type ts from 'typescript';
import type { Source } from '../../source/source.js';
import type { Workspace } from '../workspace.js';
import { type AdapterOptions, readOptions } from './adapter-options.js';
import { outermost } from '../../source/assertions.js';
import { type ServerUse, usesOf } from './server-uses.js';

/** The method that creates the server. */
export interface ServerFactory {
  readonly method: ts.MethodDeclaration & { readonly body: ts.Block };
  readonly options: AdapterOptions;
  /** The name of its parameter with the options. */
  readonly optionsName: string | null;
  /** The port, if it is written in the class. */
  readonly port: string | null;
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
  const isFixed = portArgument !== undefined && ts.isNumericLiteral(portArgument) && portArgument.text !== '0';
  if (portArgument !== undefined && !isFixed && source.textOf(portArgument) !== port) {
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
    port: isFixed ? portArgument.text : null,
    superCall,
    superStatement,
    server,
    isTyped,
    uses,
  };
}
