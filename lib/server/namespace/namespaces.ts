/**
 * The namespaces of a server: those that were made by name, and those that come and go by pattern. Names
 * are looked up first, then patterns are asked in the order in which they were given: the first that
 * matches makes the namespace, together with all others where patterns are shared. What the option
 * `namespaces` allows comes last, and has no handlers but those of all namespaces.
 */
import { contain } from '../../engine/index.js';
import type { Undecided } from './middlewares.js';
import type { Deadlines } from '../socket/client.js';
import type { Namespace } from './namespace.js';
import type { ParentNamespace } from './parent-namespace.js';
import type { ResolvedServerOptions } from '../server-options.js';

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

/** Decides on names by themselves: what it says of a name must never change. */
export interface NameRule {
  /** Two with the same key serve the same names. */
  readonly key: string;
  serves(name: string): boolean;
}

/** Gives the namespace that was asked for, at the moment when the client enters it; none if it may not any more. */
export type Opening = () => Namespace | undefined;

interface Pattern {
  readonly matches: RegExp | NameRule | NamespaceMatcher;
  readonly parent: ParentNamespace;
  readonly children: Set<Namespace>;
  /** Whether it makes namespaces together with others that are shared and decide by the same: names, or clients. */
  readonly shared: boolean;
}

export class Namespaces {
  readonly #byName = new Map<string, Namespace>();
  /** All that clients can be in. */
  readonly members: Set<Namespace> = new Set();
  /** What is sent to although nobody serves it here: by its adapter it has clients on other servers. */
  readonly #distant = new Map<string, Namespace>();
  readonly #patterns: Pattern[] = [];
  /** The shared functions of a child: each is asked of every client that wants to enter. */
  readonly #gates = new WeakMap<Namespace, readonly Pattern[]>();
  readonly #make: (name: string) => Namespace;
  readonly #opened: (namespace: Namespace) => void;
  readonly #options: ResolvedServerOptions;
  readonly #undecided: Deadlines<Undecided>;

