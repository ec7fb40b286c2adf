/**
 * Turns an adapter into a class that creates the options of the module: `useClass` of `SocketIoModule.forRootAsync`.
 * Its fields and methods stay; the application and its providers are injected instead of passed.
 */
import type ts from 'typescript';
import { type AdapterClass, innermost, type ServerUse, superStatementOf } from './adapter-class.js';
import type { AdapterSite } from './adapter-sites.js';
import { importThere } from './inline-options.js';
import { Injections, type Injection, isInjectedByType } from './injections.js';
import { dropOptions, removeSpreads } from './option-properties.js';
import { isProvider, portable } from './portable.js';
import { decoratorsOf } from './root-module.js';
import { instruments } from './server-setup.js';
import type { Source } from './source.js';
import type { Workspace } from './workspace.js';

/** A constructor parameter whose value the class computes itself from now on. */
interface Value {
  readonly parameter: ts.ParameterDeclaration;
  readonly text: string;
  /** Whether the value is made from a parameter that is injected. */
  readonly isInjected: boolean;
}

export class OptionsClass {
  readonly #workspace: Workspace;
  readonly #adapter: AdapterClass;
  readonly #source: Source;
  readonly #injections: Injections;
  readonly #values: Value[] = [];
  /** The calls that prepare the adapter, as the class makes them itself. */
  readonly #setup: string[] = [];
  #isAsync = false;
  /** Statements of `createIOServer` that need the server, with the constants that they use. */
  readonly #late: ts.Statement[] = [];
  readonly #lateOnly = new Set<ts.Statement>();

  /** @returns `null` if the class cannot be turned into one that creates options */
  static of(workspace: Workspace, adapter: AdapterClass, sites: readonly AdapterSite[]): OptionsClass | null {
    const [site] = sites;
    if (site === undefined || adapter.factory === null || adapter.source.isJavaScript) return null;
    if (!sites.every((one) => one.isStraight && one.creation !== null)) return null;
    const result = new OptionsClass(workspace, adapter);
    const isSame = sites.every((one) => argumentsOf(one) === argumentsOf(site));
    return isSame && result.#plan(site) ? result : null;
  }

  private constructor(workspace: Workspace, adapter: AdapterClass) {
    this.#workspace = workspace;
    this.#adapter = adapter;
    this.#source = adapter.source;
    const { node, source } = adapter;
    const members = node.members.flatMap(({ name }) => (name === undefined ? [] : source.textOf(name)));
    const parameters = adapter.constructorNode?.parameters.map(({ name }) => source.textOf(name)) ?? [];
    this.#injections = new Injections(source, members, parameters);
  }

  /** The tokens that the class gets injected. */
  get tokens(): readonly Pick<Injection, 'token' | 'module'>[] {
    return this.#injections.all;
  }

  // --- Planning: nothing is changed ---

