/** The providers that a class gets injected instead of asking the application for them. */
import type ts from 'typescript';
import { constantOf } from '../../source/constants.js';
import type { Imported } from '../../source/parsed-source.js';
import type { Source } from '../../source/source.js';
import { isProvider } from './portable.js';

export interface Injection {
  /** The token as it is written: `ConfigService`, `'REDIS'`. */
  readonly token: string;
  /** The module that the token is imported from. */
  readonly module: string | null;
  readonly name: string;
  readonly type: string;
  /** Whether methods use it, so that it must be a property. */
  isProperty: boolean;
  /** The constructor parameter that has it already. */
  readonly parameter: ts.ParameterDeclaration | null;
}

export class Injections {
  readonly all: Injection[] = [];
  /** Imports of tokens and types, with the file that has them. */
  readonly imports: { readonly imported: Imported; readonly from: Source }[] = [];
  readonly #owner: Source;
  readonly #members: ReadonlySet<string>;
  readonly #taken: Set<string>;

  /**
   * @param members names of the class's members, which an injected property must not take
   * @param parameters names of the constructor's parameters
   */
  constructor(owner: Source, members: Iterable<string>, parameters: Iterable<string>) {
    this.#owner = owner;
    this.#members = new Set(members);
    this.#taken = new Set(parameters);
  }

  /** Registers the provider of a call of `app.get`, or of a constant with such a call. */
  of(
    source: Source,
    node: ts.Expression,
    parameter: ts.ParameterDeclaration | null,
    isProperty: boolean,
  ): Injection | null {
    const { ts } = source;
    let call: ts.Node = node;
    if (ts.isIdentifier(node)) call = constantOf(source, node)?.initializer ?? node;
    if (!isProvider(source, call)) return null;
    const { arguments: args, typeArguments } = call as ts.CallExpression;
    const [tokenNode] = args;
    if (tokenNode === undefined || args.length > 2) return null;
    const token = source.textOf(tokenNode);
    const isClass = /^[A-Z]\w*$/.test(token) && !/^[A-Z0-9_]+$/.test(token);
    if (!isClass && !ts.isStringLiteral(tokenNode) && !/^[\w.]+$/.test(token)) return null;
    const known = this.all.find((one) => one.token === token);
    if (known !== undefined) {
      if (isProperty && !known.isProperty && known.parameter === null && this.#members.has(known.name)) return null;
      known.isProperty ||= isProperty;
      return known;
    }
    const [typeArgument] = typeArguments ?? [];
    const given = parameter?.type === undefined ? null : this.#owner.textOf(parameter.type);
    const type = given ?? (typeArgument === undefined ? (isClass ? token : 'any') : source.textOf(typeArgument));
    this.#import(source, [token, ...type.matchAll(/[A-Za-z_]\w*/g)].map(String));
    const name = parameter === null ? this.#free(nameFor(token), isProperty) : this.#owner.textOf(parameter.name);
    const module = source.imports.find(({ local }) => local === token)?.module ?? null;
    const injection = { token, module, name, type, isProperty, parameter };
    this.all.push(injection);
    return injection;
  }

  #import(source: Source, names: readonly string[]): void {
    for (const name of names) {
      const imported = source.imports.find(({ local }) => local === name);
      if (imported !== undefined && source !== this.#owner) this.imports.push({ imported, from: source });
    }
  }

  #free(name: string, isProperty: boolean): string {
    let free = name;
    const isTaken = (one: string): boolean => this.#taken.has(one) || (isProperty && this.#members.has(one));
    while (isTaken(free)) free = `${free}Provider`;
    this.#taken.add(free);
    return free;
  }
}

/** `configService` for `ConfigService`, `redisClient` for `'REDIS_CLIENT'`. */
function nameFor(token: string): string {
  const words = token
    .replaceAll(/^['"]|['"]$/g, '')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '');
  const camel = words
    .map((word) => (/^[A-Z0-9]+$/.test(word) ? word.toLowerCase() : word))
    .map((word, index) => (index === 0 ? word.charAt(0).toLowerCase() : word.charAt(0).toUpperCase()) + word.slice(1));
  return camel.join('') || 'provider';
}

/** Whether the token is a class, which Nest finds by the type of the parameter. */
export function isInjectedByType({ token, type }: Injection): boolean {
  return type.split('<')[0] === token;
}