  /**
   * @param opened told of each namespace that clients can ask for from now on
   * @param undecided for functions that take their time
   */
  constructor(
    make: (name: string) => Namespace,
    opened: (namespace: Namespace) => void,
    options: ResolvedServerOptions,
    undecided: Deadlines<Undecided>,
  ) {
    this.#make = make;
    this.#opened = opened;
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

  /** Each begins anew with the adapter that the options name now. */
  renewAdapters(): void {
    for (const namespace of this.#all()) namespace.renewAdapter();
  }

  /** Lets go of what their adapters hold. */
  close(): void {
    for (const { delivery } of this.#all()) delivery.close();
  }

  /** The namespace of that name; one that matches a RegExp becomes a child of its parent, and stays. */
  open(name: string): Namespace {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const serving = this.#patterns.filter(({ matches }) => typeof matches !== 'function' && hasName(matches, name));
    const [first] = serving;
    return this.#add(
      name,
      first?.shared === true ? serving.filter(({ shared }) => shared) : serving.slice(0, 1),
      false,
    );
  }

  /**
   * Where to send for clients of `name`, whoever serves it: unlike {@link open} it lets nobody in.
   * @param distant whether servers of a cluster may have such clients, so that its adapter must live
   */
  reach(name: string, distant: boolean): Namespace {
    const known = this.#byName.get(name) ?? this.#distant.get(name);
    if (known !== undefined) return known;
    const made = this.#make(name);
    if (distant) this.#distant.set(name, made);
    return made;
  }

  /** The namespace of that name, as a child of that parent if it is not there yet; it stays. */
  openChild(name: string, parent: ParentNamespace): Namespace {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const patterns = this.#patterns.filter((pattern) => pattern.parent === parent);
    return this.#add(name, patterns, false);
  }

  /** @param shared see {@link Pattern.shared}; those that decide by names go before those that are asked of clients */
  addPattern(
    matches: RegExp | NameRule | NamespaceMatcher,
    parent: ParentNamespace,
    children: Set<Namespace>,
    shared = false,
  ): void {
    const pattern: Pattern = { matches, parent, children, shared };
    const behind = isOfNames(pattern) ? this.#patterns.findIndex((other) => other.shared && !isOfNames(other)) : -1;
    this.#patterns.splice(shared && behind !== -1 ? behind : this.#patterns.length, 0, pattern);
  }

  /** Whether a client may enter `name`, and how; `undefined` when nobody serves it. */
  resolve(name: string, auth: Readonly<Record<string, unknown>>): Opening | undefined | Promise<Opening | undefined> {
    const known = this.#byName.get(name);
    if (known !== undefined && !this.#gates.has(known)) return () => known;
    const found = this.#ask(name, auth, 0, []);
    return found instanceof Promise ? found.then((later) => this.#opening(name, later)) : this.#opening(name, found);
  }

  /** The patterns that serve `name` to this client: the first, and where that is shared the others of its kind. */
  #ask(
    name: string,
    auth: Readonly<Record<string, unknown>>,
    from: number,
    found: readonly Pattern[],
  ): readonly Pattern[] | Promise<readonly Pattern[]> {
    for (const [index, pattern] of this.#patterns.entries()) {
      if (index < from || (found[0] !== undefined && !isSharedWith(found[0], pattern))) continue;
      const matched = this.#matches(pattern.matches, name, auth);
      if (matched instanceof Promise) {
        return matched.then((allowed) => this.#ask(name, auth, index + 1, allowed ? [...found, pattern] : found));
      }
      if (matched) found = [...found, pattern];
    }
    return found;
  }

  #opening(name: string, found: readonly Pattern[]): Opening | undefined {
    if (found.length === 0 && !this.#options.serves(name)) return undefined;
    return () => {
      const known = this.#byName.get(name);
      if (known === undefined) return this.#add(name, found, this.#options.cleanupEmptyChildNamespaces);
      const gates = this.#gates.get(known) ?? []; // it may have been made since, for somebody else
      return gates.every((gate) => found.includes(gate)) ? known : undefined;
    };
  }

  #all(): Namespace[] {
    return [...this.#byName.values(), ...this.#distant.values()];
  }

  /** At once where the matcher answers at once. */
  #matches(
    matches: Pattern['matches'],
    name: string,
    auth: Readonly<Record<string, unknown>>,
  ): boolean | Promise<boolean> {
    if (typeof matches !== 'function') return hasName(matches, name);
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
      void contain(
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

  #add(name: string, patterns: readonly Pattern[], cleansUp: boolean): Namespace {
    const namespace = this.#distant.get(name) ?? this.#make(name);
    this.#distant.delete(name);
    if (cleansUp) namespace.onEmpty = () => this.#remove(namespace, patterns);
    this.#opened(namespace);
    this.#byName.set(name, namespace);
    this.members.add(namespace);
    for (const { parent, children } of patterns) {
      namespace.inherit(parent as Namespace);
      children.add(namespace);
    }
    const gates = patterns.filter((pattern) => pattern.shared && !isOfNames(pattern));
    if (gates.length > 0) this.#gates.set(namespace, gates);
    return namespace;
  }

  #remove(namespace: Namespace, patterns: readonly Pattern[]): void {
    this.#byName.delete(namespace.name);
    this.members.delete(namespace);
    for (const { children } of patterns) children.delete(namespace);
    namespace.delivery.close();
  }
}

function hasName(rule: RegExp | NameRule, name: string): boolean {
  return rule instanceof RegExp ? name.search(rule) !== -1 : rule.serves(name); // unlike test(), it keeps no position
}

function isOfNames({ matches }: Pattern): boolean {
  return typeof matches !== 'function';
}

function isSharedWith(first: Pattern, other: Pattern): boolean {
  return first.shared && other.shared && isOfNames(first) === isOfNames(other);
}
