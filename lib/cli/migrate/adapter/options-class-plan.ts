/**
 * Finds out whether an adapter can become a class that creates the options of the module, and what it needs for that.
 * Nothing is changed yet.
 */
import type ts from 'typescript';
import { isProvider, portable } from './portable.js';
import type { Source } from '../../source/source.js';
import type { Workspace } from '../workspace.js';
import type { AdapterClass } from './adapter-class.js';
import type { AdapterSite } from './adapter-sites.js';
import { applicationUses } from './application-uses.js';
import { type Injection, Injections } from './injections.js';

/** A constructor parameter whose value the class computes itself from now on. */
export interface Value {
  readonly parameter: ts.ParameterDeclaration;
  readonly text: string;
  /** Whether the value is made from a parameter that is injected. */
  readonly isInjected: boolean;
}

export class OptionsClassPlan {
  readonly #workspace: Workspace;
  readonly adapter: AdapterClass;
  readonly #source: Source;
  readonly injections: Injections;
  readonly values: Value[] = [];
  /** The calls that prepare the adapter, as the class makes them itself. */
  readonly setup: string[] = [];
  isAsync = false;
  /** Statements of `createIOServer` that need the server, with the constants that they use. */
  readonly late: ts.Statement[] = [];
  readonly lateOnly = new Set<ts.Statement>();

  /** @returns `null` if the class cannot be turned into one that creates options */
  static of(workspace: Workspace, adapter: AdapterClass, sites: readonly AdapterSite[]): OptionsClassPlan | null {
    const [site] = sites;
    if (site === undefined || adapter.factory === null || adapter.source.isJavaScript) return null;
    if (!sites.every((one) => one.isStraight && one.creation !== null)) return null;
    const result = new OptionsClassPlan(workspace, adapter);
    const isSame = sites.every((one) => argumentsOf(one) === argumentsOf(site));
    return isSame && result.#plan(site) ? result : null;
  }

  private constructor(workspace: Workspace, adapter: AdapterClass) {
    this.#workspace = workspace;
    this.adapter = adapter;
    this.#source = adapter.source;
    const { node, source } = adapter;
    const members = node.members.flatMap(({ name }) => (name === undefined ? [] : source.textOf(name)));
    const parameters = adapter.constructorNode?.parameters.map(({ name }) => source.textOf(name)) ?? [];
    this.injections = new Injections(source, members, parameters);
  }

  /** The tokens that the class gets injected. */
  get tokens(): readonly Pick<Injection, 'token' | 'module'>[] {
    return this.injections.all;
  }

  #plan(site: AdapterSite): boolean {
    return (
      this.#planParameters(site) && this.#planSetup(site) && this.#planEnding() && this.#planLate() && this.#planApp()
    );
  }

  #planParameters({ source, creation }: AdapterSite): boolean {
    const { constructorNode, appParameter } = this.adapter;
    const given = creation?.arguments ?? [];
    for (const [index, parameter] of (constructorNode?.parameters ?? []).entries()) {
      if (parameter === appParameter) continue;
      const argument = given[index];
      if (argument === undefined) {
        if (parameter.initializer === undefined) return false;
        this.values.push({ parameter, text: this.#source.textOf(parameter.initializer), isInjected: false });
      } else if (this.injections.of(source, argument, parameter, false) === null) {
        let isInjected = false;
        const moved = portable(source, argument, (call) => {
          isInjected = true;
          return this.injections.of(source, call, null, false)?.name ?? null;
        });
        if (moved === null) return false;
        for (const imported of moved.imports) this.injections.imports.push({ imported, from: source });
        this.values.push({ parameter, text: moved.text, isInjected });
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
        for (const imported of moved.imports) this.injections.imports.push({ imported, from: source });
        args.push(moved.text);
      }
      this.isAsync ||= isAwaited;
      this.setup.push(`${isAwaited ? 'await ' : ''}this.${method}(${args.join(', ')})`);
    }
    return true;
  }

  /** An overridden `close` becomes a hook of Nest's. */
  #planEnding(): boolean {
    const { ending } = this.adapter;
    if (ending === null) return true;
    const { ts } = this.#workspace;
    const statements = ending.body?.statements ?? [];
    const others = statements.filter((statement) => !isSuperCall(this.#source, statement));
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
    const { factory } = this.adapter;
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
    this.late.push(...statements);
    for (const statement of statements) {
      if (late.includes(statement) || !this.#isUsedEarly(statement, statements)) this.lateOnly.add(statement);
    }
    return true;
  }

  /** Whether a statement needs the options that Nest passed, which are there in `createSocketIoOptions` only. */
  #readsOptions(statements: readonly ts.Statement[]): boolean {
    const given = this.adapter.factory?.optionsName ?? null;
    return given !== null && statements.some((statement) => this.#source.uses(given, statement).length > 0);
  }

  #isUsedEarly(statement: ts.Statement, late: readonly ts.Statement[]): boolean {
    const { ts } = this.#workspace;
    const { body } = (this.adapter.factory as NonNullable<AdapterClass['factory']>).method;
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
    const { node } = this.adapter;
    for (const use of applicationUses(this.#workspace, this.adapter)) {
      const call = use.parent.parent;
      const isLate = this.late.some((one) => one.pos <= use.pos && use.end <= one.end);
      if (!isProvider(this.#source, call)) return false;
      if (isLate) continue;
      const isInConstructor = this.adapter.constructorNode !== null && contains(this.adapter.constructorNode, use);
      if (this.injections.of(this.#source, call as ts.CallExpression, null, !isInConstructor) === null) return false;
    }
    return !this.#source
      .descendants(node)
      .some((one) => ts.isPropertyAccessExpression(one) && this.#source.textOf(one) === 'this.httpServer');
  }

  /** Writes a provider for a method. */
  #property(source: Source, call: ts.CallExpression): string | null {
    const injection = this.injections.of(source, call, null, true);
    return injection === null ? null : `this.${injection.name}`;
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

/** Whether a statement calls a method of `super`. */
export function isSuperCall(source: Source, statement: ts.Statement): boolean {
  return /^(return |await |return await )?super\.\w+\(/.test(source.textOf(statement));
}

export function contains(outer: ts.Node, inner: ts.Node): boolean {
  return outer.pos <= inner.pos && inner.end <= outer.end;
}
