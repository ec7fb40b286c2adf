/**
 * One namespace: its members, its admission, and one table of event handlers. Application code is called through
 * `contain`: an exception is logged with the name of its source and affects nothing else.
 * Source: Socket.IO, `Namespace`.
 */
import {
  ClientReason,
  type Clock,
  contain,
  type Loggable,
  type LogFields,
  type ObservedLog,
  type ReasonGiven,
} from '../../engine/internal.js';
import { label, quote } from '../../errors.js';
import type { Encoded, EventPacket } from '../../protocol/internal.js';
import type { Adapter, Audience, NamespaceAdapter } from '../adapter/adapter.js';
import { type SocketObserver, SocketObservers } from '../adapter/socket-observer.js';
import { type DefaultEventsMap, type EventsMap, RESERVED_BETWEEN_SERVERS } from '../broadcast/event-map.js';
import type { Serializer } from '../broadcast/serializer.js';
import type { BrokerLink } from '../broker/broker-link.js';
import { createReport } from '../explain/create-report.js';
import type { ServerReport } from '../explain/server-report.js';
import { NamespaceEmitter, NamespaceListeners } from '../broadcast/namespace-emitter.js';
import type { NamespacePresence } from '../presence/namespace-presence.js';
import type { Server } from '../server.js';
import type { Instruments } from '../telemetry/instruments.js';
import { watched } from '../telemetry/watched.js';
import type { HistoryByNamespace } from '../history/history-options.js';
import type { ResolvedServerOptions } from '../server-options.js';
import { OWN_REASONS } from '../socket/own-reasons.js';
import type { Socket } from '../socket/socket.js';
import type { DisconnectReason } from '../socket/socket-state.js';
import { ABSENCE_WEIGHT, type Absences } from './absences.js';
import { Admission, type ConnectHandler, type Middleware } from './admission.js';
import { DormantAdapter } from '../hosted/dormant-adapter.js';
import { createAdapter } from './create-adapter.js';
import { ABSENCE_NOTICE, Departures, type Leaving } from './departures.js';
import { EventHandlers } from './event-handlers.js';
import { NamespaceHistory } from '../history/namespace-history.js';
import { Members } from './members.js';
import { OpenClients } from './open-clients.js';

/**
 * Runs once per accepted socket. Its rooms and data are kept until the handler has finished.
 * @publicApi
 */
export type DisconnectHandler<S = Socket> = (
  socket: S,
  reason: DisconnectReason,
  description: unknown,
) => void | Promise<void>;

/**
 * Runs after a client has been accepted that resumes its session.
 * @publicApi
 */
export type ReturnHandler<S = Socket> = (socket: S) => void | Promise<void>;

/**
 * Handles one event and acknowledges it if the packet has an id.
 * @param size bytes or characters of the event on the wire, for a handler that queues it; 0 if it has been queued
 *   already
 * @publicApi
 */
export type EventHandler<S = Socket> = (socket: S, packet: EventPacket, size?: number) => void | Promise<void>;

export interface NamespaceEvents<S> {
  connection: (socket: S) => void;
  connect: (socket: S) => void;
}

/** @publicApi */
export class Namespace<
  Listen extends EventsMap = DefaultEventsMap,
  Emit extends EventsMap = Listen,
  ServerSide extends EventsMap = DefaultEventsMap,
  // oxlint-disable-next-line typescript/no-explicit-any -- see Socket
  Data = any,
