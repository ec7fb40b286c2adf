/**
 * The namespaces of a server: those that were made by name, and those that come and go by pattern. Names
 * are looked up first, then patterns are asked in the order in which they were given.
 */
import { guarded } from '../engine/index.js';
import type { Undecided } from './admission.js';
import type { Deadlines } from './client.js';
import type { Namespace } from './namespace.js';
import type { ParentNamespace } from './parent-namespace.js';
import type { ResolvedServerOptions } from './server-options.js';

/**
 * Decides on a name that a client asks for; `next(null, true)` makes the namespace, now or within `connectTimeout`.
 * Source: Socket.IO, `server.of(function)`.
 */
export type NamespaceMatcher = (
  name: string,
  // oxlint-disable-next-line typescript/no-explicit-any -- as Socket.IO: what clients send is the application's affair
  auth: { [key: string]: any },
  next: (error: Error | null | undefined, allow: boolean) => void,
) => unknown;

/** Gives the namespace that was asked for, at the moment when the client enters it. */
export type Opening = () => Namespace;

interface Pattern {
  readonly matches: RegExp | NamespaceMatcher;
  readonly parent: ParentNamespace;
  readonly children: Set<Namespace>;
}

export class Namespaces {
  readonly #byName = new Map<string, Namespace>();
  readonly #patterns: Pattern[] = [];
  readonly #make: (name: string, onEmpty: (() => void) | null) => Namespace;
  readonly #options: ResolvedServerOptions;
  readonly #undecided: Deadlines<Undecided>;

  /**
   * @param make makes a namespace; `onEmpty` is to be called whenever its last client has gone
   * @param undecided for functions that take their time
   */
  constructor(
    make: (name: string, onEmpty: (() => void) | null) => Namespace,
    options: ResolvedServerOptions,
    undecided: Deadlines<Undecided>,
  ) {
    this.#make = make;
    this.#options = options;
    this.#undecided = undecided;
  }

  get(name: string): Namespace | undefined {
    return this.#byName.get(name);
  }

  values(): Iterable<Namespace> {
    return this.#byName.values();
  }

  /** All of them. */
  get byName(): ReadonlyMap<string, Namespace> {
    return this.#byName;
  }

  /** The namespace of that name; one that matches a RegExp becomes a child of its parent, and stays. */
  open(name: string): Namespace {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const pattern = this.#patterns.find(({ matches }) => matches instanceof RegExp && name.search(matches) !== -1);
    return this.#add(name, pattern, false);
  }

  /** The namespace of that name, as a child of that parent if it is not there yet; it stays. */
  openChild(name: string, parent: ParentNamespace): Namespace {
    const pattern = this.#patterns.find((known) => known.parent === parent);
    return this.#byName.get(name) ?? this.#add(name, pattern, false);
  }

  addPattern(matches: RegExp | NamespaceMatcher, parent: ParentNamespace, children: Set<Namespace>): void {
    this.#patterns.push({ matches, parent, children });
  }

  /** Whether a client may enter `name`, and how; `undefined` when nobody serves it. */
  resolve(name: string, auth: Readonly<Record<string, unknown>>): Opening | undefined | Promise<Opening | undefined> {
    const known = this.#byName.get(name);
    return known === undefined ? this.#ask(name, auth, 0) : () => known;
  }

  #ask(
    name: string,
    auth: Readonly<Record<string, unknown>>,
    index: number,
  ): Opening | undefined | Promise<Opening | undefined> {
    const pattern = this.#patterns[index];
    if (pattern === undefined) return undefined;
    const opening: Opening = () =>
      this.#byName.get(name) ?? this.#add(name, pattern, this.#options.cleanupEmptyChildNamespaces);
    const matched = this.#matches(pattern.matches, name, auth);
    if (matched === true) return opening;
    if (matched === false) return this.#ask(name, auth, index + 1);
    return matched.then((allowed) => (allowed ? opening : this.#ask(name, auth, index + 1)));
  }

  /** At once where the matcher answers at once. */
  #matches(
    matches: RegExp | NamespaceMatcher,
    name: string,
    auth: Readonly<Record<string, unknown>>,
  ): boolean | Promise<boolean> {
    if (matches instanceof RegExp) return name.search(matches) !== -1; // unlike test(), it keeps no position
    let answer: boolean | null = null;
    const later = new Promise<boolean>((resolve) => {
      const waiting: Undecided = {
        overdue: () => {
          this.#options.engine.logger.error(
            'a function that decides on namespaces did not call next within connectTimeout: it is a no',
          );
          decide(false);
        },
      };
      const decide = (allowed: boolean): void => {
        answer ??= allowed;
        this.#undecided.delete(waiting);
        resolve(allowed);
      };
      void guarded(
        () => matches(name, auth, (error, allow) => decide((error === null || error === undefined) && allow)),
        (error) => {
          this.#options.engine.logger.error('a function that decides on namespaces failed', error);
          decide(false);
        },
      );
      if (answer === null) this.#undecided.add(waiting);
    });
    return answer ?? later;
  }

  #add(name: string, pattern: Pattern | undefined, cleansUp: boolean): Namespace {
    const namespace = this.#make(name, cleansUp ? () => this.#remove(namespace, pattern) : null);
    this.#byName.set(name, namespace);
    if (pattern !== undefined) {
      namespace.inherit(pattern.parent as Namespace);
      pattern.children.add(namespace);
    }
    return namespace;
  }

  #remove(namespace: Namespace, pattern: Pattern | undefined): void {
    this.#byName.delete(namespace.name);
    pattern?.children.delete(namespace);
    namespace.delivery.close();
  }
}
