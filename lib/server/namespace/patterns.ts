/**
 * The patterns of a server decide on names that have no namespace yet. They are tried in the order in which they were
 * added, except that shared functions come after all other shared patterns. The first that matches serves the name. If
 * it is shared, all other matching shared patterns of its kind serve the name together with it.
 */
import { contain, type Log } from '../../engine/internal.js';

/** A decision that must be made within `connectTimeout`. */
export interface Undecided {
  /** Called when the time is up: decides against the client. */
  overdue(): void;
}

/** The deadlines of decisions, clients or sockets. */
export interface Deadlines<T> {
  add(member: T): void;
  delete(member: T): unknown;
}

/**
 * Decides on a name that a client asks for. `next(null, true)`, called at once or within `connectTimeout`, creates the
 * namespace.
 * Source: Socket.IO, `server.of(function)`.
 * @publicApi
 */
export type NamespaceMatcher = (
  name: string,
  // oxlint-disable-next-line typescript/no-explicit-any -- as Socket.IO: the application defines what clients send
  auth: { [key: string]: any },
  next: (error: Error | null | undefined, allow: boolean) => void,
) => unknown;

/** Decides on the name alone, not on the client. Its answer for a name must never change. */
export interface NameRule {
  /** Rules with the same key serve the same names. */
  readonly key: string;
  serves(name: string): boolean;
}

/** @typeParam N the type of a namespace */
export interface Pattern<N> {
  readonly matches: RegExp | NameRule | NamespaceMatcher;
  readonly parent: N;
  readonly children: Set<N>;
  /** Whether it serves namespaces together with the other shared patterns of its kind, see {@link isOfNames}. */
  readonly shared: boolean;
}

/** @typeParam N the type of a namespace */
export class Patterns<N> {
  readonly #all: Pattern<N>[] = [];
  readonly #options: { readonly logger: Log };
  readonly #undecided: () => Deadlines<Undecided> | undefined;

  /**
   * @param options may change until the server serves
   * @param undecided the deadlines of functions that have not called `next`, once the server serves
   */
  constructor(options: { readonly logger: Log }, undecided: () => Deadlines<Undecided> | undefined) {
    this.#options = options;
    this.#undecided = undecided;
  }

  add(pattern: Pattern<N>): void {
    const next = isOfNames(pattern) ? this.#all.findIndex((other) => other.shared && !isOfNames(other)) : -1;
    this.#all.splice(pattern.shared && next !== -1 ? next : this.#all.length, 0, pattern);
  }

  /** Returns the pattern of a parent, as a list. */
  of(parent: N): readonly Pattern<N>[] {
    return this.#all.filter((pattern) => pattern.parent === parent);
  }

  /** Returns the patterns that serve a name to every client: no functions, which decide on each client. */
  serving(name: string): readonly Pattern<N>[] {
    const serving = this.#all.filter(({ matches }) => typeof matches !== 'function' && hasName(matches, name));
    return serving[0]?.shared === true ? serving.filter(({ shared }) => shared) : serving.slice(0, 1);
  }

  /**
   * Finds the patterns that serve a name to a client.
   * @param from index of the pattern to continue with, after those that were `found`
   */
  find(
    name: string,
    auth: Readonly<Record<string, unknown>>,
    from = 0,
    found: readonly Pattern<N>[] = [],
  ): readonly Pattern<N>[] | Promise<readonly Pattern<N>[]> {
    for (const [index, pattern] of this.#all.entries()) {
      if (index < from || (found[0] !== undefined && !isSharedWith(found[0], pattern))) continue;
      const matched = this.#matches(pattern.matches, name, auth);
      if (matched instanceof Promise) {
        return matched.then((allowed) => this.find(name, auth, index + 1, allowed ? [...found, pattern] : found));
      }
      if (matched) found = [...found, pattern];
    }
    return found;
  }

  /** The result is a promise only if the pattern is a function that has not called `next` yet. */
  #matches(
    matches: Pattern<N>['matches'],
    name: string,
    auth: Readonly<Record<string, unknown>>,
  ): boolean | Promise<boolean> {
    if (typeof matches !== 'function') return hasName(matches, name);
    let answer: boolean | null = null;
    const later = new Promise<boolean>((resolve) => {
      const waiting: Undecided = {
        overdue: () => {
          this.#options.logger.error(
            'a function that decides on namespaces did not call next within connectTimeout: the client is refused',
            undefined,
            { namespace: name },
          );
          decide(false);
        },
      };
      const decide = (allowed: boolean): void => {
        answer ??= allowed;
        this.#undecided()?.delete(waiting);
        resolve(allowed);
      };
      void contain(
        () => matches(name, auth, (error, allow) => decide((error === null || error === undefined) && allow)),
        (error) => {
          this.#options.logger.error('a function that decides on namespaces failed', error, { namespace: name });
          decide(false);
        },
      );
      if (answer === null) this.#undecided()?.add(waiting);
    });
    return answer ?? later;
  }
}

/** Whether a pattern decides on names alone. A function decides on clients as well. */
export function isOfNames({ matches }: Pick<Pattern<unknown>, 'matches'>): boolean {
  return typeof matches !== 'function';
}

function hasName(rule: RegExp | NameRule, name: string): boolean {
  // Unlike `test`, `search` does not depend on `lastIndex`.
  return rule instanceof RegExp ? name.search(rule) !== -1 : rule.serves(name);
}

function isSharedWith<N>(first: Pattern<N>, other: Pattern<N>): boolean {
  return first.shared && other.shared && isOfNames(first) === isOfNames(other);
}
