/**
 * The namespaces that a gateway serves by pattern, and the parameters in their names. Clients choose these names: a
 * name that cannot be decoded does not match.
 */
import { compile, match, type MatchFunction, parse, type ParamData, type Token } from 'path-to-regexp';
import { SocketIoError } from '../../errors.js';
import type { NameRule } from '../../server/internal.js';

/**
 * Parameters by name: the text of `:name`, the segments of `*name`. The object has no prototype: clients choose the
 * values, and a pattern may use any name.
 * @publicApi
 */
export type NamespaceParams = Readonly<Record<string, string | string[]>>;

/** A rule whose names have parameters. Several patterns may serve the same namespace together. */
export interface NamespacePattern extends NameRule {
  /** The names of the parameters. */
  readonly names: readonly string[];
  /** The parameters in a name that matches; `null` for any other name. */
  params(name: string): NamespaceParams | null;
  /** Whether some name is sure to match both. `false` does not rule that out. */
  overlaps(other: NamespacePattern): boolean;
}

/**
 * A wildcard, an optional part or a parameter. A colon after a letter or digit is not a parameter but part of a name, as
 * in `/app:chat`.
 */
const SYNTAX = /(?<!\\)[*{]|(?<![\p{L}\p{N}_$\\]):/u;

/** The value of each parameter in a sample. */
const SAMPLE = 'x';

/** Whether the name of a namespace is a pattern in the syntax of Nest's routes. */
export function isRoutePattern(path: string): boolean {
  return SYNTAX.test(path);
}

/**
 * A pattern in the syntax of Nest's routes: `/rooms/:id`, `/files/*path`, `/rooms{/:id}`. Unlike the path of a request,
 * a name must match exactly, in upper and lower case and without an additional slash at the end.
 * Source: path-to-regexp, the version that Nest uses.
 */
export class RoutePattern implements NamespacePattern {
  readonly key: string;
  readonly names: readonly string[];
  readonly #match: MatchFunction<ParamData>;
  /** Names that the pattern may match: with and without its optional parts. */
  readonly #samples: readonly string[];

  /**
   * @param path starts with a slash
   * @throws SocketIoError `INVALID_ARGUMENT` if it is malformed, and for a parameter that occurs twice
   */
  constructor(path: string) {
    this.key = path;
    try {
      const { tokens } = parse(path);
      this.names = tokens.flatMap(namesOf);
      this.#match = match(path, { sensitive: true, trailing: false });
      const sample = compile(path, { encode: false });
      this.#samples = [sample(Object.fromEntries(this.names.map((name) => [name, SAMPLE]))), required(tokens)];
    } catch (error) {
      const [reason = ''] = (error as Error).message.split(/: \/|; visit/, 1);
      throw invalid(
        path,
        `${reason}: write it like a route of Nest, as "/rooms/:id", "/files/*path" or "/rooms{/:id}"`,
      );
    }
    const twice = this.names.find((name, index) => this.names.indexOf(name) !== index);
    if (twice !== undefined) throw invalid(path, `parameters must have different names, got "${twice}" twice`);
  }

  serves(name: string): boolean {
    return this.params(name) !== null;
  }

  params(name: string): NamespaceParams | null {
    try {
      const matched = this.#match(name);
      return matched === false ? null : (matched.params as NamespaceParams);
    } catch {
      return null; // a malformed escape
    }
  }

  overlaps(other: NamespacePattern): boolean {
    if (!(other instanceof RoutePattern)) return false;
    const names = [...this.#samples, ...other.#samples, mixed(this.key, other.key), mixed(other.key, this.key)];
    return names.some((name) => this.serves(name) && other.serves(name));
  }
}

function namesOf(token: Token): string[] {
  if (token.type === 'group') return token.tokens.flatMap(namesOf);
  return token.type === 'text' ? [] : [token.name];
}

/** The shortest name of a pattern. */
function required(tokens: readonly Token[]): string {
  return tokens.map((token) => (token.type === 'group' ? '' : token.type === 'text' ? token.value : SAMPLE)).join('');
}

/** A name that takes each segment from the pattern that has it literally. */
function mixed(one: string, other: string): string {
  const theirs = other.split('/');
  return one
    .split('/')
    .map((segment, index) => [segment, theirs[index] ?? SAMPLE].find((text) => !isRoutePattern(text)) ?? SAMPLE)
    .join('/');
}

/** A RegExp. Its named groups are the parameters; their values are not decoded. */
export class RegExpPattern implements NamespacePattern {
  readonly key: string;
  readonly names: readonly string[];
  readonly #expression: RegExp;

  constructor(expression: RegExp) {
    this.key = String(expression);
    this.#expression = new RegExp(expression); // a copy: the flags `g` and `y` keep a position in the object
    this.names = Object.keys(new RegExp(`${expression.source}|`, expression.flags).exec('')?.groups ?? {});
  }

  serves(name: string): boolean {
    return this.params(name) !== null;
  }

  params(name: string): NamespaceParams | null {
    this.#expression.lastIndex = 0;
    const match = this.#expression.exec(name);
    return match === null ? null : Object.assign(noParams(), match.groups);
  }

  overlaps(other: NamespacePattern): boolean {
    return other.key === this.key;
  }
}

function noParams(): Record<string, string> {
  return Object.create(null) as Record<string, string>;
}

function invalid(path: string, reason: string): SocketIoError {
  return new SocketIoError('INVALID_ARGUMENT', `the namespace pattern "${path}": ${reason}`);
}
