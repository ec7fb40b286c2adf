/**
 * Takes the options out of an adapter that stays as a plain class, see `server-setup.ts`. A new class in the same file
 * creates them, the `useClass` of `SocketIoModule.forRootAsync`. Providers that the adapter got from the application
 * are injected into it.
 */
import type ts from 'typescript';
import type { AdapterClass, ServerFactory } from './adapter-class.js';
import type { AdapterSite } from './adapter-sites.js';
import { innermost } from '../../source/assertions.js';
import { importThere } from './inline-options.js';
import { type Injection, Injections, isInjectedByType } from './injections.js';
import { dropOptions, removeSpreads } from './option-properties.js';
import type { Workspace } from '../workspace.js';

export class OptionsProvider {
  /** The name of the new class. */
  readonly name: string;
  readonly #workspace: Workspace;
  readonly #adapter: AdapterClass;
  readonly #factory: ServerFactory;
  readonly #literal: ts.ObjectLiteralExpression;
  readonly #injections: Injections;
  /** Constants of `createIOServer` that the options use. */
  readonly #constants: ts.VariableStatement[] = [];
  /** The fields that the options read, by name. */
  readonly #fields = new Map<string, Injection>();

  /** @returns `null` if the options depend on more than constants and providers */
  static of(workspace: Workspace, adapter: AdapterClass, sites: readonly AdapterSite[]): OptionsProvider | null {
    const { factory, source } = adapter;
    const argument = factory?.superCall.arguments[1];
    if (factory?.options.kind !== 'properties' || factory.options.assigned.length > 0 || argument === undefined)
      return null;
    const literal = innermost(source, argument);
    if (!workspace.ts.isObjectLiteralExpression(literal) || source.isJavaScript) return null;
    const result = new OptionsProvider(workspace, adapter, factory, literal);
    return result.#plan(sites) ? result : null;
  }

  private constructor(
    workspace: Workspace,
    adapter: AdapterClass,
    factory: ServerFactory,
    literal: ts.ObjectLiteralExpression,
  ) {
    this.#workspace = workspace;
    this.#adapter = adapter;
    this.#factory = factory;
    this.#literal = literal;
    this.#injections = new Injections(adapter.source, [], []);
    const stem = `${adapter.name.replace(/Adapter$/, '')}Options`;
    this.name = adapter.source.text.includes(stem) ? `${stem}Factory` : stem;
  }

  /** The tokens that the class gets injected. */
  get tokens(): readonly Pick<Injection, 'token' | 'module'>[] {
    return this.#injections.all;
  }

  // --- Planning: nothing is changed ---

