/**
 * The namespaces that a gateway serves by pattern, and the parameters in their names. Clients choose these names: a
 * name is compared segment by segment, and a name that cannot be decoded does not match.
 */
import { SocketIoError } from '../../errors.js';
import type { NameRule } from '../../server/internal.js';

/**
 * Parameters by name. The object has no prototype: clients choose the values, and a pattern may use any name.
 * @publicApi
 */
export type NamespaceParams = Readonly<Record<string, string>>;

/** A rule whose names have parameters. Several patterns may serve the same namespace together. */
export interface NamespacePattern extends NameRule {
  /** The names of the parameters. */
  readonly names: readonly string[];
  /** The parameters in a name that matches; `null` for any other name. */
  params(name: string): NamespaceParams | null;
  /** Whether some name is sure to match both. `false` does not rule that out. */
  overlaps(other: NamespacePattern): boolean;
}

const PARAMETER = /^:([A-Za-z_$][\w$]*)$/;

/** Whether the name of a namespace is a pattern: one of its segments starts with a colon. */
export function isSegmentPattern(path: string): boolean {
  return path.includes('/:');
}

/** A pattern like `/rooms/:id`: each `:name` matches one segment, which may not be empty. */
export class SegmentPattern implements NamespacePattern {
  readonly key: string;
  readonly names: readonly string[];
  readonly #segments: readonly { readonly text: string; readonly isParameter: boolean }[];

  /**
   * @param path starts with a slash
   * @throws SocketIoError `INVALID_ARGUMENT` for a parameter without a name, and for one that occurs twice
   */
  constructor(path: string) {
    this.key = path;
    this.#segments = path.split('/').map((segment) => {
      if (!segment.startsWith(':')) return { text: segment, isParameter: false };
      const name = PARAMETER.exec(segment)?.[1];
      if (name === undefined) {
        throw invalid(path, `a parameter must have a name after the colon, like ":id", got "${segment}"`);
      }
      return { text: name, isParameter: true };
    });
    this.names = this.#segments.filter(({ isParameter }) => isParameter).map(({ text }) => text);
    const twice = this.names.find((name, index) => this.names.indexOf(name) !== index);
    if (twice !== undefined) throw invalid(path, `parameters must have different names, got ":${twice}" twice`);
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

/** The value of a parameter for a segment; `null` if the segment is empty or has a malformed escape. */
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
