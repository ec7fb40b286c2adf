/**
 * The namespaces of a server. Some are created by name, others when a client asks for a name that a pattern matches.
 * Names are looked up first, then the patterns: the namespace becomes a child of each pattern that serves it. The option
 * `namespaces` comes last. A namespace that only this option allows has no handlers except those of the wildcard
 * namespace.
 */
import { SocketIoError } from '../../errors.js';
import type { Server } from '../server.js';
import type { ResolvedServerOptions } from '../server-options.js';
import { Namespace } from './namespace.js';
import { namespacePath } from './namespace-path.js';
import { ParentNamespace } from './parent-namespace.js';
import { isOfNames, type NameRule, type NamespaceMatcher, type Pattern, Patterns } from './patterns.js';
import { RemoteNamespaces } from './remote-namespaces.js';

/** Returns the namespace, which it creates if needed, or `undefined` if the client may no longer enter. */
export type Opening = () => Namespace | undefined;

/** The name in metrics of namespaces that clients choose, and that no pattern names. */
export const OTHER_NAMESPACES = '(other)';

export class Namespaces {
  // --- Public attributes ---

  /** All namespaces that clients can be in. */
  readonly served: Set<Namespace> = new Set();
  /** The namespace whose handlers apply to all namespaces, see {@link forAll}. */
  wildcard: Namespace | undefined = undefined;
  readonly #server: Server;
  readonly #options: ResolvedServerOptions;
  readonly #byName = new Map<string, Namespace>();
  readonly #remote: RemoteNamespaces<Namespace>;
  readonly #patterns: Patterns<Namespace>;
  /** The parents that {@link share} has created, by rule. */
  readonly #shared = new Map<string | NamespaceMatcher, Namespace>();
  /** The shared functions of a child namespace. Each of them must allow every client that enters. */
  readonly #gates = new WeakMap<Namespace, readonly Pattern<Namespace>[]>();

  constructor(server: Server, options: ResolvedServerOptions) {
    this.#server = server;
    this.#options = options;
    this.#remote = new RemoteNamespaces(options.engine);
    this.#patterns = new Patterns(options.engine, () => server.serving?.deadlines.undecided);
  }

  /** The same namespaces as {@link served}, by name. */
  get byName(): ReadonlyMap<string, Namespace> {
    return this.#byName;
  }

  // --- Public methods ---

  get(name: string): Namespace | undefined {
    return this.#byName.get(name);
  }

  /**
   * Returns the namespace with a name, permanent from now on, or a new parent for a RegExp or a function. See
   * {@link Server.of}.
   * @throws SocketIoError `INVALID_ARGUMENT` for anything else
   */
  of(name: unknown): Namespace {
    if (typeof name === 'string') return this.#open(namespacePath(name));
    if (typeof name !== 'function' && !(name instanceof RegExp)) {
      throw new SocketIoError(
        'INVALID_ARGUMENT',
        `of() needs the name of a namespace, a RegExp or a function, got ${String(name)}`,
      );
    }
    return this.#parent(name as RegExp | NamespaceMatcher, String(name), false);
  }

  /**
   * Returns the parent of all namespaces that a rule serves. Unlike the patterns of {@link of}, several rules can serve
   * one namespace together: if they handle the same event, the first rule wins. A function decides on every client,
   * whereas a function given to `of` decides only on the client for which the namespace is created.
   * @param label names the parent in messages
   */
  share(rule: NameRule | NamespaceMatcher, label: string): Namespace {
    const key = typeof rule === 'function' ? rule : rule.key;
    let parent = this.#shared.get(key);
    if (parent === undefined) this.#shared.set(key, (parent = this.#parent(rule, label, true)));
    return parent;
  }