  #plan(sites: readonly AdapterSite[]): boolean {
    const { source } = this.#adapter;
    const { optionsName, superStatement, method } = this.#factory;
    const { ts } = this.#workspace;
    const earlier = method.body.statements.slice(0, method.body.statements.indexOf(superStatement));
    for (const statement of earlier.toReversed()) {
      if (!ts.isVariableStatement(statement) || !this.#isUsed(statement)) continue;
      if (optionsName !== null && source.uses(optionsName, statement).length > 0) return false;
      this.#constants.unshift(statement);
    }
    return [...this.#constants, this.#literal].every((part) => this.#planPart(part, sites));
  }

  /** Whether the options use a constant, perhaps through other constants. */
  #isUsed({ declarationList }: ts.VariableStatement): boolean {
    const { source } = this.#adapter;
    const { ts } = this.#workspace;
    return declarationList.declarations
      .flatMap(({ name }) => (ts.isIdentifier(name) ? [name] : source.find(ts.isIdentifier, name)))
      .some(({ text }) => [...this.#constants, this.#literal].some((part) => source.uses(text, part).length > 0));
  }

  /** Whether a part of the method uses its class for fields with providers only. */
  #planPart(part: ts.Node, sites: readonly AdapterSite[]): boolean {
    const { ts } = this.#workspace;
    return this.#adapter.source
      .descendants(part)
      .filter(({ kind }) => kind === ts.SyntaxKind.ThisKeyword)
      .every((self) => ts.isPropertyAccessExpression(self.parent) && this.#planField(self.parent.name.text, sites));
  }

  #planField(field: string, sites: readonly AdapterSite[]): boolean {
    if (this.#fields.has(field)) return true;
    const injection = this.#assigned(field) ?? this.#passed(field, sites);
    if (injection === null) return false;
    this.#fields.set(field, injection);
    return true;
  }

  /** The provider in `this.config = app.get(ConfigService)`. */
  #assigned(field: string): Injection | null {
    const { ts } = this.#workspace;
    const { source, constructorNode } = this.#adapter;
    for (const statement of constructorNode?.body?.statements ?? []) {
      if (!ts.isExpressionStatement(statement) || !ts.isBinaryExpression(statement.expression)) continue;
      const { left, right, operatorToken } = statement.expression;
      const isField = operatorToken.kind === ts.SyntaxKind.EqualsToken && source.textOf(left) === `this.${field}`;
      if (isField) return this.#injections.of(source, right, null, true);
    }
    return null;
  }

  /** The provider that each caller passes for a parameter such as `private readonly config: ConfigService`. */
  #passed(field: string, sites: readonly AdapterSite[]): Injection | null {
    const { source, constructorNode } = this.#adapter;
    const { ts } = this.#workspace;
    const parameters = constructorNode?.parameters ?? [];
    const parameter = parameters.find(
      (one) => source.textOf(one.name) === field && (ts.getModifiers?.(one) ?? []).length > 0,
    );
    if (parameter === undefined) return null;
    const index = constructorNode?.parameters.indexOf(parameter) ?? 0;
    const injections = sites.map((site) => {
      const argument = site.creation?.arguments?.[index];
      return argument === undefined ? null : this.#injections.of(site.source, argument, parameter, true);
    });
    const [first = null] = injections;
    return injections.every((one) => one === first) ? first : null;
  }

  // --- Writing ---

  /** Writes the class below the adapter. */
  apply(): void {
    const { source, node } = this.#adapter;
    const { newline, semicolon, indent } = source.style;
    const { options, optionsName, method } = this.#factory;
    for (const { imported, from } of this.#injections.imports) importThere(this.#workspace, source, imported, from);
    const injectable = source.addImport('Injectable', '@nestjs/common');
    const factory = source.addImport('SocketIoOptionsFactory', 'nest-socketio', { isType: true });
    const type = source.addImport('SocketIoModuleOptions', 'nest-socketio', { isType: true });
    const constants = this.#constants.map((statement) => source.textOf(statement));
    if (optionsName !== null) removeSpreads(source, optionsName, this.#literal);
    if (options.kind === 'properties') dropOptions(this.#workspace, source, options.properties);
    const literal = source.editedText(this.#literal);
    const own = source.indentOf(node);
    const member = source.indentOf(method);
    const parameters = [...this.#fields].map(([field, injection]) => this.#parameter(field, injection));
    const lines = [
      `${own}/** The options of SocketIoModule. */`,
      `${own}@${injectable}()`,
      `${own}export class ${this.name} implements ${factory} {`,
      ...(parameters.length === 0 ? [] : [`${member}constructor(${parameters.join(', ')}) {}`, '']),
      `${member}createSocketIoOptions(): ${type} {`,
      ...constants.map((text) => `${member}${indent}${text}`),
      `${member}${indent}return ${literal}${semicolon}`,
      `${member}}`,
      `${own}}`,
    ];
    source.edits.insert(node.end, `${newline}${newline}${lines.join(newline)}`);
  }

  #parameter(field: string, injection: Injection): string {
    const { source } = this.#adapter;
    source.importAsValue(injection.token);
    const decorator = isInjectedByType(injection)
      ? ''
      : `@${source.addImport('Inject', '@nestjs/common')}(${injection.token}) `;
    return `${decorator}private readonly ${field}: ${injection.type}`;
  }
}
