/**
 * Turns an adapter into a class that creates the options of the module: `useClass` of `SocketIoModule.forRootAsync`.
 * Its fields and methods stay; the application and its providers are injected instead of passed.
 */
import type ts from 'typescript';
import type { Source } from '../../source/source.js';
import type { Workspace } from '../workspace.js';
import { type AdapterClass, superStatementOf } from './adapter-class.js';
import { applicationFields, applicationUses } from './application-uses.js';
import { innermost } from '../../source/assertions.js';
import { importThere } from './inline-options.js';
import { type Injection, isInjectedByType } from './injections.js';
import { dropOptions, removeSpreads } from './option-properties.js';
import { contains, isSuperCall, type OptionsClassPlan } from './options-class-plan.js';
import { instruments } from './server-setup.js';
import type { ServerUse } from './server-uses.js';

export class OptionsClass {
  readonly #workspace: Workspace;
  readonly #plan: OptionsClassPlan;
  readonly #adapter: AdapterClass;
  readonly #source: Source;

  constructor(workspace: Workspace, plan: OptionsClassPlan) {
    this.#workspace = workspace;
    this.#plan = plan;
    this.#adapter = plan.adapter;
    this.#source = plan.adapter.source;
  }

  write(): void {
    this.#writeProviders();
    this.#writeEnding();
    this.#writeFactory();
    this.#writeLate();
    this.#writeConstructor();
    this.#writeHeader();
    for (const { imported, from } of this.#plan.injections.imports)
      importThere(this.#workspace, this.#source, imported, from);
  }

  /** `this.app.get(ConfigService)` becomes `this.configService`. */
  #writeProviders(): void {
    const { constructorNode } = this.#adapter;
    for (const use of applicationUses(this.#workspace, this.#adapter)) {
      const call = use.parent.parent as ts.CallExpression;
      const isLate = this.#plan.late.some((one) => contains(one, use)) && !this.#isShared(use);
      const start = call.getStart(this.#source.tree);
      if (isLate) {
        const token = this.#source.textOf(call.arguments[0] as ts.Node);
        this.#source.edits.replace(start, call.end, `this.moduleRef.get(${token}, { strict: false })`);
        continue;
      }
      const injection = this.#plan.injections.of(this.#source, call, null, false);
      const isInConstructor = constructorNode !== null && contains(constructorNode, use);
      if (injection !== null)
        this.#source.edits.replace(start, call.end, isInConstructor ? injection.name : `this.${injection.name}`);
    }
  }

  /** Whether a node is in a constant that both the options and the later statements use. */
  #isShared(use: ts.Node): boolean {
    return this.#plan.late.some((one) => contains(one, use) && !this.#plan.lateOnly.has(one));
  }

  #writeEnding(): void {
    const { ending } = this.#adapter;
    if (ending === null) return;
    for (const statement of ending.body?.statements ?? [])
      if (isSuperCall(this.#source, statement)) this.#source.removeLines(statement);
    const { ts } = this.#workspace;
    const isAsync = (ts.getModifiers?.(ending) ?? []).some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword);
    const type = ending.type === undefined ? '' : `: ${isAsync ? 'Promise<void>' : this.#source.textOf(ending.type)}`;
    const header = `${isAsync ? 'async ' : ''}onApplicationShutdown()${type} `;
    this.#source.edits.replace(ending.getStart(this.#source.tree), bodyStart(ending, this.#source), header);
  }

  #writeFactory(): void {
    const { factory } = this.#adapter;
    if (factory === null) return;
    const source = this.#source;
    const { method, options, optionsName, superCall, superStatement, server } = factory;
    const { ts } = this.#workspace;
    const { newline, semicolon } = source.style;
    const type = source.addImport('SocketIoModuleOptions', 'nest-socketio', { isType: true });
    const result = this.#plan.isAsync ? `Promise<${type}>` : type;
    const isPublic = (ts.getModifiers?.(method) ?? []).some(({ kind }) => kind === ts.SyntaxKind.PublicKeyword);
    const header = `${isPublic ? 'public ' : ''}${this.#plan.isAsync ? 'async ' : ''}createSocketIoOptions(): ${result} `;
    source.edits.replace(method.getStart(source.tree), bodyStart(method, source), header);
    const isRead = this.#removeSpreads(optionsName, method.body);
    const name =
      isRead || (server !== null && source.uses('options', method.body).length > 0 && optionsName !== 'options')
        ? 'serverOptions'
        : 'options';
    const [first] = method.body.statements;
    const indent = source.indentOf(first as ts.Node);
    const lines = this.#plan.setup.map((call) => `${call}${semicolon}`);
    if (isRead) lines.push(`let ${optionsName}: ${type} = {}${semicolon}`);
    if (lines.length > 0) {
      const text = lines.map((line) => `${newline}${indent}${line}`).join('');
      source.edits.insert(method.body.getStart(source.tree) + 1, text);
    }
    if (options.kind === 'properties') dropOptions(this.#workspace, source, options.properties);
    const [, argument] = superCall.arguments;
    const isNone = options.kind === 'none' || argument === undefined;
    const value = (): string => (isNone ? '{}' : source.editedText(innermost(source, argument)));
    if (server === null) {
      source.edits.replace(superStatement.getStart(source.tree), superStatement.end, `return ${value()}${semicolon}`);
    } else if (
      !isRead &&
      this.#isAdapterOnly(factory.uses, method.body, superStatement) &&
      (isNone || ts.isObjectLiteralExpression(innermost(source, argument)))
    ) {
      const [use] = factory.uses as [Extract<ServerUse, { kind: 'adapter' }>];
      source.removeLines(superStatement);
      source.removeLines(use.node);
      const returned = factory.uses[1]?.node as ts.Node;
      const adapter = `adapter: ${source.editedText(use.value)}${this.#orUndefined(use)}`;
      source.edits.replace(
        returned.getStart(source.tree),
        returned.end,
        `return ${withProperty(value(), adapter, newline)}${semicolon}`,
      );
    } else {
      source.edits.replace(
        superStatement.getStart(source.tree),
        superStatement.end,
        `const ${name}: ${type} = ${value()}${semicolon}`,
      );
      this.#writeUses(factory.uses, name);
    }
  }

  /** `return { adapter }` says it all if nothing stands between. */
  #isAdapterOnly(uses: readonly ServerUse[], body: ts.Block, superStatement: ts.Statement): boolean {
    const [adapter, returned] = uses;
    if (uses.length !== 2 || adapter?.kind !== 'adapter' || returned?.kind !== 'return') return false;
    const index = body.statements.indexOf(superStatement);
    return body.statements[index + 1] === adapter.node && body.statements[index + 2] === returned.node;
  }

  #writeUses(uses: readonly ServerUse[], name: string): void {
    const source = this.#source;
    const { semicolon } = source.style;
    const middlewares = uses.filter((use) => use.kind === 'middleware');
    for (const use of uses) {
      const start = use.node.getStart(source.tree);
      if (use.kind === 'return') source.edits.replace(start, use.node.end, `return ${name}${semicolon}`);
      else if (use.kind === 'adapter') {
        source.edits.replace(
          start,
          use.node.end,
          `${name}.adapter = ${source.editedText(use.value)}${this.#orUndefined(use)}${semicolon}`,
        );
      } else if (use.kind === 'middleware') {
        if (use !== middlewares[0]) source.removeLines(use.node);
        else {
          const list = middlewares.map((one) => source.editedText(one.valueNode)).join(', ');
          source.edits.replace(start, use.node.end, `${name}.use = [${list}]${semicolon}`);
        }
      }
    }
  }