> extends NamespaceEmitter<ServerSide, NamespaceEvents<Socket<Listen, Emit, ServerSide, Data>>, Emit, Data> {
  // --- Public attributes ---

  readonly name: string;
  /** @internal The name in metrics: that of the pattern, if clients choose the name of this namespace. */
  label: string;
  readonly server: Server;
  /** @internal The sockets that broadcasts reach, by id. */
  readonly members = new Members<Socket>();
  /** The connected sockets, by id. */
  readonly sockets = this.members.connected as unknown as Map<string, Socket<Listen, Emit, ServerSide, Data>>;
  /** @internal */
  readonly admission: Admission;
  /** @internal */
  readonly departures: Departures<Socket>;
  /** @internal */
  readonly eventHandlers: EventHandlers<Socket>;
  /** @internal */
  delivery: Adapter;
  /** @internal */
  readonly events = new NamespaceListeners(
    (what, error) => this.failed(what, error),
    (event, running) => this.runs('a listener', event, running),
  );
  readonly #options: ResolvedServerOptions;
  readonly #clients = new OpenClients(() => this.checkEmpty());
  #ackIds = 0;
  #history: NamespaceHistory | null | undefined;
  /** @internal `null` unless a part of the server follows the clients. */
  observers: SocketObservers | null = null;
  /** @internal Called when the last client has left and no session is kept. */
  onEmpty: (() => void) | null = null;
  /** @internal Whether an acknowledgement of an event without a handler is answered, see `Socket`. */
  answersUnknownEvents = false;
  /** @internal Whether the instruments are left out: this namespace shows what they have recorded. */
  isUnwatched = false;
  /** @internal Called before a dormant namespace gets its adapter. May return another namespace to use instead. */
  onWake: (() => Namespace | null) | null = null;

  /** @internal Namespaces are created by {@link Server.of}. */
  constructor(name: string, server: Server, options: ResolvedServerOptions, delivery?: Adapter | 'dormant') {
    super();
    this.name = name;
    this.label = name;
    this.server = server;
    this.#options = options;
    this.eventHandlers = new EventHandlers(this, options.engine);
    this.departures = new Departures(this, this.#clients, options);
    this.admission = new Admission(this, this.#clients, options);
    this.delivery = delivery === 'dormant' ? this.#dormant() : (delivery ?? this.#createAdapter());
  }

  /**
   * Shows which socket is in which room. Returns the adapter that the option `adapter` created. Without that option,
   * returns a view of the rooms of this process, with the members and events of Socket.IO's in-memory adapter.
   */
  get adapter(): NamespaceAdapter {
    return this.delivery.view(this);
  }

  /**
   * The users in the rooms of this namespace. The first read turns presence on: the server follows the clients from then on.
   * @throws SocketIoError `INVALID_ARGUMENT` for a pattern; `INVALID_OPTION` if an option excludes presence
   */
  get presence(): NamespacePresence {
    return this.server.presences.of(this.name, this);
  }

  /** The history of the rooms of this namespace; `null` unless the option `history` names it. */
  get history(): NamespaceHistory | null {
    const { history } = this.#options;
    if (history === null) return null;
    return this.#history === undefined ? this.#openHistory(history) : this.#history;
  }

  /** The number of events without a handler so far. */
  get unhandledEvents(): number {
    return this.eventHandlers.table.unhandled;
  }

  // --- Public methods ---

  /** Adds a middleware. Middlewares run for each CONNECT, in the order in which they were added. */
  use(middleware: Middleware<Socket<Listen, Emit, ServerSide, Data>>): this {
    this.admission.middlewares.push(middleware as Middleware);
    return this;
  }

  /**
   * Adds a handler that runs after the middlewares, before a client is accepted.
   * @param always see {@link HandlerList}
   */
  onConnect(handler: ConnectHandler<Socket<Listen, Emit, ServerSide, Data>>, always = false): this {
    this.admission.handlers.add(handler as ConnectHandler, always);
    return this;
  }

  /**
   * Adds a handler that runs when a client has left.
   * @param always see {@link HandlerList}
   */
  onDisconnect(handler: DisconnectHandler<Socket<Listen, Emit, ServerSide, Data>>, always = false): this {
    this.departures.onDisconnect(handler as DisconnectHandler, always);
    return this;
  }

  /**
   * Adds a handler that runs when it is over with a client: as {@link onDisconnect} if the client cannot return,
   * otherwise when its session has expired, is evicted, or is forgotten. Does not run if the client returns. When this
   * server closes, sessions in a broker outlive it, so the handler does not run for their clients.
   * @param always see {@link HandlerList}
   */
  onEnd(handler: DisconnectHandler<Socket<Listen, Emit, ServerSide, Data>>, always = false): this {
    this.departures.onEnd(handler as DisconnectHandler, always);
    return this;
  }

  /**
   * Adds a handler that runs when the connection of a client is lost and connection state recovery has kept its session.
   * The client has left: what is sent to it is kept for its return.
   */
  onDrop(handler: DisconnectHandler<Socket<Listen, Emit, ServerSide, Data>>): this {
    this.departures.onDrop(handler as DisconnectHandler);
    return this;
  }

  /**
   * Adds a handler that runs when a client that resumes its session has been accepted, after the connect handlers. The
   * client may have been on another server before.
   */
  onReturn(handler: ReturnHandler<Socket<Listen, Emit, ServerSide, Data>>): this {
    this.departures.onReturn(handler as ReturnHandler);
    return this;
  }

  /** Sets the handler of an event for all sockets; `'*'` handles the events that have no handler. */
  onEvent(event: string, handler: EventHandler<Socket<Listen, Emit, ServerSide, Data>>): this {
    return this.bindEvent(event, watched(handler as EventHandler, event, null));
  }

  /** @internal Like {@link onEvent}, for a handler that is watched already. */
  bindEvent(event: string, handler: EventHandler): this {
    this.eventHandlers.table.set(event, handler);
    return this;
  }

  /** @internal Handles the events with which clients acknowledge, cancel and resume streams, unless it does already. */
  serveStreams(): this {
    const { table } = this.eventHandlers;
    for (const [event, handler] of Object.entries(this.server.streams.handlers)) {
      if (!table.names(event)) table.set(event, handler);
    }
    return this;
  }

  /**
   * Disconnects the sockets of a user from this namespace of this server, and drops the sessions that connection state
   * recovery keeps for it here. The connections stay open: after a logout, use {@link Server.disconnectUser}.
   * @param userId see `socket.userId`
   * @param reason as for `socket.disconnect`
   * @returns the number of sockets that were disconnected
   */
  disconnectUser(userId: string | number, reason: ReasonGiven = OWN_REASONS.user_disconnected): number {
    const told = ClientReason.of(reason);
    this.forgetUser(String(userId));
    this.server.presences.forgetUser(String(userId), this.name);
    const sockets = this.server.users.of(String(userId)).filter(({ nsp }) => nsp === this);
    for (const socket of sockets) socket.drop(false, told);
    return sockets.length;
  }

  // --- Inside: members ---

  /** @internal Follows the clients of this namespace, from before its first one. */
  observe(observer: SocketObserver): void {
    (this.observers ??= new SocketObservers()).add(observer);
    this.departures.follow();
  }

  /** @internal The clients that may return; `null` unless observers or handlers follow them. */
  get absences(): Absences<Socket> | null {
    return this.departures.absences;
  }

  /** @internal Whether clients that lose their connection may return. */
  get recovers(): boolean {
    return this.#options.recovery !== null;
  }

  /** @internal Drops the sessions of a user that are kept here. */
  forgetUser(userId: string): void {
    this.delivery.recovery?.forgetUser(userId);
    this.absences?.forgetUser(userId);
  }

  /** @internal Adds a socket: from now on broadcasts reach it. */
  add(socket: Socket): void {
    this.members.add(socket);
    this.delivery.add(socket);
  }

  /** @internal Removes a socket that was refused from the members and from its rooms. */
  remove(socket: Socket): void {
    this.members.delete(socket);
    this.delivery.remove(socket);
    this.absences?.refused(socket);
  }

  /** @internal Whether there are no clients. A client counts while its CONNECT is being decided, too. */
  get isEmpty(): boolean {
    return this.#clients.isEmpty;
  }

  /** @internal Calls {@link onEmpty} if there are no clients and no kept sessions. */
  checkEmpty(): void {
    if (this.isEmpty && !this.departures.awaitsClients) this.onEmpty?.();
  }

  /** @internal Called when a socket has been accepted: calls the listeners of `connect` and `connection`. */
  joined(socket: Socket): void {
    this.members.connect(socket);
    this.instruments?.connected(socket);
    this.departures.accepted(socket);
    this.events.notify('connect', [socket]);
    this.events.notify('connection', [socket]);
    const { wildcard } = this;
    if (wildcard === undefined) return;
    wildcard.events.notify('connect', [socket]);
    wildcard.events.notify('connection', [socket]);
  }

  /** @internal Called when a socket has been accepted whose client has left by then. */
  missed(socket: Socket): void {
    this.members.delete(socket);
    this.departures.accepted(socket);
  }

  /** @internal Called when a socket leaves. Runs the disconnect handlers, then calls `done`. */
  left(socket: Socket, leaving: Leaving, done: () => void): void {
    this.members.delete(socket);
    this.instruments?.disconnected(socket, leaving.reason);
    this.departures.left(socket, leaving, done);
  }

  /** @internal Resolves when no connect or disconnect handler is running. */
  settled(): Promise<void> {
    return this.#clients.settled();
  }

  /**
   * Copies the middlewares, handlers and listeners of a parent namespace. A child of several patterns inherits from
   * each.
   * @internal
   */
  inherit(parent: Namespace): void {
    this.admission.inherit(parent.admission);
    this.departures.inherit(parent.departures);
    if (parent.observers !== null) (this.observers ??= new SocketObservers()).inherit(parent.observers);
    this.answersUnknownEvents ||= parent.answersUnknownEvents;
    this.eventHandlers.inherit(parent.eventHandlers, parent.name);
    for (const event of ['connect', 'connection']) {
      for (const listener of parent.events.listeners(event)) this.events.on(event, listener);
    }
  }

  // --- Inside: events ---

  /** @internal Calls the handler of an event. @returns whether there is one */
  handle(socket: Socket, packet: EventPacket, size: number): boolean {
    return this.eventHandlers.handle(socket, packet, size);
  }

  /** @internal The name of an event in metrics: as its handler declares it, or `*` if only a catch-all handler gets it. */
  labelOf(event: string | number): string {
    return this.eventHandlers.names(event) ? String(event) : '*';
  }

  /** @internal Whether there is a handler for an event. */
  handles(event: string | number): boolean {
    return this.eventHandlers.handles(event);
  }

  /** @internal Counts an event without a handler. @returns the error for a client that is to be answered, or `null` */
  unhandled(event: string | number): { readonly code: string; readonly message: string } | null {
    return this.eventHandlers.unhandled(event);
  }

  /**
   * Runs application code. An exception or rejection is logged and goes no further.
   * @internal
   * @returns the promise of an asynchronous call, which never rejects, or `null`
   */
  contain(what: string, call: () => unknown, of?: Loggable): Promise<void> | null {
    const running = contain(call, (error) => this.failed(what, error, of?.logFields));
    if (running !== null) this.log.observer?.running(`${what} in ${label(this.name)}`, running);
    return running;
  }

  /** @internal Reports an asynchronous handler or listener of an event to the reader of the log. */
  runs(what: string, event: string | number, running: Promise<void>): void {
    this.log.observer?.running(`${what} of ${quote(String(event))} in ${label(this.name)}`, running);
  }

  /**
   * Logs a failure of application code.
   * @internal
   * @param kind `what` without text from a client
   */
  failed(what: string, error: unknown, fields?: LogFields, kind = what): void {
    const where = `in ${label(this.name)} failed`;
    this.log.error(`${what} ${where}`, error, { namespace: this.name, ...fields }, `${kind} ${where}`);
  }

  /** @internal `null` unless the server is watched. */
  get instruments(): Instruments | null {
    return this.isUnwatched ? null : this.server.telemetry.instruments;
  }

  /** @internal The path of the server, which clients connect to. */
  get path(): string {
    return this.#options.engine.path;
  }

  /** @internal */
  get serializer(): Serializer | null {
    return this.#options.serializer;
  }

  protected get audience(): Audience {
    return this;
  }

  /** @internal The namespace whose handlers apply to all namespaces. */
  get wildcard(): Namespace | undefined {
    return this.server.namespaces.wildcard;
  }

  #openHistory(all: HistoryByNamespace): NamespaceHistory | null {
    const options = all.get(this.name) ?? all.get('*');
    return (this.#history = options === undefined ? null : new NamespaceHistory(this, this.server.histories, options));
  }

  // --- Inside: the adapter, which sees this namespace as an `AdapterHost` ---

  /** @internal Replaces the adapter with the one that the options now require. There must be no clients yet. */
  renewAdapter(): void {
    void this.delivery.close();
    this.openAdapter();
  }

  /** @internal Creates an adapter in place of the present one, which is closed. */
  openAdapter(): void {
    this.delivery = this.delivery instanceof DormantAdapter ? this.#dormant() : this.#createAdapter();
  }

  /** @internal Ends the dormant state: the application has named this namespace, so other servers must reach it. */
  rouse(): this {
    if (this.delivery instanceof DormantAdapter) this.#wake();
    return this;
  }

  /** @internal Closes the adapter until it is needed. There must be no clients. */
  sleep(): void {
    void this.delivery.close();
    this.delivery = this.#dormant();
  }

  /** @internal Called with an event of another server. */
  receive([event, ...args]: readonly unknown[]): void {
    if (event === ABSENCE_NOTICE) return this.absences?.heard(args);
    // `connection` and the like report clients of this server, whatever a broker carries.
    if (!RESERVED_BETWEEN_SERVERS.has(String(event))) this.events.notify(String(event), args);
  }

  /** @internal Called with the id of a socket when its session can no longer be resumed. */
  sessionOver(id: string): void {
    this.absences?.lapsed(id);
  }

  /** @internal What this server knows of the clients with this id or user. */
  report(who: string): ServerReport {
    return createReport(this, who, this.server._nsps.values(), this.server.telemetry.journal);
  }

  /** @internal */
  nextAckId(): number {
    return this.#ackIds++;
  }

  /** @internal */
  get ackTimeout(): number {
    return this.#options.ackTimeout;
  }

  /** @internal */
  get maxPendingAcks(): number {
    return this.#options.engine.limits.pendingAcks;
  }

  /** @internal Bytes that a client that may return takes in addition to its session. */
  get absenceWeight(): number {
    return this.departures.followsAbsences ? ABSENCE_WEIGHT : 0;
  }

  /** @internal */
  get broker(): BrokerLink {
    return this.server.broker;
  }

  /** @internal */
  get clock(): Clock {
    return this.#options.engine.clock;
  }

  /** @internal */
  get log(): ObservedLog {
    return this.#options.engine.logger;
  }

  /** @internal */
  encode(packet: EventPacket): Encoded {
    return this.#options.codec.encode(packet);
  }

  #createAdapter(): Adapter {
    return createAdapter(this, this.#options, this.server.recoveryBudget, this.server.joined);
  }

  /** Without a broker, there is nothing to save. */
  #dormant(): Adapter {
    if (this.#options.adapter === null && this.server.joined === null) return this.#createAdapter();
    return new DormantAdapter(() => this.#wake(), this.#options.recovery !== null);
  }

  #wake(): Adapter {
    return this.onWake?.()?.delivery ?? (this.delivery = this.#createAdapter());
  }
}
