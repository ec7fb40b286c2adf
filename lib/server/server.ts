/**
 * A Socket.IO server: its namespaces, and the engine that accepts connections. It works without Nest. `close`
 * disconnects the clients. It closes an HTTP server only if it created that server, for a port.
 * Source: Socket.IO, `Server`.
 */
import type { Server as HttpServer } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import {
  type AnyHttpServer,
  ClientReason,
  type Connection,
  contain,
  createHttpServer,
  DeadlineQueue,
  EngineServer,
  inTime,
  type ReasonGiven,
  type ResolvedLimits,
} from '../engine/internal.js';
import { SocketIoError } from '../errors.js';
import type { Audience } from './adapter/adapter.js';
import type { DefaultEventsMap, EventsMap } from './broadcast/event-map.js';
import type { NamespaceListeners } from './broadcast/namespace-emitter.js';
import { Broadcasting } from './broadcast/broadcast-operator.js';
import { ClientBundle } from './client-bundle.js';
import type { CodecName } from './codec-option.js';
import { ConfigurableServer } from './configurable-server.js';
import { Channels } from './cluster/channels.js';
import type { Cluster, ServerCluster } from './cluster/cluster.js';
import { explain } from './explain/explain.js';
import type { Explanation } from './explain/explanation.js';
import { LoneServer } from './cluster/lone-server.js';
import { Histories } from './history/histories.js';
import type { Middleware } from './namespace/admission.js';
import { Namespace, type NamespaceEvents } from './namespace/namespace.js';
import { namespacePath } from './namespace/namespace-path.js';
import {
  type NameRule,
  type NamespaceMatcher,
  Namespaces,
  OTHER_NAMESPACES,
  type Undecided,
} from './namespace/namespaces.js';
import { ParentNamespace } from './namespace/parent-namespace.js';
import { Presences, type PresencesHost } from './presence/presences.js';
import { RecoveryBudget } from './recovery/recovery-budget.js';
import { type BrokerHealth, BrokerLink } from './broker/broker-link.js';
import type { ServerOptions } from './server-options.js';
import { Client, type ClientServices } from './socket/client.js';
import { ExpiryQueue } from './socket/expiry-queue.js';
import type { MetricSource } from './telemetry/metrics/metric-source.js';
import { ServerMetrics } from './telemetry/metrics/server-metrics.js';
import { Telemetry } from './telemetry/telemetry.js';
import type { Identity } from './socket/identity.js';
import { OWN_REASONS } from './socket/own-reasons.js';
import type { Socket } from './socket/socket.js';
import { Streams } from './streams/streams.js';
import { Users } from './socket/users.js';

/** The events of a server. */
export interface ServerEvents<S, N> extends NamespaceEvents<S> {
  /** A namespace has been created, by name or because a client asked for it. */
  new_namespace: (namespace: N) => void;
}

/** The engine and the deadlines of its clients, created when the server starts to serve. */
interface Serving {
  readonly engine: EngineServer;
  /** Clients that must join a namespace soon. */
  readonly unjoined: DeadlineQueue<Client>;
  /** Clients that must send attachments soon. */
  readonly incomplete: DeadlineQueue<Client>;
  /** Sockets and functions given to {@link Server.of} that must decide soon. */
  readonly undecided: DeadlineQueue<Undecided>;
  /** Sockets whose disconnect handlers must finish soon. */
  readonly leaving: DeadlineQueue<() => void>;
}

/** ms for which a closing server waits for its adapters: a broker that is away must not keep it open. */
const ADAPTER_CLOSE_TIME = 2_000;

/** ms for which the start of an application waits for its broker. */
const CONNECT_TIME = 2_000;

/** @publicApi */
export class Server<
  Listen extends EventsMap = DefaultEventsMap,
  Emit extends EventsMap = Listen,
  ServerSide extends EventsMap = DefaultEventsMap,
  // oxlint-disable-next-line typescript/no-explicit-any -- see Socket
  Data = any,
> extends ConfigurableServer<
  ServerSide,
  ServerEvents<Socket<Listen, Emit, ServerSide, Data>, Namespace<Listen, Emit, ServerSide, Data>>,
  Emit,
  Data
