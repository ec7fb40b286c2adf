/**
 * The namespaces of a server. Some are created by name, others when a client asks for a name that a pattern matches.
 * Names are looked up first. Then the patterns are tried in the order in which they were added: the namespace becomes a
 * child of the first that matches and, if that pattern is shared, of all other matching shared patterns of its kind.
 * The option `namespaces` comes last. A namespace that only this option allows has no handlers except those of the
 * wildcard namespace.
 */
import { contain, type Timer } from '../../engine/internal.js';
import type { ResolvedServerOptions } from '../server-options.js';
import type { Namespace } from './namespace.js';
import type { ParentNamespace } from './parent-namespace.js';

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

/** Returns the namespace, which it creates if needed, or `undefined` if the client may no longer enter. */
export type Opening = () => Namespace | undefined;

interface Pattern {
  readonly matches: RegExp | NameRule | NamespaceMatcher;
  readonly parent: ParentNamespace;
  readonly children: Set<Namespace>;
  /** Whether it serves namespaces together with the other shared patterns of its kind, see {@link isOfNames}. */
  readonly shared: boolean;
}

/**
 * Adapters that are kept for namespaces which this server only emits to. An adapter subscribes to the broker for each
 * namespace, and some compare every message with every subscription, so they must not add up.
 */
const MAX_REMOTE = 100;

/** ms after which such an adapter is closed if it was not used: longer than the pauses of an active namespace. */
const REMOTE_IDLE = 60_000;

/** The name in metrics of namespaces that clients choose, and that no pattern names. */
export const OTHER_NAMESPACES = '(other)';

export class Namespaces {
  readonly #byName = new Map<string, Namespace>();
  /** All namespaces that clients can be in. */
  readonly served: Set<Namespace> = new Set();
  /**
   * Namespaces that this server does not serve but emits to, and when that last happened. Their clients are on other
   * servers of the cluster. Only those with an adapter are here, the least recently used first.
   */
  readonly #remote = new Map<string, { readonly namespace: Namespace; used: number }>();
  #remoteTimer: Timer | null = null;
  readonly #patterns: Pattern[] = [];
  /** The shared functions of a child namespace. Each of them must allow every client that enters. */
  readonly #gates = new WeakMap<Namespace, readonly Pattern[]>();
  readonly #make: (name: string, delivery?: 'dormant') => Namespace;
  readonly #opened: (namespace: Namespace) => void;
  readonly #options: ResolvedServerOptions;
  readonly #undecided: Deadlines<Undecided>;

