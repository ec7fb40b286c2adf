/**
 * A Socket.IO server: the namespaces, and the engine that brings their clients. Usable without Nest.
 * The HTTP server it is attached to stays its owner's: `close` ends the clients, not the HTTP server,
 * unless the server was given a port and made its own.
 * Source: Socket.IO, `Server`.
 */
import { createServer, type Server as HttpServer } from 'node:http';
import { DeadlineQueue, EngineServer } from '../engine/index.js';
import { SocketIoError } from '../errors.js';
import type { Audience } from './broadcasting.js';
import { Client, type ClientServices } from './client.js';
import type { DefaultEventsMap, EventNames, EventParams, EventsMap } from './events.js';
import { type Events, ListeningBroadcaster } from './listening.js';
import type { Middleware } from './admission.js';
import { Namespace, type NamespaceEvents } from './namespace.js';
import { type NameRule, type NamespaceMatcher, Namespaces } from './namespaces.js';
import { ParentNamespace } from './parent-namespace.js';
import { resolveServerOptions, type ResolvedServerOptions, type ServerOptions } from './server-options.js';
import type { Socket } from './socket.js';

export class Server<
  Listen extends EventsMap = DefaultEventsMap,
  Emit extends EventsMap = DefaultEventsMap,
  ServerSide extends EventsMap = DefaultEventsMap,
  // oxlint-disable-next-line typescript/no-explicit-any -- see Socket
  Data = any,