> {
  /** The namespace `/`. The methods of the server that concern a namespace act on it. */
  readonly sockets: Namespace<Listen, Emit, ServerSide, Data>;
  /** @internal */
  broker: BrokerLink;
  /** @internal The cluster that the option `broker` has joined this server to. */
  joined: ServerCluster | null;
  /** @internal Between parts of this server and the same parts of the others of the cluster. */
  readonly channels = new Channels(() => this.joined);
  /** @internal */
  readonly presences = new Presences(this.#presencesHost());
  /** @internal The reason why no client can connect, if this server is not attached to an HTTP server. */
  unreachableBecause: string | null = null;
  /** @internal The namespace whose handlers apply to all namespaces, see {@link forAll}. */
  wildcard: Namespace | undefined = undefined;
  /** @internal */
  readonly telemetry = new Telemetry();
  /**
   * @internal Tells the servers of one application apart in metrics: `/socket.io`, or `3001/socket.io` for a port of its
   * own. `null` if there is only one.
   */
  label: string | null = null;
  #metrics: ServerMetrics | null = null;
  /** @internal */
  readonly streams = new Streams(this.settings.resolved, this.channels);
  /** @internal The memory for connection state recovery, which all namespaces share. */
  readonly recoveryBudget = new RecoveryBudget(this.settings.resolved);
  #histories: Histories | null = null;
  /** The parents that {@link share} has created, by rule. */
  readonly #shared = new Map<string | NamespaceMatcher, Namespace>();
  readonly #namespaces: Namespaces;
  /** @internal The sockets of all namespaces, by user. */
  readonly users = new Users();
  #expiries: ExpiryQueue<Identity> | null = null;
  #serving: Serving | null = null;
  #http: AnyHttpServer | undefined;
  /** HTTP servers that this server created for a port. */
  readonly #own: HttpServer[] = [];
  /** Resolves after `drain.delay`. Set by {@link announceClose}. */
  #announced: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  #isClosed = false;

  /**
   * @param server an HTTP server to serve, a port to listen on, or nothing: see {@link attach}
   * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION`, `INVALID_ARGUMENT`
   */
  constructor(server?: AnyHttpServer | number | Partial<ServerOptions>, options: Partial<ServerOptions> = {}) {
    const [target, given] = isOptions(server) ? [undefined, server] : [server, options];
    super(given);
    const { resolved } = this.settings;
    this.broker = new BrokerLink(resolved.engine);
    this.joined = this.#join();
    this.#namespaces = new Namespaces(
      (name, delivery) => new Namespace(name, this, resolved, delivery),
      (namespace) => this.#opened(namespace),
      resolved,
      {
        add: (undecided) => this.#serving?.undecided.add(undecided),
        delete: (undecided) => this.#serving?.undecided.delete(undecided),
      },
    );
    this.sockets = this.of('/');
    if (target !== undefined) this.attach(target);
  }

  /** The engine, which accepts connections. It is created on first use, with the options set by then. */
  get engine(): EngineServer {
    return (this.#serving ??= this.#serve()).engine;
  }

  /**
   * Attaches to an HTTP server, or creates one for a port, which answers 404 to all other requests. Can be called for
   * several HTTP servers. After {@link close} has resolved, it opens the server again.
   * @param options added to the options of the constructor, which take precedence
   * @throws SocketIoError `ALREADY_SERVING` for options after the first `attach`; `INVALID_ARGUMENT`; `SERVER_CLOSED`
   *   while the server is closing
   */
  attach(server: AnyHttpServer | number, options: Partial<ServerOptions> = {}): this {
    const port = portOf(server);
    if (this.#closing !== null) this.#reopen();
    const { resolved } = this.settings;
    const { adapter, broker, recovery } = resolved;
    this.settings.add(options);
    if (resolved.broker !== broker) this.joined = this.#join();
    if (resolved.adapter !== adapter || resolved.broker !== broker || !isDeepStrictEqual(resolved.recovery, recovery))
      this.renewAdapters();
    this.#http = port === null ? (server as AnyHttpServer) : this.#listen(port);
    this.engine.attach(this.#http);
    if (this.serveClient()) new ClientBundle(this.path()).attach(this.#http);
    this.metrics.open();
    void contain(
      () => this.joined?.open(),
      (error) => resolved.engine.logger.error('the broker cannot be used', error),
    );
    return this;
  }

  /** The same as {@link attach}. */
  listen(server: AnyHttpServer | number, options?: Partial<ServerOptions>): this {
    return this.attach(server, options);
  }

  /** The servers that share the option `broker`. Without it, the list of nodes is empty. */
  get cluster(): Cluster {
    return this.joined ?? new LoneServer(this.broker);
  }

  /**
   * Connects to the broker, as {@link attach} does, and waits until messages of other servers arrive, for a few seconds
   * at most: an application must start although its broker is absent.
   * @internal
   * @throws SocketIoError `INVALID_OPTION` if the broker cannot be used at all
   */
  async joinCluster(): Promise<void> {
    this.telemetry.start(this.settings.resolved.telemetry);
    if (this.joined === null) return;
    const { clock } = this.settings.resolved.engine;
    await inTime(this.joined.open(), CONNECT_TIME, clock, () => {});
  }

  /** Whether the clients of other servers are reached, and how often that failed. A copy. */
  get brokerHealth(): BrokerHealth {
    return this.broker.health;
  }

  /** The counters, gauges and histograms of this server. `docs/metrics.md` lists them. */
  get metrics(): ServerMetrics {
    return (this.#metrics ??= new ServerMetrics(this.#metricSource()));
  }

  /**
   * Whether this server is closing or closed: true from the start of {@link close}, before the first client is
   * disconnected. In a Nest application, true from the first shutdown hook. A readiness check should fail from then on.
   */
  get draining(): boolean {
    return this.#announced !== null;
  }

  /** @internal The option `limits` with its defaults. */
  get limits(): ResolvedLimits {
    return this.settings.resolved.engine.limits;
  }

  /** @internal The codec that clients need, too. */
  get codecName(): CodecName {
    return this.settings.resolved.codecName;
  }

  /** @internal The id of a user, see the option `userId`. */
  userIdOf(user: unknown): string | undefined {
    return this.settings.resolved.userIdOf(user);
  }

  /** The HTTP server attached last. Undefined before `attach`, although the type does not say so, as in Socket.IO. */
  get httpServer(): AnyHttpServer {
    return this.#http as AnyHttpServer;
  }

  /**
   * Returns the namespace with a name, creating it on first use; the leading slash is optional. For a RegExp or a
   * function, returns the parent of all namespaces that it matches: each is created when the first client asks for it.
   * @param onConnection added as a listener of `connection`
   * @throws SocketIoError `INVALID_ARGUMENT` for anything else
   */
  of<L extends EventsMap = Listen, E extends EventsMap = Emit, S extends EventsMap = ServerSide, D = Data>(
    name: string | RegExp | NamespaceMatcher,
    onConnection?: (socket: Socket<L, E, S, D>) => void,
  ): Namespace<L, E, S, D> {
    const namespace = this.#of(name) as Namespace<L, E, S, D>;
    if (onConnection !== undefined) namespace.events.on('connection', onConnection);
    return namespace;
  }

  /**
   * Returns the parent of all namespaces that a rule serves. Unlike the patterns of {@link of}, several rules can serve
   * one namespace together: if they handle the same event, the first rule wins. A function decides on every client,
   * whereas a function given to `of` decides only on the client for which the namespace is created.
   * @internal
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
   * @internal
   */
  forAll(): Namespace {
    this.wildcard ??= new ParentNamespace('*', this, this.settings.resolved, this.#namespaces.served, (name) =>
      this.#of(name),
    );
    return this.wildcard;
  }

  /**
   * Returns a namespace to emit to. If it does not exist, it is created in such a way that clients cannot join it.
   * @internal
   * @throws SocketIoError `SERVER_CLOSED` if no client can be reached, see {@link unreachableBecause}
   */
  reach(name: string): Namespace {
    const { adapter } = this.settings.resolved;
    const inCluster = adapter !== null || this.joined !== null;
    if (this.unreachableBecause !== null && this.#http === undefined && !inCluster) {
      throw new SocketIoError('SERVER_CLOSED', this.unreachableBecause);
    }
    return this.#namespaces.reach(name, inCluster);
  }

  /** @internal Creates an HTTP server for this server, with the limits on requests. It answers 404 to all others. */
  createHttpServer(): HttpServer {
    return createHttpServer(this.settings.resolved.engine);
  }

  /**
   * Ends all connections of a user, in all namespaces, and drops the sessions that connection state recovery keeps for
   * it: after a logout, or when its access is revoked. With the option `broker`, on all servers of the cluster; with a
   * published adapter, on this server only.
   * @param userId see `socket.userId`
   * @param reason as for `socket.disconnect`
   * @returns the number of sockets of the user that were disconnected on this server
   */
  disconnectUser(userId: string | number, reason: ReasonGiven = OWN_REASONS.user_disconnected): number {
    const told = ClientReason.of(reason);
    this.joined?.disconnectUser(String(userId), told);
    return this.#disconnectUserHere(userId, told);
  }

  #disconnectUserHere(userId: string | number, told: ClientReason): number {
    for (const namespace of this.#namespaces.values()) namespace.forgetUser(String(userId));
    this.presences.forgetUser(String(userId));
    const sockets = this.users.of(String(userId));
    for (const { client } of sockets) client.disconnect(told);
    return sockets.length;
  }

  /** @internal The histories of all namespaces. */
  get histories(): Histories {
    return (this.#histories ??= this.#openHistories());
  }

  /** @internal The times at which sockets expire. */
  get expiries(): ExpiryQueue<Identity> {
    return (this.#expiries ??= new ExpiryQueue(this.settings.resolved.engine.clock, ({ socket }) =>
      this.sockets.contain('the expiry of a client', () => socket.expiring()),
    ));
  }

  /**
   * Explains why a client gets the events of a chain or does not: whether it is connected, where and since when, in
   * which of the rooms it is, and, with the option `telemetry.journal`, what became of the latest emits. All servers of
   * the cluster are asked; with a published adapter, only this one.
   * @param selection a chain, as it is used to emit: `server.of('/chat').to('room')`
   * @param who the id of a client or of a user
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- a chain with any events
  async explain(selection: Broadcasting<any, any>, who: string): Promise<Explanation> {
    const { audience, target } = Broadcasting.selectionOf(selection);
    const namespace = this.#namespaces.get(audience.name);
    const { reports, silent } = (await audience.delivery.report?.(who)) ?? {
      reports: namespace === undefined ? [] : [namespace.report(who)],
      silent: [],
    };
    return explain(audience.name, who, target, reports, silent);
  }

  /** Whether a namespace with that name exists. */
  has(name: string): boolean {
    return this.#namespaces.get(name) !== undefined;
  }

  /** Adds a middleware to the namespace `/`. */
  use(middleware: Middleware<Socket<Listen, Emit, ServerSide, Data>>): this {
    this.sockets.use(middleware);
    return this;
  }

  /**
   * The first step of {@link close}: counts as draining from now on, and still accepts clients.
   * @internal
   * @returns resolves after `drain.delay`
   */
  announceClose(): Promise<void> {
    const { drain, engine } = this.settings.resolved;
    const delay = this.#serving === null ? 0 : drain.delay;
    this.#announced ??=
      delay === 0 ? Promise.resolve() : new Promise((resolve) => void engine.clock.after(delay, resolve));
    return this.#announced;
  }

  /**
   * Waits for `drain.delay`. Then stops listening on the ports of this server, refuses new clients and disconnects all
   * others, in the batches of option `drain`. Waits for their connect and disconnect handlers, at most `shutdownTimeout`, then closes the
   * adapters, then waits until all connections are closed. Further calls return the same promise.
   * @param done called with no argument, or with the error
   */
  close(done?: (error?: Error) => void): Promise<void> {
    this.#closing ??= this.#close();
    if (done !== undefined) {
      const call = (error?: Error): void => {
        const { logger } = this.settings.resolved.engine;
        void contain(
          () => (error === undefined ? done() : done(error)),
          (failure) => logger.error('the callback of close() failed', failure),
        );
      };
      this.#closing.then(() => call(), call);
    }
    return this.#closing;
  }

  protected get audience(): Audience {
    return this.sockets;
  }

  /** @internal */
  get leaving(): DeadlineQueue<() => void> | undefined {
    return this.#serving?.leaving;
  }

  /** @internal */
  get events(): NamespaceListeners {
    return this.sockets.events;
  }

  /** @internal The namespaces by name. Admin UIs read it. */
  get _nsps(): ReadonlyMap<string, Namespace> {
    return this.#namespaces.byName;
  }

  protected get hasClients(): boolean {
    return [...this.#namespaces.values()].some(({ isEmpty }) => !isEmpty);
  }

  protected renewAdapters(): void {
    this.#namespaces.renewAdapters();
  }

  /** Joins the cluster of the option `broker`, without connecting to it. */
  #join(): ServerCluster | null {
    const { resolved } = this.settings;
    if (resolved.broker === null) return null;
    const isUnreachable = (): boolean => this.unreachableBecause !== null && this.#http === undefined;
    const { channels, telemetry } = this;
    return resolved.broker.join({
      channels,
      get clock() {
        return resolved.engine.clock;
      },
      get log() {
        return resolved.engine.logger;
      },
      get limits() {
        return resolved.engine.limits;
      },
      get codec() {
        return resolved.codec;
      },
      get codecName() {
        return resolved.codecName;
      },
      get recovery() {
        return resolved.recovery;
      },
      get history() {
        return resolved.history;
      },
      get serves() {
        return !isUnreachable();
      },
      get instruments() {
        return telemetry.instruments;
      },
      link: this.broker,
      adapterOf: (name) => this.#namespaces.get(name)?.delivery,
      disconnectUser: (userId, told) => void this.#disconnectUserHere(userId, told),
    });
  }

  #listen(port: number): HttpServer {
    const own = this.createHttpServer().listen(port);
    this.#own.push(own);
    return own;
  }

  #serve(): Serving {
    this.settings.seal();
    const options = this.settings.resolved;
    this.telemetry.start(options.telemetry);
    if (options.presence.auto) for (const namespace of this.#namespaces.served) this.presences.opened(namespace);
    const { connectTimeout, attachmentTimeout, engine } = options;
    const queue = (delay: number, what: string): DeadlineQueue<Client> =>
      new DeadlineQueue(delay, (client) => client.expire(what), engine.clock);
    const services: ClientServices & Pick<Serving, 'unjoined' | 'incomplete' | 'undecided' | 'leaving'> = {
      options,
      namespace: (name, auth) => this.#namespaces.resolve(name, auth),
      refused: (reason) => this.telemetry.instruments?.refused(OTHER_NAMESPACES, reason, null),
      unjoined: queue(connectTimeout, 'no namespace joined'),
      incomplete: queue(attachmentTimeout, 'attachments did not arrive'),
      undecided: new DeadlineQueue<Undecided>(connectTimeout, (undecided) => undecided.overdue(), engine.clock),
      leaving: new DeadlineQueue<() => void>(engine.limits.disconnectHandlerTime, (giveUp) => giveUp(), engine.clock),
    };
    const clientOf = (connection: Connection): Client => new Client(connection, services);
    return { ...services, engine: new EngineServer(engine, clientOf, () => services.unjoined.size) };
  }

  #openHistories(): Histories {
    const joined = (): ServerCluster | null => this.joined;
    return new Histories({
      options: this.settings.resolved,
      channels: this.channels,
      get store() {
        return joined()?.history ?? null;
      },
    });
  }

  #metricSource(): MetricSource {
    // oxlint-disable-next-line typescript/no-this-alias -- the getters below have a `this` of their own
    const server = this;
    return {
      get label() {
        return server.label;
      },
      get option() {
        return server.settings.resolved.telemetry.metrics;
      },
      get engine() {
        return server.#serving?.engine ?? null;
      },
      get namespaces() {
        return [...server.#namespaces.values()].filter(({ isUnwatched }) => !isUnwatched);
      },
      get limitCounts() {
        return server.settings.resolved.engine.limitReport.counts;
      },
      get failures() {
        return server.settings.resolved.engine.logger.failures;
      },
      get draining() {
        return server.draining;
      },
      get link() {
        return server.broker;
      },
      get broker() {
        return server.joined !== null || server.settings.resolved.adapter !== null ? server.cluster : null;
      },
      get keptSessions() {
        if (server.settings.resolved.recovery === null) return null;
        return server.recoveryBudget.sessions.size + (server.joined?.keptSessions ?? 0);
      },
      watch: (instrument) => server.telemetry.watch(instrument),
    };
  }

  #of(name: unknown): Namespace {
    if (typeof name === 'string') return this.#namespaces.open(namespacePath(name));
    if (typeof name !== 'function' && !(name instanceof RegExp)) {
      throw new SocketIoError(
        'INVALID_ARGUMENT',
        `of() needs the name of a namespace, a RegExp or a function, got ${String(name)}`,
      );
    }
    return this.#parent(name as RegExp | NamespaceMatcher, String(name), false);
  }

  #parent(matches: RegExp | NameRule | NamespaceMatcher, label: string, shared: boolean): Namespace {
    const children = new Set<Namespace>();
    const parent: ParentNamespace = new ParentNamespace(label, this, this.settings.resolved, children, (child) =>
      this.#namespaces.openChild(child, parent),
    );
    this.#namespaces.addPattern(matches, parent, children, shared);
    return parent;
  }

  #presencesHost(): PresencesHost {
    const { settings, channels } = this;
    return {
      channels,
      get clock() {
        return settings.resolved.engine.clock;
      },
      get log() {
        return settings.resolved.engine.logger;
      },
      get options() {
        return settings.resolved;
      },
      encode: (packet) => settings.resolved.codec.encode(packet),
      defer: (task) => void setImmediate(task),
      namespace: (name) => this.#namespaces.get(name),
    };
  }

  #opened(namespace: Namespace): void {
    this.presences.opened(namespace);
    if (namespace.name !== '/') this.events.notify('new_namespace', [namespace]);
  }

  /** The ports come first: when a client notices its end, another server can listen on them. */
  async #close(): Promise<void> {
    const { drain } = this.settings.resolved;
    const announced = this.announceClose();
    if (drain.delay > 0) await announced; // without a delay, the first batch is ended before close() returns
    const freed = this.#own.splice(0).map((own) => new Promise((resolve) => own.close(resolve)));
    this.streams.close();
    await this.engine.end(drain);
    this.streams.close(); // closes streams that handlers have opened meanwhile
    for (const { absences } of this.#namespaces.values()) absences?.close();
    await this.#settled();
    // Before the closing handshakes, which take a while: the application may end the client of its broker meanwhile.
    await this.#adaptersClosed();
    await this.engine.close(drain);
    this.recoveryBudget.close();
    this.#histories?.close();
    this.broker.close();
    this.#serving?.unjoined.clear();
    this.#serving?.incomplete.clear();
    this.#serving?.undecided.clear();
    this.#expiries?.clear();
    this.#serving?.leaving.clear();
    await Promise.all(freed);
    this.#metrics?.close();
    this.#isClosed = true;
  }

  #reopen(): void {
    if (!this.#isClosed) {
      throw new SocketIoError(
        'SERVER_CLOSED',
        'attach() and listen() must wait until the server is closed: await close()',
      );
    }
    this.#isClosed = false;
    this.#closing = null;
    this.#announced = null;
    this.broker = new BrokerLink(this.settings.resolved.engine);
    this.joined = this.#join();
    this.#namespaces.reopen();
  }

  async #adaptersClosed(): Promise<void> {
    const { clock, logger } = this.settings.resolved.engine;
    this.presences.close();
    const closed = this.#namespaces.close().then(() => this.joined?.close());
    await inTime(closed, ADAPTER_CLOSE_TIME, clock, () => {
      logger.warn(`the adapters did not close within ${ADAPTER_CLOSE_TIME} ms`);
    });
  }

  async #settled(): Promise<void> {
    const { engine, shutdownTimeout } = this.settings.resolved;
    const settled = Promise.all([...this.#namespaces.values()].map((namespace) => namespace.settled()));
    await inTime(settled, shutdownTimeout, engine.clock, () => {
      engine.logger.warn(`connect or disconnect handlers did not finish within shutdownTimeout, ${shutdownTimeout} ms`);
    });
  }
}

function isOptions(
  value: AnyHttpServer | number | Partial<ServerOptions> | undefined,
): value is Partial<ServerOptions> {
  return typeof value === 'object' && !('listen' in value);
}

/** @returns the port, which may be a string, as in environment variables; `null` for an HTTP server */
function portOf(target: unknown): number | null {
  if (typeof target === 'object' && target !== null && 'listen' in target) return null;
  const port = typeof target === 'number' || (typeof target === 'string' && target !== '') ? Number(target) : -1;
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new SocketIoError('INVALID_ARGUMENT', `attach() needs an HTTP server or a port number, got ${String(target)}`);
}