  #plan(site: AdapterSite): boolean {
    return (
      this.#planParameters(site) && this.#planSetup(site) && this.#planEnding() && this.#planLate() && this.#planApp()
    );
  }

  #planParameters({ source, creation }: AdapterSite): boolean {
    const { constructorNode, appParameter } = this.#adapter;
    const given = creation?.arguments ?? [];
    for (const [index, parameter] of (constructorNode?.parameters ?? []).entries()) {
      if (parameter === appParameter) continue;
      const argument = given[index];
      if (argument === undefined) {
        if (parameter.initializer === undefined) return false;
        this.#values.push({ parameter, text: this.#source.textOf(parameter.initializer), isInjected: false });
      } else if (this.#injections.of(source, argument, parameter, false) === null) {
        let isInjected = false;
        const moved = portable(source, argument, (call) => {
          isInjected = true;
          return this.#injections.of(source, call, null, false)?.name ?? null;
        });
        if (moved === null) return false;
        for (const imported of moved.imports) this.#injections.imports.push({ imported, from: source });
        this.#values.push({ parameter, text: moved.text, isInjected });
      }
    }
    return true;
  }

  #planSetup({ source, setup }: AdapterSite): boolean {
    for (const { call, method, isAwaited } of setup) {
      const args: string[] = [];
      for (const argument of call.arguments) {
        const moved = portable(source, argument, (provider) => this.#property(source, provider));
        if (moved === null) return false;
        for (const imported of moved.imports) this.#injections.imports.push({ imported, from: source });
        args.push(moved.text);
      }
      this.#isAsync ||= isAwaited;
      this.#setup.push(`${isAwaited ? 'await ' : ''}this.${method}(${args.join(', ')})`);
    }
    return true;
  }

  /** An overridden `close` becomes a hook of Nest's. */
  #planEnding(): boolean {
    const { ending } = this.#adapter;
    if (ending === null) return true;
    const { ts } = this.#workspace;
    const statements = ending.body?.statements ?? [];
    const others = statements.filter((statement) => !this.#isSuperCall(statement));
    const [parameter] = ending.parameters;
    const server = parameter === undefined ? '' : this.#source.textOf(parameter.name);
    return others.every(
      (statement) =>
        this.#source.uses(server, statement).length === 0 &&
        this.#source.descendants(statement).every((node) => node.kind !== ts.SyntaxKind.SuperKeyword),
    );
  }

  /** Statements that need the server wait for `onModuleInit`. */
  #planLate(): boolean {
    const { ts } = this.#workspace;
    const { factory } = this.#adapter;
    if (factory === null) return false;
    const { body } = factory.method;
    const late = factory.uses.filter((use) => use.kind === 'setup').map(({ node }) => node);
    if (late.length === 0) return true;
    const returns = factory.uses.filter((use) => use.kind === 'return');
    if (returns.length !== 1 || returns[0]?.node.parent !== body || this.#readsOptions(late)) return false;
    // The constants that they use, and that nothing else uses.
    const names = new Set(late.flatMap((one) => this.#source.find(ts.isIdentifier, one).map(({ text }) => text)));
    const statements: ts.Statement[] = [];
    for (const statement of body.statements.toReversed()) {
      if (late.includes(statement)) statements.unshift(statement);
      else if (ts.isVariableStatement(statement) && statement !== factory.superStatement) {
        const own = statement.declarationList.declarations.map(({ name }) => this.#source.textOf(name));
        if (!own.some((name) => names.has(name))) continue;
        for (const { text } of this.#source.find(ts.isIdentifier, statement)) names.add(text);
        statements.unshift(statement);
      }
    }
    this.#late.push(...statements);
    for (const statement of statements) {
      if (late.includes(statement) || !this.#isUsedEarly(statement, statements)) this.#lateOnly.add(statement);
    }
    return true;
  }

  /** Whether a statement needs the options that Nest passed, which are there in `createSocketIoOptions` only. */
  #readsOptions(statements: readonly ts.Statement[]): boolean {
    const given = this.#adapter.factory?.optionsName ?? null;
    return given !== null && statements.some((statement) => this.#source.uses(given, statement).length > 0);
  }

  #isUsedEarly(statement: ts.Statement, late: readonly ts.Statement[]): boolean {
    const { ts } = this.#workspace;
    const { body } = (this.#adapter.factory as NonNullable<AdapterClass['factory']>).method;
    const own = (statement as ts.VariableStatement).declarationList.declarations;
    return own.some(
      ({ name }) =>
        !ts.isIdentifier(name) ||
        body.statements.some((other) => !late.includes(other) && this.#source.uses(name.text, other).length > 0),
    );
  }

  /** The application itself may be used to get providers only. */
  #planApp(): boolean {
    const { ts } = this.#workspace;
    const { node, appParameter } = this.#adapter;
    const name = appParameter === null ? null : this.#source.textOf(appParameter.name);
    for (const use of this.#appUses(name)) {
      const call = use.parent.parent;
      const isLate = this.#late.some((one) => one.pos <= use.pos && use.end <= one.end);
      if (!isProvider(this.#source, call)) return false;
      if (isLate) continue;
      const isInConstructor = this.#adapter.constructorNode !== null && contains(this.#adapter.constructorNode, use);
      if (this.#injections.of(this.#source, call as ts.CallExpression, null, !isInConstructor) === null) return false;
    }
    return !this.#source
      .descendants(node)
      .some((one) => ts.isPropertyAccessExpression(one) && this.#source.textOf(one) === 'this.httpServer');
  }

  /** The uses of the application in the class: `app`, and `this.app`. */
  #appUses(name: string | null): ts.Node[] {
    const { ts } = this.#workspace;
    const { node, constructorNode } = this.#adapter;
    if (name === null) return [];
    const inBody = constructorNode?.body === undefined ? [] : this.#source.uses(name, constructorNode.body);
    const fields = this.#appFields(name);
    const properties = this.#source
      .descendants(node)
      .filter(ts.isPropertyAccessExpression)
      .filter((one) => one.expression.kind === ts.SyntaxKind.ThisKeyword && fields.includes(one.name.text));
    return [...inBody, ...properties].filter((use) => !this.#isKeptApp(use));
  }

  /** The names of the fields that hold the application. */
  #appFields(name: string): string[] {
    const { ts } = this.#workspace;
    const { constructorNode, appParameter } = this.#adapter;
    const assigned = (constructorNode?.body?.statements ?? []).flatMap((statement) => {
      const text = this.#source.textOf(statement).replaceAll(/[\s;]/g, '');
      return new RegExp(`^this\\.(\\w+)=${name}$`).exec(text)?.[1] ?? [];
    });
    const isProperty = appParameter !== null && (ts.getModifiers?.(appParameter) ?? []).length > 0;
    return isProperty ? [name, ...assigned] : assigned;
  }

  /** Whether a use is the argument of `super`, or `this.app = app`: both are removed. */
  #isKeptApp(use: ts.Node): boolean {
    const { ts } = this.#workspace;
    const { parent } = use;
    if (ts.isCallExpression(parent)) return parent.expression.kind === ts.SyntaxKind.SuperKeyword;
    return ts.isBinaryExpression(parent) && /^this\.\w+\s*=\s*\w+$/.test(this.#source.textOf(parent));
  }

  /** Writes a provider for a method. */
  #property(source: Source, call: ts.CallExpression): string | null {
    const injection = this.#injections.of(source, call, null, true);
    return injection === null ? null : `this.${injection.name}`;
  }

  #isSuperCall(statement: ts.Statement): boolean {
    return /^(return |await |return await )?super\.\w+\(/.test(this.#source.textOf(statement));
  }

  // --- Writing ---

  apply(): void {
    this.#writeProviders();
    this.#writeEnding();
    this.#writeFactory();
    this.#writeLate();
    this.#writeConstructor();
    this.#writeHeader();
    for (const { imported, from } of this.#injections.imports)
      importThere(this.#workspace, this.#source, imported, from);
  }

  /** `this.app.get(ConfigService)` becomes `this.configService`. */
  #writeProviders(): void {
    const { constructorNode, appParameter } = this.#adapter;
    const name = appParameter === null ? null : this.#source.textOf(appParameter.name);
    for (const use of this.#appUses(name)) {
      const call = use.parent.parent as ts.CallExpression;
      const isLate = this.#late.some((one) => contains(one, use)) && !this.#isShared(use);
      const start = call.getStart(this.#source.tree);
      if (isLate) {
        const token = this.#source.textOf(call.arguments[0] as ts.Node);
        this.#source.edits.replace(start, call.end, `this.moduleRef.get(${token}, { strict: false })`);
        continue;
      }
      const injection = this.#injections.of(this.#source, call, null, false);
      const isInConstructor = constructorNode !== null && contains(constructorNode, use);
      if (injection !== null)
        this.#source.edits.replace(start, call.end, isInConstructor ? injection.name : `this.${injection.name}`);
    }
  }

  /** Whether a node is in a constant that both the options and the later statements use. */
  #isShared(use: ts.Node): boolean {
    return this.#late.some((one) => contains(one, use) && !this.#lateOnly.has(one));
  }

  #writeEnding(): void {
    const { ending } = this.#adapter;
    if (ending === null) return;
    for (const statement of ending.body?.statements ?? [])
      if (this.#isSuperCall(statement)) this.#source.removeLines(statement);
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
    const result = this.#isAsync ? `Promise<${type}>` : type;
    const isPublic = (ts.getModifiers?.(method) ?? []).some(({ kind }) => kind === ts.SyntaxKind.PublicKeyword);
    const header = `${isPublic ? 'public ' : ''}${this.#isAsync ? 'async ' : ''}createSocketIoOptions(): ${result} `;
    source.edits.replace(method.getStart(source.tree), bodyStart(method, source), header);
    const isRead = this.#removeSpreads(optionsName, method.body);
    const name =
      isRead || (server !== null && source.uses('options', method.body).length > 0 && optionsName !== 'options')
        ? 'serverOptions'
        : 'options';
    const [first] = method.body.statements;
    const indent = source.indentOf(first as ts.Node);
    const lines = this.#setup.map((call) => `${call}${semicolon}`);
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
    if (factory === null || this.#late.length === 0) return;
    const source = this.#source;
    const { newline, semicolon, indent } = source.style;
    const { method, server, isTyped } = factory;
    const own = source.indentOf(method);
    for (const call of this.#late.flatMap((statement) => instruments(source, statement, server ?? ''))) {
      source.edits.insert(call.arguments[0]?.end ?? call.end, ' as never');
    }
    const name = source.addImport('Server', 'nest-socketio');
    const type = isTyped ? '' : ': any';
    const texts = this.#late.map((statement) => source.editedText(statement));
    const lines = [`const ${server}${type} = this.moduleRef.get(${name}, { strict: false })${semicolon}`, ...texts];
    const body = lines.map((line) => `${own}${indent}${line}${newline}`).join('');
    for (const statement of this.#lateOnly) source.removeLines(statement);
    const comment = `${own}/** Adds what needs the server itself. */${newline}`;
    source.edits.insert(method.end, `${newline}${newline}${comment}${own}onModuleInit() {${newline}${body}${own}}`);
  }

  #writeConstructor(): void {
    const source = this.#source;
    const { ts } = this.#workspace;
    const { constructorNode, appParameter, node } = this.#adapter;
    const { newline, semicolon, indent } = source.style;
    const parameters: string[] = [];
    if (this.#late.length > 0)
      parameters.push(`private readonly moduleRef: ${source.addImport('ModuleRef', '@nestjs/core')}`);
    for (const injection of this.#injections.all) parameters.push(this.#parameterText(injection));
    const name = appParameter === null ? null : source.textOf(appParameter.name);
    const fields = name === null ? [] : this.#appFields(name);
    const statements: string[] = [];
    const declared: string[] = [];
    for (const { parameter, text, isInjected } of this.#values) {
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
    if (this.#late.length > 0) interfaces.push(source.addImport('OnModuleInit', '@nestjs/common', { isType: true }));
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
    const isInjectable = decoratorsOf(source, node).some((one) => /^@Injectable\b/.test(source.textOf(one)));
    if (isInjectable) return;
    const name = source.addImport('Injectable', '@nestjs/common');
    source.edits.insert(node.getStart(source.tree), `@${name}()${newline}${source.indentOf(node)}`);
  }
}

function texts(nodes: readonly ts.Node[]): string[] {
  return nodes.map((node) => node.getText());
}

/** The arguments of the constructor and of the calls that prepare the adapter. */
function argumentsOf({ creation, setup }: AdapterSite): string {
  return JSON.stringify([
    texts(creation?.arguments ?? []),
    setup.map(({ call, method }) => [method, ...texts(call.arguments)]),
  ]);
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

function contains(outer: ts.Node, inner: ts.Node): boolean {
  return outer.pos <= inner.pos && inner.end <= outer.end;
}
