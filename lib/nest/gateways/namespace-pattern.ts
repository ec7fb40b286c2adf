/**
 * The namespaces that a gateway serves by pattern, and the parameters in their names. Names come from
 * clients: they are compared segment by segment, and one that cannot be decoded is no match.
 */
import { SocketIoError } from '../../errors.js';
import type { NameRule } from '../../server/index.js';

/** By name. It has no prototype: a client chooses the values, and a pattern may choose any name. */
export type NamespaceParams = Readonly<Record<string, string>>;

/** Several that serve the same namespace do so together. */
export interface NamespacePattern extends NameRule {
  readonly names: readonly string[];
  /** The parameters of a name that it serves; `null` for any other. */
  params(name: string): NamespaceParams | null;
  /** Whether there is a name that both serve, as far as that can be known. */
  overlaps(other: NamespacePattern): boolean;
}

const PARAMETER = /^:([A-Za-z_$][\w$]*)$/;

/** Whether a namespace's name is meant as a pattern: a segment of it begins with a colon. */
export function isSegmentPattern(path: string): boolean {
  return path.includes('/:');
}

/** `/rooms/:id`: each `:name` stands for one segment, which may not be empty. */
export class SegmentPattern implements NamespacePattern {
  readonly key: string;
  readonly names: readonly string[];
  readonly #segments: readonly { readonly text: string; readonly isParameter: boolean }[];

  /**
   * @param path begins with a slash
   * @throws SocketIoError `INVALID_ARGUMENT` for a parameter without a name, or one that is there twice
   */
  constructor(path: string) {
    this.key = path;
    this.#segments = path.split('/').map((segment) => {
      if (!segment.startsWith(':')) return { text: segment, isParameter: false };
      const name = PARAMETER.exec(segment)?.[1];
      if (name === undefined)
        throw invalid(path, `"${segment}" is no parameter: write a name after the colon, as ":id"`);
      return { text: name, isParameter: true };
    });
    this.names = this.#segments.filter(({ isParameter }) => isParameter).map(({ text }) => text);
    const twice = this.names.find((name, index) => this.names.indexOf(name) !== index);
    if (twice !== undefined) throw invalid(path, `the parameter ":${twice}" is there twice: give each its own name`);
  }

  serves(name: string): boolean {
    return this.params(name) !== null;
  }

  params(name: string): NamespaceParams | null {
    const given = name.split('/');
    if (given.length !== this.#segments.length) return null;
    const params = noParams();
    for (const [index, { text, isParameter }] of this.#segments.entries()) {
      const segment = given[index] as string;
      if (!isParameter) {
        if (segment !== text) return null;
        continue;
      }
      const value = valueOf(segment);
      if (value === null) return null;
      params[text] = value;
    }
    return params;
  }

  overlaps(other: NamespacePattern): boolean {
    if (!(other instanceof SegmentPattern) || other.#segments.length !== this.#segments.length) return false;
    return this.#segments.every((mine, index) => {
      const theirs = other.#segments[index] as typeof mine;
      if (mine.isParameter !== theirs.isParameter) return valueOf(mine.isParameter ? theirs.text : mine.text) !== null;
      return mine.isParameter || mine.text === theirs.text;
    });
  }
}

/** A RegExp; its named groups are the parameters, as they stand in the name. */
export class RegExpPattern implements NamespacePattern {
  readonly key: string;
  readonly names: readonly string[];
  readonly #expression: RegExp;

  constructor(expression: RegExp) {
    this.key = String(expression);
    this.#expression = new RegExp(expression); // the position that `g` and `y` keep is nobody else's
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

/** What a parameter is for this segment; `null` when it is empty, or an escape in it stands for nothing. */
function valueOf(segment: string): string | null {
  try {
    return segment === '' ? null : decodeURIComponent(segment);
  } catch {
    return null;
  }
}

function invalid(path: string, reason: string): SocketIoError {
  return new SocketIoError('INVALID_ARGUMENT', `the namespace pattern ${path}: ${reason}`);
}