> extends ListeningBroadcaster<NamespaceEvents<Socket<Listen, Emit, ServerSide, Data>> & ServerSide, Emit, Data> {
  readonly engine: EngineServer;
  /** The namespace `/`; what is done to the server is done to it. */
  readonly sockets: Namespace<Listen, Emit, ServerSide, Data>;
  /** @internal Why no client can come, for whoever sends although this server is attached to nothing. */
  deserted: string | null = null;
  readonly #options: ResolvedServerOptions;
  /** What was made by {@link share}. */
  readonly #shared = new Map<string | NamespaceMatcher, Namespace>();
  readonly #namespaces: Namespaces;
  readonly #unjoined: DeadlineQueue<Client>;
  readonly #incomplete: DeadlineQueue<Client>;
  #own: HttpServer | null = null;
  #attached = false;
  #closing: Promise<void> | null = null;

  /**
   * @param server an HTTP server to serve, a port to listen on, or nothing: see {@link attach}
   * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION`
   */
  constructor(server?: HttpServer | number | ServerOptions, options: ServerOptions = {}) {
    super();
    const [target, given] = isOptions(server) ? [undefined, server] : [server, options];
    this.#options = resolveServerOptions(given);
    const { engine, connectTimeout, attachmentTimeout, cleanupEmptyChildNamespaces } = this.#options;
    this.#namespaces = new Namespaces(
      (name) => new Namespace(name, this, this.#options),
      (namespace) => this.#opened(namespace),
      cleanupEmptyChildNamespaces,
      engine.logger,
    );
    this.#unjoined = new DeadlineQueue(connectTimeout, (client) => client.expired('no namespace joined'), engine.clock);
    this.#incomplete = new DeadlineQueue(
      attachmentTimeout,
      (client) => client.expired('attachments did not arrive'),
      engine.clock,
    );
    const services: ClientServices = {
      options: this.#options,
      namespace: (name, auth) => this.#namespaces.resolve(name, auth),
      unjoined: this.#unjoined,
      incomplete: this.#incomplete,
    };
    this.engine = new EngineServer(engine, (connection) => new Client(connection, services));
    this.sockets = this.of('/');
    if (target !== undefined) this.attach(target);
  }

  /** Serves an HTTP server, or a port on a new one that answers 404 to everything else. */
  attach(server: HttpServer | number): this {
    this.#attached = true;
    if (typeof server === 'number') {
      this.#own = createServer((_request, response) => response.writeHead(404).end()).listen(server);
      this.engine.attach(this.#own);
    } else this.engine.attach(server);
    return this;
  }

  /** The same as {@link attach}. */
  listen(server: HttpServer | number): this {
    return this.attach(server);
  }

  /** The HTTP server that was made for a port. */
  get httpServer(): HttpServer | null {
    return this.#own;
  }

  /**
   * The namespace of that name, made when first asked for; a slash is put before the name if it has none. Or
   * what is common to all namespaces whose names match a RegExp, or are allowed by a function: they are made
   * when clients ask for them.
   * @param onConnection added as listener of `connection`
   * @throws SocketIoError `INVALID_ARGUMENT` for anything else
   */
  of<
    L extends EventsMap = DefaultEventsMap,
    E extends EventsMap = DefaultEventsMap,
    S extends EventsMap = DefaultEventsMap,
    // oxlint-disable-next-line typescript/no-explicit-any -- see Socket
    D = any,
  >(
    name: string | RegExp | NamespaceMatcher,
    onConnection?: (socket: Socket<L, E, S, D>) => void,
  ): Namespace<L, E, S, D> {
    const namespace = this.#of(name) as Namespace<L, E, S, D>;
    if (onConnection !== undefined) namespace.events.on('connection', onConnection);
    return namespace;
  }

  /**
   * What is common to all namespaces that a rule serves. Unlike the patterns of {@link of}, rules that serve one
   * namespace do so together, first come first where they handle the same event; and a function is asked of every
   * client, not only of the one for whom the namespace is made.
   * @internal
   * @param label stands for it in messages
   */
  share(rule: NameRule | NamespaceMatcher, label: string): Namespace {
    const key = typeof rule === 'function' ? rule : rule.key;
    let parent = this.#shared.get(key);
    if (parent === undefined) this.#shared.set(key, (parent = this.#parent(rule, label, true)));
    return parent;
  }

  /**
   * Where to send for the clients of a namespace, wherever they are. It serves nobody who is not served already.
   * @internal
   * @throws SocketIoError `SERVER_CLOSED` when it is known that nobody can be there, see {@link deserted}
   */
  reach(name: string): Namespace {
    const { adapter } = this.#options;
    if (this.deserted !== null && !this.#attached && adapter === null) {
      throw new SocketIoError('SERVER_CLOSED', this.deserted);
    }
    return this.#namespaces.reach(name, adapter !== null);
  }

  /** Whether a namespace of that name has been made. */
  has(name: string): boolean {
    return this.#namespaces.get(name) !== undefined;
  }

  /** Adds a middleware to the namespace `/`. */
  use(middleware: Middleware<Socket<Listen, Emit, ServerSide, Data>>): this {
    this.sockets.use(middleware);
    return this;
  }

  /** See {@link Namespace.serverSideEmit}; for the namespace `/`. */
  serverSideEmit<K extends EventNames<ServerSide>>(event: K, ...args: EventParams<ServerSide, K>): true {
    return this.sockets.serverSideEmit(event, ...args);
  }

  /**
   * Refuses new clients and disconnects all, in the batches of option `drain`; waits for their connect and disconnect handlers (`shutdownTimeout`
   * at most) and for their connections to close. May be called again; ends together with the first call.
   */
  close(done?: (error?: Error) => void): Promise<void> {
    this.#closing ??= this.#close();
    if (done !== undefined) this.#closing.then(() => done(), done);
    return this.#closing;
  }

  protected get audience(): Audience {
    return this.sockets;
  }

  /** @internal */
  get events(): Events {
    return this.sockets.events;
  }

  #of(name: unknown): Namespace {
    if (typeof name === 'string') return this.#namespaces.open(name.startsWith('/') ? name : `/${name}`);
    if (typeof name !== 'function' && !(name instanceof RegExp)) {
      throw new SocketIoError(
        'INVALID_ARGUMENT',
        `of(${String(name)}): a namespace is a string, a RegExp or a function`,
      );
    }
    return this.#parent(name as RegExp | NamespaceMatcher, String(name), false);
  }

  #parent(matches: RegExp | NameRule | NamespaceMatcher, label: string, shared: boolean): Namespace {
    const children = new Set<Namespace>();
    const parent = new ParentNamespace(label, this, this.#options, children);
    this.#namespaces.addPattern(matches, parent, children, shared);
    return parent;
  }

  #opened(namespace: Namespace): void {
    if (namespace.name !== '/') this.events.notify('new_namespace', [namespace]);
  }

  async #close(): Promise<void> {
    await this.engine.close(this.#options.drain);
    await this.#settled();
    this.#namespaces.close();
    this.#unjoined.clear();
    this.#incomplete.clear();
    const own = this.#own;
    if (own !== null) await new Promise((resolve) => own.close(resolve));
  }

  async #settled(): Promise<void> {
    const { engine, shutdownTimeout } = this.#options;
    const settled = Promise.all([...this.#namespaces.values()].map((namespace) => namespace.settled()));
    await new Promise<void>((resolve) => {
      const deadline = engine.clock.after(shutdownTimeout, () => {
        engine.logger.warn(
          `connect or disconnect handlers did not finish within shutdownTimeout, ${shutdownTimeout} ms`,
        );
        resolve();
      });
      void settled.then(() => {
        deadline.cancel();
        resolve();
      });
    });
  }
}

function isOptions(value: HttpServer | number | ServerOptions | undefined): value is ServerOptions {
  return typeof value === 'object' && !('listen' in value);
}