  /**
   * @param make creates a namespace, dormant or with its adapter
   * @param opened called with each namespace when clients can enter it
   * @param undecided the deadlines of functions that have not called `next`
   */
  constructor(
    make: (name: string, delivery?: 'dormant') => Namespace,
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

  /** The same namespaces, by name. */
  get byName(): ReadonlyMap<string, Namespace> {
    return this.#byName;
  }

  /** Replaces the adapter of each namespace with the one that the options now require. */
  renewAdapters(): void {
    for (const namespace of this.#all()) namespace.renewAdapter();
  }

  /** Closes all adapters. Resolves when they are closed, and never rejects. */
  async close(): Promise<void> {
    this.#remoteTimer?.cancel();
    this.#remoteTimer = null;
    await Promise.all(Array.from(this.#all(), async ({ delivery }) => delivery.close()));
  }

  /** Creates the adapters again, after {@link close}. */
  reopen(): void {
    for (const namespace of this.#all()) namespace.openAdapter();
  }

  /** Returns the namespace of that name, permanent from now on, creating it if needed: as a child if a rule matches. */
  open(name: string): Namespace {
    const known = this.#byName.get(name);
    if (known !== undefined) return known.rouse();
    const serving = this.#patterns.filter(({ matches }) => typeof matches !== 'function' && hasName(matches, name));
    const [first] = serving;
    return this.#add(
      name,
      first?.shared === true ? serving.filter(({ shared }) => shared) : serving.slice(0, 1),
      false,
    );
  }

  /**
   * Returns a namespace to emit to. Unlike {@link open}, it does not let clients enter.
   * @param inCluster whether other servers may have clients in it
   */
  reach(name: string, inCluster: boolean): Namespace {
    const known = this.#byName.get(name) ?? this.#useRemote(name);
    if (known !== undefined) return known;
    const made = this.#make(name, 'dormant');
    if (inCluster) made.onWake = () => this.#wakeRemote(made);
    return made;
  }

  /** Returns the namespace of that name, creating it as a child of that parent if needed. It is permanent. */
  openChild(name: string, parent: ParentNamespace): Namespace {
    const known = this.#byName.get(name);
    if (known !== undefined) return known.rouse();
    const patterns = this.#patterns.filter((pattern) => pattern.parent === parent);
    return this.#add(name, patterns, false);
  }

  /** @param shared see {@link Pattern.shared}. Shared functions are tried after all other shared patterns */
  addPattern(
    matches: RegExp | NameRule | NamespaceMatcher,
    parent: ParentNamespace,
    children: Set<Namespace>,
    shared = false,
  ): void {
    const pattern: Pattern = { matches, parent, children, shared };
    const next = isOfNames(pattern) ? this.#patterns.findIndex((other) => other.shared && !isOfNames(other)) : -1;
    this.#patterns.splice(shared && next !== -1 ? next : this.#patterns.length, 0, pattern);
  }

  /** Returns how a client may enter `name`, or `undefined` if no pattern and no option serves it. */
  resolve(name: string, auth: Readonly<Record<string, unknown>>): Opening | undefined | Promise<Opening | undefined> {
    const known = this.#byName.get(name);
    if (known !== undefined && !this.#gates.has(known)) return () => known;
    const found = this.#find(name, auth, 0, []);
    return found instanceof Promise ? found.then((later) => this.#opening(name, later)) : this.#opening(name, found);
  }

  /**
   * Finds the patterns that serve `name` to this client: the first and, if it is shared, the others of its kind.
   * @param from index of the pattern to continue with
   */
  #find(
    name: string,
    auth: Readonly<Record<string, unknown>>,
    from: number,
    found: readonly Pattern[],
  ): readonly Pattern[] | Promise<readonly Pattern[]> {
    for (const [index, pattern] of this.#patterns.entries()) {
      if (index < from || (found[0] !== undefined && !isSharedWith(found[0], pattern))) continue;
      const matched = this.#matches(pattern.matches, name, auth);
      if (matched instanceof Promise) {
        return matched.then((allowed) => this.#find(name, auth, index + 1, allowed ? [...found, pattern] : found));
      }
      if (matched) found = [...found, pattern];
    }
    return found;
  }

  #opening(name: string, found: readonly Pattern[]): Opening | undefined {
    if (found.length === 0 && !this.#options.serves(name)) return undefined;
    return () => {
      const known = this.#byName.get(name);
      if (known === undefined) return this.#add(name, found, this.#options.cleanupEmptyChildNamespaces, 'dormant');
      const gates = this.#gates.get(known) ?? []; // it may have been created for another client in the meantime
      return gates.every((gate) => found.includes(gate)) ? known : undefined;
    };
  }

  #all(): Namespace[] {
    return [...this.#byName.values(), ...[...this.#remote.values()].map(({ namespace }) => namespace)];
  }

  /** Returns a remote namespace that has an adapter, as the most recently used. */
  #useRemote(name: string): Namespace | undefined {
    const entry = this.#remote.get(name);
    if (entry === undefined) return undefined;
    this.#remote.delete(name);
    this.#remote.set(name, entry);
    entry.used = this.#options.engine.clock.now();
    return entry.namespace;
  }

  /**
   * Called when a remote namespace is about to get its adapter. The application may have kept it while another of that
   * name was created: one name has one adapter.
   */
  #wakeRemote(namespace: Namespace): Namespace | null {
    const { name } = namespace;
    const other = this.#byName.get(name) ?? this.#useRemote(name);
    if (other !== undefined && other !== namespace) return other;
    const { clock } = this.#options.engine;
    this.#remote.set(name, { namespace, used: clock.now() });
    this.#sleepIdle(Number.NEGATIVE_INFINITY);
    this.#watchRemote();
    return null;
  }

  #watchRemote(): void {
    const { clock } = this.#options.engine;
    this.#remoteTimer ??= clock.after(REMOTE_IDLE, () => {
      this.#remoteTimer = null;
      this.#sleepIdle(clock.now() - REMOTE_IDLE);
      if (this.#remote.size > 0) this.#watchRemote();
    });
  }

  /** Closes the adapters of remote namespaces that were last used before a time, and of the oldest above the maximum. */
  #sleepIdle(before: number): void {
    let spare = this.#remote.size - MAX_REMOTE;
    for (const [name, { namespace, used }] of this.#remote) {
      if (used > before && spare <= 0) return;
      if (namespace.delivery.isBusy === true) continue;
      this.#remote.delete(name);
      namespace.sleep();
      spare--;
    }
  }

  /** The result is a promise only if the pattern is a function that has not called `next` yet. */
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
            'a function that decides on namespaces did not call next within connectTimeout: the client is refused',
            undefined,
            { namespace: name },
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
          this.#options.engine.logger.error('a function that decides on namespaces failed', error, { namespace: name });
          decide(false);
        },
      );
      if (answer === null) this.#undecided.add(waiting);
    });
    return answer ?? later;
  }

  /** @param delivery `dormant` for a client that is not admitted yet: the broker hears of it only if it is */
  #add(name: string, patterns: readonly Pattern[], cleansUp: boolean, delivery?: 'dormant'): Namespace {
    const namespace = this.#remote.get(name)?.namespace ?? this.#make(name, delivery);
    namespace.onWake = null;
    const [pattern] = patterns;
    namespace.label =
      (pattern?.parent as Namespace | undefined)?.name ?? (delivery === 'dormant' ? OTHER_NAMESPACES : name);
    this.#remote.delete(name);
    if (cleansUp) namespace.onEmpty = () => this.#remove(namespace, patterns);
    this.#opened(namespace);
    this.#byName.set(name, namespace);
    this.served.add(namespace);
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
    this.served.delete(namespace);
    for (const { children } of patterns) children.delete(namespace);
    namespace.server.presences.closed(namespace);
    void namespace.delivery.close();
  }
}

function hasName(rule: RegExp | NameRule, name: string): boolean {
  // Unlike `test`, `search` does not depend on `lastIndex`.
  return rule instanceof RegExp ? name.search(rule) !== -1 : rule.serves(name);
}

/** Whether a pattern decides on names alone. A function decides on clients as well. */
function isOfNames({ matches }: Pattern): boolean {
  return typeof matches !== 'function';
}

function isSharedWith(first: Pattern, other: Pattern): boolean {
  return first.shared && other.shared && isOfNames(first) === isOfNames(other);
}