  /** A field that may be `null` is no value of an option. */
  #orUndefined({ value, node }: Extract<ServerUse, { kind: 'adapter' }>): string {
    const { ts } = this.#workspace;
    const { node: owner, factory } = this.#adapter;
    const text = this.#source.textOf(value);
    if (node.parent !== factory?.method.body) return ''; // in an `if` that checks it
    const field = owner.members
      .filter(ts.isPropertyDeclaration)
      .find(({ name }) => `this.${this.#source.textOf(name)}` === text);
    return field?.type !== undefined && /\bnull\b/.test(this.#source.textOf(field.type)) ? ' ?? undefined' : '';
  }

  /** Removes `...options`. @returns whether the method reads its options in another way */
  #removeSpreads(given: string | null, body: ts.Block): boolean {
    const source = this.#source;
    if (given === null) return false;
    removeSpreads(source, given, body);
    const { factory } = this.#adapter;
    const argument = factory?.superCall.arguments[1];
    const isPlain = factory?.options.kind === 'none' && argument !== undefined;
    return source.uses(given, body).some((use) => !(isPlain && contains(argument, use)));
  }

  /** Statements that need the server, in a hook of the module's. */
  #writeLate(): void {
    const { factory } = this.#adapter;
    if (factory === null || this.#plan.late.length === 0) return;
    const source = this.#source;
    const { newline, semicolon, indent } = source.style;
    const { method, server, isTyped } = factory;
    const own = source.indentOf(method);
    for (const call of this.#plan.late.flatMap((statement) => instruments(source, statement, server ?? ''))) {
      source.edits.insert(call.arguments[0]?.end ?? call.end, ' as never');
    }
    const name = source.addImport('Server', 'nest-socketio');
    const type = isTyped ? '' : ': any';
    const texts = this.#plan.late.map((statement) => source.editedText(statement));
    const lines = [`const ${server}${type} = this.moduleRef.get(${name}, { strict: false })${semicolon}`, ...texts];
    const body = lines.map((line) => `${own}${indent}${line}${newline}`).join('');
    for (const statement of this.#plan.lateOnly) source.removeLines(statement);
    const comment = `${own}/** Adds what needs the server itself. */${newline}`;
    source.edits.insert(method.end, `${newline}${newline}${comment}${own}onModuleInit() {${newline}${body}${own}}`);
  }

  #writeConstructor(): void {
    const source = this.#source;
    const { ts } = this.#workspace;
    const { constructorNode, appParameter, node } = this.#adapter;
    const { newline, semicolon, indent } = source.style;
    const parameters: string[] = [];
    if (this.#plan.late.length > 0)
      parameters.push(`private readonly moduleRef: ${source.addImport('ModuleRef', '@nestjs/core')}`);
    for (const injection of this.#plan.injections.all) parameters.push(this.#parameterText(injection));
    const name = appParameter === null ? null : source.textOf(appParameter.name);
    const fields = applicationFields(this.#workspace, this.#adapter);
    const statements: string[] = [];
    const declared: string[] = [];
    for (const { parameter, text, isInjected } of this.#plan.values) {
      const own = source.textOf(parameter.name);
      const type = parameter.type === undefined ? '' : `: ${source.textOf(parameter.type)}`;
      const modifiers = (ts.getModifiers?.(parameter) ?? []).map((one) => source.textOf(one)).join(' ');
      if (modifiers === '') statements.push(`const ${own}${type} = ${text}${semicolon}`);
      else if (isInjected) {
        declared.push(`${modifiers} ${own}${type}${semicolon}`);
        statements.push(`this.${own} = ${text}${semicolon}`);
      } else declared.push(`${modifiers} ${own}${type} = ${text}${semicolon}`);
    }
    const superStatement = constructorNode === null ? null : superStatementOf(source, constructorNode);
    for (const statement of constructorNode?.body?.statements ?? []) {
      const isApp = fields.some(
        (field) => source.textOf(statement).replaceAll(/[\s;]/g, '') === `this.${field}=${name}`,
      );
      if (statement !== superStatement && !isApp) statements.push(source.editedText(statement));
    }
    for (const member of node.members) {
      if (ts.isPropertyDeclaration(member) && fields.includes(source.textOf(member.name))) source.removeLines(member);
    }
    const own = source.indentOf(constructorNode ?? node.members[0] ?? node);
    const text = constructorText(parameters, statements, own, { newline, indent });
    const fieldText = declared.map((line) => `${line}${newline}${own}`).join('');
    if (constructorNode !== null) {
      if (text === '' && fieldText === '') source.removeLines(constructorNode);
      else if (text === '')
        source.edits.replace(constructorNode.getStart(source.tree), constructorNode.end, fieldText.trimEnd());
      else source.edits.replace(constructorNode.getStart(source.tree), constructorNode.end, fieldText + text);
    } else if (text !== '') {
      const first = node.members.find((member) => ts.isMethodDeclaration(member));
      if (first !== undefined) {
        const at = source.text.lastIndexOf('\n', first.getStart(source.tree, true)) + 1;
        source.edits.insert(at, `${own}${text}${newline}${newline}`);
      }
    }
  }

  #parameterText(injection: Injection): string {
    const source = this.#source;
    const { ts } = this.#workspace;
    const { parameter, name, type, isProperty, token } = injection;
    source.importAsValue(token);
    const decorator = isInjectedByType(injection) ? '' : `@${source.addImport('Inject', '@nestjs/common')}(${token}) `;
    if (parameter === null) return `${decorator}${isProperty ? 'private readonly ' : ''}${name}: ${type}`;
    const hasModifier = (ts.getModifiers?.(parameter) ?? []).length > 0;
    const own = parameter.type === undefined ? `${source.textOf(parameter)}: ${type}` : source.textOf(parameter);
    return `${decorator}${isProperty && !hasModifier ? 'private readonly ' : ''}${own}`;
  }

  /** `extends IoAdapter` becomes `implements SocketIoOptionsFactory`, and the class a provider. */
  #writeHeader(): void {
    const source = this.#source;
    const { ts } = this.#workspace;
    const { node, ending } = this.#adapter;
    const { newline } = source.style;
    const interfaces = [source.addImport('SocketIoOptionsFactory', 'nest-socketio', { isType: true })];
    if (this.#plan.late.length > 0)
      interfaces.push(source.addImport('OnModuleInit', '@nestjs/common', { isType: true }));
    if (ending !== null) interfaces.push(source.addImport('OnApplicationShutdown', '@nestjs/common', { isType: true }));
    const clauses = node.heritageClauses ?? [];
    const others = clauses
      .filter(({ token }) => token === ts.SyntaxKind.ImplementsKeyword)
      .flatMap(({ types }) => types.map((type) => source.textOf(type)))
      .filter((type) => !/WebSocketAdapter/.test(type));
    const [first] = clauses;
    const last = clauses.at(-1);
    if (first !== undefined && last !== undefined) {
      source.edits.replace(
        first.getStart(source.tree),
        last.end,
        `implements ${[...others, ...interfaces].join(', ')}`,
      );
    }
    const isInjectable = source.decoratorsOf(node).some((one) => /^@Injectable\b/.test(source.textOf(one)));
    if (isInjectable) return;
    const name = source.addImport('Injectable', '@nestjs/common');
    source.edits.insert(node.getStart(source.tree), `@${name}()${newline}${source.indentOf(node)}`);
  }
}

function constructorText(
  parameters: readonly string[],
  statements: readonly string[],
  own: string,
  { newline, indent }: { readonly newline: string; readonly indent: string },
): string {
  if (parameters.length === 0 && statements.length === 0) return '';
  const line = `constructor(${parameters.join(', ')}) {`;
  const head =
    line.length + own.length <= 100
      ? line
      : `constructor(${newline}${parameters.map((one) => `${own}${indent}${one},${newline}`).join('')}${own}) {`;
  if (statements.length === 0) return `${head}}`;
  const body = statements.map((one) => `${own}${indent}${one}${newline}`).join('');
  return `${head}${newline}${body}${own}}`;
}

/** Adds a property at the end of an object literal. */
function withProperty(literal: string, property: string, newline: string): string {
  const inner = literal.slice(1, -1).trim().replace(/,$/, '');
  if (inner === '') return `{ ${property} }`;
  const indent = /\n([ \t]*)\S/.exec(literal)?.[1];
  if (indent === undefined) return `{ ${inner}, ${property} }`;
  const end = /[ \t]*\}$/.exec(literal)?.[0] ?? '}';
  return `${literal.replace(/,?\s*\}$/, '')},${newline}${indent}${property},${newline}${end}`;
}

function bodyStart(method: ts.MethodDeclaration, source: Source): number {
  return (method.body as ts.Block).getStart(source.tree);
}