  /**
   * Returns the wildcard namespace. Its middlewares and listeners apply to all namespaces, its handlers to the
   * namespaces that have no handler of their own for the same event. Clients cannot join it.
   * Source: Flask-SocketIO, `namespace='*'`.
   */
  forAll(): Namespace {
    this.wildcard ??= new ParentNamespace('*', this.#server, this.#options, this.served, (name) => this.of(name));
    return this.wildcard;
  }

  /**
   * Returns a namespace to emit to. Unlike {@link of}, it does not let clients enter.
   * @param inCluster whether other servers may have clients in it
   */
  reach(name: string, inCluster: boolean): Namespace {
    const known = this.#byName.get(name) ?? this.#remote.use(name);
    if (known !== undefined) return known;
    const made = this.#create(name, 'dormant');
    if (inCluster) made.onWake = () => this.#wakeRemote(made);
    return made;
  }

  /** Returns how a client may enter `name`, or `undefined` if no pattern and no option serves it. */
  resolve(name: string, auth: Readonly<Record<string, unknown>>): Opening | undefined | Promise<Opening | undefined> {
    const known = this.#byName.get(name);
    if (known !== undefined && !this.#gates.has(known)) return () => known;
    const found = this.#patterns.find(name, auth);
    return found instanceof Promise ? found.then((later) => this.#opening(name, later)) : this.#opening(name, found);
  }

  /** Replaces the adapter of each namespace with the one that the options now require. */
  renewAdapters(): void {
    for (const namespace of this.#all) namespace.renewAdapter();
  }

  /** Ends the absences of clients that can return to this server only. */
  endAbsences(): void {
    for (const { absences } of this.served) absences?.close();
  }

  /** Resolves when no connect or disconnect handler is running. */
  async settled(): Promise<void> {
    await Promise.all(Array.from(this.served, (namespace) => namespace.settled()));
  }

  /** Closes all adapters. Resolves when they are closed, and never rejects. */
  async close(): Promise<void> {
    this.#remote.close();
    await Promise.all(Array.from(this.#all, async ({ delivery }) => delivery.close()));
  }

  /** Creates the adapters again, after {@link close}. */
  reopen(): void {
    for (const namespace of this.#all) namespace.openAdapter();
  }

  // --- Inside ---

  get #all(): Namespace[] {
    return [...this.served, ...this.#remote.all];
  }

  #open(name: string): Namespace {
    return this.#byName.get(name)?.rouse() ?? this.#add(name, this.#patterns.serving(name), false);
  }

  #openChild(name: string, parent: Namespace): Namespace {
    return this.#byName.get(name)?.rouse() ?? this.#add(name, this.#patterns.of(parent), false);
  }

  #opening(name: string, found: readonly Pattern<Namespace>[]): Opening | undefined {
    if (found.length === 0 && !this.#options.serves(name)) return undefined;
    return () => {
      const known = this.#byName.get(name);
      if (known === undefined) return this.#add(name, found, this.#options.cleanupEmptyChildNamespaces, 'dormant');
      const gates = this.#gates.get(known) ?? []; // it may have been created for another client in the meantime
      return gates.every((gate) => found.includes(gate)) ? known : undefined;
    };
  }

  #parent(matches: Pattern<Namespace>['matches'], label: string, shared: boolean): Namespace {
    const children = new Set<Namespace>();
    const parent: Namespace = new ParentNamespace(label, this.#server, this.#options, children, (child) =>
      this.#openChild(child, parent),
    );
    this.#patterns.add({ matches, parent, children, shared });
    return parent;
  }

  #create(name: string, delivery?: 'dormant'): Namespace {
    return new Namespace(name, this.#server, this.#options, delivery);
  }

  /**
   * Called when a remote namespace is about to get its adapter. The application may have kept it while another of that
   * name was created: one name has one adapter.
   */
  #wakeRemote(namespace: Namespace): Namespace | null {
    const other = this.#byName.get(namespace.name) ?? this.#remote.use(namespace.name);
    if (other !== undefined && other !== namespace) return other;
    this.#remote.add(namespace);
    return null;
  }

  /** @param delivery `dormant` for a client that is not admitted yet: the broker hears of it only if it is */
  #add(name: string, patterns: readonly Pattern<Namespace>[], cleansUp: boolean, delivery?: 'dormant'): Namespace {
    const namespace = this.#remote.take(name) ?? this.#create(name, delivery);
    namespace.onWake = null;
    namespace.label = patterns[0]?.parent.name ?? (delivery === 'dormant' ? OTHER_NAMESPACES : name);
    if (cleansUp) namespace.onEmpty = () => this.#remove(namespace, patterns);
    this.#opened(namespace);
    this.#byName.set(name, namespace);
    this.served.add(namespace);
    for (const { parent, children } of patterns) {
      namespace.inherit(parent);
      children.add(namespace);
    }
    const gates = patterns.filter((pattern) => pattern.shared && !isOfNames(pattern));
    if (gates.length > 0) this.#gates.set(namespace, gates);
    return namespace;
  }

  #opened(namespace: Namespace): void {
    this.#server.presences.opened(namespace);
    if (namespace.name !== '/') this.#server.events.notify('new_namespace', [namespace]);
  }

  #remove(namespace: Namespace, patterns: readonly Pattern<Namespace>[]): void {
    this.#byName.delete(namespace.name);
    this.served.delete(namespace);
    for (const { children } of patterns) children.delete(namespace);
    this.#server.presences.closed(namespace);
    void namespace.delivery.close();
  }
}
