/**
 * A Socket.IO server: its namespaces, and the engine that accepts connections. It works without Nest. `close`
 * disconnects the clients. It closes an HTTP server only if it created that server, for a port.
 * Source: Socket.IO, `Server`.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  type AnyHttpServer,
  ClientReason,
  type Connection,
  contain,
  EngineServer,
  inTime,
  type ReasonGiven,
} from '../engine/internal.js';
import { SocketIoError } from '../errors.js';
import type { Audience } from './adapter/adapter.js';
import type { DefaultEventsMap, EventsMap } from './broadcast/event-map.js';
import type { NamespaceListeners } from './broadcast/namespace-emitter.js';
import { Broadcasting } from './broadcast/broadcast-operator.js';
import { ClientBundle } from './client-bundle.js';
import { ClientDeadlines } from './client-deadlines.js';
import { ConfigurableServer } from './configurable-server.js';
import { Channels } from './cluster/channels.js';
import type { Cluster, ServerCluster } from './cluster/cluster.js';
import { ClusterMember } from './cluster/cluster-member.js';
import { explain } from './explain/explain.js';
import type { Explanation } from './explain/explanation.js';
import { LoneServer } from './cluster/lone-server.js';
import { Histories } from './history/histories.js';
import type { HistoryStore } from './history/history-store.js';
import type { Middleware } from './namespace/admission.js';
import type { Namespace, NamespaceEvents } from './namespace/namespace.js';
import { Namespaces, OTHER_NAMESPACES } from './namespace/namespaces.js';
import type { NameRule, NamespaceMatcher } from './namespace/patterns.js';
import { Presences } from './presence/presences.js';
import { RecoveryBudget } from './recovery/recovery-budget.js';
import { type BrokerHealth, BrokerLink } from './broker/broker-link.js';
import { httpTarget, isHttpServer, ServedHttp } from './served-http.js';
import { ServerLifetime } from './server-lifetime.js';
import type { ResolvedServerOptions, ServerOptions } from './server-options.js';
import { Client, type ClientServices } from './socket/client.js';
import { ExpiryQueue } from './socket/expiry-queue.js';
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

/** Created when the server starts to serve. */
interface Serving {
  readonly engine: EngineServer;
  readonly deadlines: ClientDeadlines<Client>;
}

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
  // --- Public attributes ---

  /** The namespace `/`. The methods of the server that concern a namespace act on it. */
  readonly sockets: Namespace<Listen, Emit, ServerSide, Data>;
  /** @internal */
  broker: BrokerLink;
  /** @internal The cluster that the option `broker` has joined this server to. */
  joined: ServerCluster | null;
  /** @internal Between parts of this server and the same parts of the others of the cluster. */
  readonly channels = new Channels(() => this.joined);
  /** @internal */
  readonly presences = new Presences(this);
  /** @internal The reason why no client can connect, if this server is not attached to an HTTP server. */
  unreachableBecause: string | null = null;
  /** @internal */
  readonly telemetry = new Telemetry();
  /**
   * @internal Tells the servers of one application apart in metrics: `/socket.io`, or `3001/socket.io` for a port of its
   * own. `null` if there is only one.
   */
  label: string | null = null;
  #metrics: ServerMetrics | null = null;
  /** @internal */
  readonly streams = new Streams(this.options, this.channels);
  /** @internal The memory for connection state recovery, which all namespaces share. */
  readonly recoveryBudget = new RecoveryBudget(this.options);
  #histories: Histories | null = null;
  /** @internal */
  readonly namespaces = new Namespaces(this, this.options);
  /** @internal The sockets of all namespaces, by user. */
  readonly users = new Users();
  #expiries: ExpiryQueue<Identity> | null = null;
  /** @internal `null` until this server serves. */
  serving: Serving | null = null;
  /** @internal */
  readonly http = new ServedHttp(this.options.engine);
  readonly #lifetime = new ServerLifetime(this);

  /**
   * @param server an HTTP server to serve, a port to listen on, or nothing: see {@link attach}
   * @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION`, `INVALID_ARGUMENT`
   */
  constructor(server?: AnyHttpServer | number | Partial<ServerOptions>, options: Partial<ServerOptions> = {}) {
    const [target, given] = isOptions(server) ? [undefined, server] : [server, options];
    super(given);
    this.broker = new BrokerLink(this.options.engine);
    this.joined = this.#join();
    this.sockets = this.of('/');
    if (target !== undefined) this.attach(target);
  }

  /** The engine, which accepts connections. It is created on first use, with the options set by then. */
  get engine(): EngineServer {
    return (this.serving ??= this.#serve()).engine;
  }

  /** The servers that share the option `broker`. Without it, the list of nodes is empty. */
  get cluster(): Cluster {
    return this.joined ?? new LoneServer(this.broker);
  }

  /** Whether the clients of other servers are reached, and how often that failed. A copy. */
  get brokerHealth(): BrokerHealth {
    return this.broker.health;
  }

  /** The counters, gauges and histograms of this server. `docs/metrics.md` lists them. */
  get metrics(): ServerMetrics {
    return (this.#metrics ??= new ServerMetrics(this));
  }

  /**
   * Whether this server is closing or closed: true from the start of {@link close}, before the first client is
   * disconnected. In a Nest application, true from the first shutdown hook. A readiness check should fail from then on.
   */
  get draining(): boolean {
    return this.#lifetime.isEnding;
  }

  /** The HTTP server attached last. Undefined before `attach`, although the type does not say so, as in Socket.IO. */
  get httpServer(): AnyHttpServer {
    return this.http.latest as AnyHttpServer;
  }

  // --- Public methods ---

  /**
   * Attaches to an HTTP server, or creates one for a port, which answers 404 to all other requests. Can be called for
   * several HTTP servers. After {@link close} has resolved, it opens the server again.
   * @param options added to the options of the constructor, which take precedence
   * @throws SocketIoError `ALREADY_SERVING` for options after the first `attach`; `INVALID_ARGUMENT`; `SERVER_CLOSED`
   *   while the server is closing
   */
  attach(server: AnyHttpServer | number, options: Partial<ServerOptions> = {}): this {
    const target = httpTarget(server);
    if (this.#lifetime.reopen()) {
      this.broker = new BrokerLink(this.options.engine);
      this.joined = this.#join();
      this.namespaces.reopen();
    }
    const before = { ...this.options };
    this.settings.add(options);
    const { adapter, broker, recovery } = this.options;
    if (broker !== before.broker) this.joined = this.#join();
    const isSame = adapter === before.adapter && broker === before.broker;
    if (!isSame || !isDeepStrictEqual(recovery, before.recovery)) this.renewAdapters();
    const http = this.http.add(target);
    this.engine.attach(http);
    if (this.serveClient()) new ClientBundle(this.path()).attach(http);
    this.metrics.open();
    void contain(
      () => this.joined?.open(),
      (error) => this.options.engine.logger.error('the broker cannot be used', error),
    );
    return this;
  }

  /** The same as {@link attach}. */
  listen(server: AnyHttpServer | number, options?: Partial<ServerOptions>): this {
    return this.attach(server, options);
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
    const namespace = this.namespaces.of(name) as Namespace<L, E, S, D>;
    if (onConnection !== undefined) namespace.events.on('connection', onConnection);
    return namespace;
  }

  /** Whether a namespace with that name exists. */
  has(name: string): boolean {
    return this.namespaces.get(name) !== undefined;
  }

  /** Adds a middleware to the namespace `/`. */
  use(middleware: Middleware<Socket<Listen, Emit, ServerSide, Data>>): this {
    this.sockets.use(middleware);
    return this;
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
    return this.disconnectUserHere(String(userId), told);
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
    const namespace = this.namespaces.get(audience.name);
    const { reports, silent } = (await audience.delivery.report?.(who)) ?? {
      reports: namespace === undefined ? [] : [namespace.report(who)],
      silent: [],
    };
    return explain(audience.name, who, target, reports, silent);
  }

  /**
   * Waits for `drain.delay`. Then stops listening on the ports of this server, refuses new clients and disconnects all
   * others, in the batches of option `drain`. Waits for their connect and disconnect handlers, at most `shutdownTimeout`, then closes the
   * adapters, then waits until all connections are closed. Further calls return the same promise.
   * @param done called with no argument, or with the error
   */
  close(done?: (error?: Error) => void): Promise<void> {
    return this.#lifetime.close(done);
  }

  // --- Inside: parts of the server ---

  /** @internal The options in force, which may change until this server serves. */
  get options(): ResolvedServerOptions {
    return this.settings.resolved;
  }

  /** @internal The id of a user, see the option `userId`. */
  userIdOf(user: unknown): string | undefined {
    return this.options.userIdOf(user);
  }

  /** @internal The histories of all namespaces. */
  get histories(): Histories {
    return (this.#histories ??= new Histories(this));
  }

  /** @internal The times at which sockets expire. */
  get expiries(): ExpiryQueue<Identity> {
    return (this.#expiries ??= new ExpiryQueue(this.options.engine.clock, ({ socket }) =>
      this.sockets.contain('the expiry of a client', () => socket.expiring()),
    ));
  }

  // --- Inside: namespaces ---

  /** @internal See {@link Namespaces.share}. */
  share(rule: NameRule | NamespaceMatcher, label: string): Namespace {
    return this.namespaces.share(rule, label);
  }

  /** @internal See {@link Namespaces.forAll}. */
  forAll(): Namespace {
    return this.namespaces.forAll();
  }

  /**
   * Returns a namespace to emit to. If it does not exist, it is created in such a way that clients cannot join it.
   * @internal
   * @throws SocketIoError `SERVER_CLOSED` if no client can be reached, see {@link unreachableBecause}
   */
  reach(name: string): Namespace {
    const inCluster = this.options.adapter !== null || this.joined !== null;
    if (this.unreachableBecause !== null && this.http.latest === undefined && !inCluster) {
      throw new SocketIoError('SERVER_CLOSED', this.unreachableBecause);
    }
    return this.namespaces.reach(name, inCluster);
  }

  /** @internal */
  get events(): NamespaceListeners {
    return this.sockets.events;
  }

  /** @internal The namespaces by name. Admin UIs read it. */
  get _nsps(): ReadonlyMap<string, Namespace> {
    return this.namespaces.byName;
  }

  protected get audience(): Audience {
    return this.sockets;
  }

  protected get hasClients(): boolean {
    return [...this.namespaces.served].some(({ isEmpty }) => !isEmpty);
  }

  protected renewAdapters(): void {
    this.namespaces.renewAdapters();
  }

  // --- Inside: the cluster ---

  /** @internal Whether clients can connect, now or after {@link attach}. */
  get isReachable(): boolean {
    return this.unreachableBecause === null || this.http.latest !== undefined;
  }

  /** @internal The store of histories that the servers of the cluster share. */
  get store(): HistoryStore | null {
    return this.joined?.history ?? null;
  }

  /**
   * Connects to the broker, as {@link attach} does, and waits until messages of other servers arrive, for a few seconds
   * at most: an application must start although its broker is absent.
   * @internal
   * @throws SocketIoError `INVALID_OPTION` if the broker cannot be used at all
   */
  async joinCluster(): Promise<void> {
    this.telemetry.start(this.options.telemetry);
    if (this.joined === null) return;
    const { clock } = this.options.engine;
    await inTime(this.joined.open(), CONNECT_TIME, clock, () => {});
  }

  /** Joins the cluster of the option `broker`, without connecting to it. */
  #join(): ServerCluster | null {
    return this.options.broker?.join(new ClusterMember(this)) ?? null;
  }

  /** @internal The part of {@link disconnectUser} that concerns this server. */
  disconnectUserHere(userId: string, told: ClientReason): number {
    for (const namespace of this.namespaces.served) namespace.forgetUser(userId);
    this.presences.forgetUser(userId);
    const sockets = this.users.of(userId);
    for (const { client } of sockets) client.disconnect(told);
    return sockets.length;
  }

  // --- Inside: start and end ---

  #serve(): Serving {
    this.settings.seal();
    const { options } = this;
    this.telemetry.start(options.telemetry);
    if (options.presence.auto) for (const namespace of this.namespaces.served) this.presences.opened(namespace);
    const deadlines = new ClientDeadlines<Client>(options);
    const { unjoined, incomplete, undecided } = deadlines;
    const services: ClientServices = {
      options,
      unjoined,
      incomplete,
      undecided,
      namespace: (name, auth) => this.namespaces.resolve(name, auth),
      refused: (reason) => this.telemetry.instruments?.refused(OTHER_NAMESPACES, reason, null),
    };
    const clientOf = (connection: Connection): Client => new Client(connection, services);
    return { deadlines, engine: new EngineServer(options.engine, clientOf, () => unjoined.size) };
  }

  /**
   * The first step of {@link close}: counts as draining from now on, and still accepts clients.
   * @internal
   * @returns resolves after `drain.delay`
   */
  announceClose(): Promise<void> {
    return this.#lifetime.announceClose();
  }

  /** @internal Releases memory and stops timers. Called when this server closes, once no connection is left. */
  release(): void {
    this.recoveryBudget.close();
    this.#histories?.close();
    this.broker.close();
    this.serving?.deadlines.clear();
    this.#expiries?.clear();
    this.#metrics?.close();
  }
}

function isOptions(
  value: AnyHttpServer | number | Partial<ServerOptions> | undefined,
): value is Partial<ServerOptions> {
  return typeof value === 'object' && !isHttpServer(value);
}
