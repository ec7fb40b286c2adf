/**
 * One namespace: who is in it, who may come in, and one table of what happens on each event. Everything
 * of the application that is called from here is called through `guard`: what it throws is logged with
 * its name and disturbs nobody.
 * Source: Socket.IO, `Namespace`.
 */
import { contain, isThenable, type ObservedLog } from '../../engine/index.js';
import { label, quote } from '../../errors.js';
import type { EventPacket } from '../../protocol/index.js';
import type { Adapter } from '../adapter/adapter.js';
import { createAdapter } from './create-adapter.js';
import type { NamespaceAdapter } from '../adapter/adapter-view.js';
import type { ConnectHandler, Middleware } from './middlewares.js';
import { ServerSideEmitter } from '../broadcast/between-servers.js';
import { Entrance } from './admission.js';
import { EventTable, type EventHandler } from './handlers.js';
import type { DefaultEventsMap, EventsMap } from '../broadcast/event-map.js';
import { Events } from '../broadcast/namespace-emitter.js';
import { Lifecycle } from './lifecycle.js';
import { Occupancy } from './open-clients.js';
import type { Audience } from '../broadcast/broadcast-operator.js';
import type { Server } from '../server.js';
import type { ResolvedServerOptions } from '../server-options.js';
import type { Socket } from '../socket/socket.js';
import type { DisconnectReason } from '../socket/socket-state.js';

/** Runs once per socket that was accepted; its rooms and data are still there until it settles. */
export type DisconnectHandler<S = Socket> = (
  socket: S,
  reason: DisconnectReason,
  description: unknown,
) => void | Promise<void>;

export interface NamespaceEvents<S> {
  connection: (socket: S) => void;
  connect: (socket: S) => void;
}

export class Namespace<
  Listen extends EventsMap = DefaultEventsMap,
  Emit extends EventsMap = Listen,
  ServerSide extends EventsMap = DefaultEventsMap,
  // oxlint-disable-next-line typescript/no-explicit-any -- see Socket
  Data = any,
> extends ServerSideEmitter<ServerSide, NamespaceEvents<Socket<Listen, Emit, ServerSide, Data>>, Emit, Data> {
  readonly name: string;
  readonly server: Server;
  /** Sockets that are connected, by id. */
  readonly sockets = new Map<string, Socket<Listen, Emit, ServerSide, Data>>();
  /** @internal */
  readonly entrance: Entrance;
  /** @internal */
  delivery: Adapter;
  /** @internal */
  readonly events = new Events(
    (what, error) => this.failed(what, error),
    (event, running) => this.runs('a listener', event, running),
  );
  readonly #options: ResolvedServerOptions;
  readonly #disconnects = new Lifecycle<DisconnectHandler>();
  readonly #events: EventTable;
  readonly #occupancy = new Occupancy(() => this.checkEmpty());
  #ackIds = 0;
  /** @internal Told whenever the last client has gone, and with it all hope that one comes back. */
  onEmpty: (() => void) | null = null;

  /** @internal Namespaces are made by {@link Server.of}. */
  constructor(name: string, server: Server, options: ResolvedServerOptions, delivery?: Adapter) {
    super();
    this.name = name;
    this.server = server;
    this.#options = options;
    this.#events = new EventTable(name, options.engine);
    this.entrance = new Entrance(this, this.#occupancy, options);
    this.delivery = delivery ?? createAdapter(this, options);
  }

  /**
   * What is in which room: the object that the option `adapter` made, or, where there is none, a view of the
   * rooms of this process with the members and events of Socket.IO's in-memory adapter.
   */
  get adapter(): NamespaceAdapter {
    return this.delivery.view(this);
  }

  /** How many events came that nobody handles. */
  get unhandledEvents(): number {
    return this.#events.unhandled;
  }

  /** Adds a middleware, run for each CONNECT in the order in which they were added. */
  use(middleware: Middleware<Socket<Listen, Emit, ServerSide, Data>>): this {
    this.entrance.middlewares.push(middleware as Middleware);
    return this;
  }

  /**
   * Adds a handler that runs before a client is accepted, after the middlewares.
   * @param beside see {@link Lifecycle.add}
   */
  onConnect(handler: ConnectHandler<Socket<Listen, Emit, ServerSide, Data>>, beside = false): this {
    this.entrance.handlers.add(handler as ConnectHandler, beside);
    return this;
  }

  /** @param beside see {@link Lifecycle.add} */
  onDisconnect(handler: DisconnectHandler<Socket<Listen, Emit, ServerSide, Data>>, beside = false): this {
    this.#disconnects.add(handler as DisconnectHandler, beside);
    return this;
  }

  /** Sets what happens on an event, for all sockets at once; `'*'` takes the events that have no handler. */
  onEvent(event: string, handler: EventHandler<Socket<Listen, Emit, ServerSide, Data>>): this {
    this.#events.set(event, handler as EventHandler);
    return this;
  }

  /** @internal Sockets whose connect handlers run, by id. */
  get entering(): ReadonlyMap<string, Socket> {
    return this.entrance.entering;
  }

  /** @internal Begins anew with the adapter that the options name now; nobody may be here yet. */
  renewAdapter(): void {
    this.delivery.close();
    this.delivery = createAdapter(this, this.#options);
  }

  /** @internal Whether there are clients, or will be soon. */
  get isEmpty(): boolean {
    return this.#occupancy.isEmpty;
  }

  /** @internal Tells {@link onEmpty} if nobody is left. */
  checkEmpty(): void {
    if (this.isEmpty && this.delivery.recovery?.keepsAny !== true) this.onEmpty?.();
  }

  /** @internal */
  nextAckId(): number {
    return this.#ackIds++;
  }

  /** @internal */
  get ackTimeout(): number {
    return this.#options.ackTimeout;
  }

  protected get audience(): Audience {
    return this;
  }

  /** @internal Takes over what its parent has: a child of a pattern begins with it, or with that of several. */
  inherit(parent: Namespace): void {
    this.entrance.inherit(parent.entrance);
    this.#disconnects.inherit(parent.#disconnects);
    for (const event of this.#events.inherit(parent.#events)) {
      const what = `${quote(this.name)} is served by several patterns that handle ${quote(event)}`;
      this.#options.engine.logger.error(`${what}: the handler of ${parent.name} is left out`);
    }
    for (const event of ['connect', 'connection']) {
      for (const listener of parent.events.listeners(event)) this.events.on(event, listener);
    }
  }

  /** @internal The socket has been accepted. */
  joined(socket: Socket): void {
    this.sockets.set(socket.id, socket as never);
    this.events.notify('connect', [socket]);
    this.events.notify('connection', [socket]);
    const wildcard = this.#wildcard;
    if (wildcard === undefined) return;
    wildcard.events.notify('connect', [socket]);
    wildcard.events.notify('connection', [socket]);
  }

  /** @internal The socket leaves; `done` is called when all disconnect handlers have settled. */
  left(socket: Socket, reason: DisconnectReason, description: unknown, done: () => void): void {
    this.sockets.delete(socket.id);
    const gone = (): void => {
      done();
      this.#occupancy.leave();
    };
    const handlers = this.#disconnectHandlers;
    if (handlers.length === 0) return gone();
    const pending = handlers
      .map((handler) => this.contain('a disconnect handler', () => handler(socket, reason, description)))
      .filter((result) => result !== null);
    if (pending.length === 0) return gone();
    void this.#occupancy.track(pending, Promise.all(pending).then(gone));
  }

  /** @internal Whether broadcasts reach the socket: not before its middlewares are through, nor after its end. */
  isPlaced(socket: Socket): boolean {
    return this.sockets.get(socket.id) === (socket as unknown) || this.entering.get(socket.id) === socket;
  }

  /** @internal Resolves when neither connect nor disconnect handlers are running. */
  settled(): Promise<void> {
    return this.#occupancy.settled();
  }

  /** @internal @returns whether anybody handled it */
  handle(socket: Socket, packet: EventPacket, size: number): boolean {
    const name = packet.data[0];
    const handler = this.#handlerOf(name);
    if (handler === null) return false;
    try {
      // Not through `guard`: its closures are 200 of the 1,480 bytes that an acknowledged event allocates here.
      const running: unknown = handler(socket, packet, size);
      if (isThenable(running)) this.#follow(name, running);
    } catch (error) {
      this.#handlerFailed(name, error);
    }
    return true;
  }

  /** @internal */
  handles(event: string | number): boolean {
    return this.#handlerOf(event) !== null;
  }

  /** @internal */
  unhandled(event: string | number): void {
    this.#events.addUnhandled(event);
  }

  /**
   * Calls something of the application; a failure is logged and goes no further.
   * @internal
   * @returns the promise of an asynchronous call, which never rejects
   */
  contain(what: string, call: () => unknown): Promise<void> | null {
    const running = contain(call, (error) => this.failed(what, error));
    if (running !== null) this.log.reader?.running(`${what} in ${label(this.name)}`, running);
    return running;
  }

  /** @internal A handler or listener of an event has begun, and takes its time. */
  runs(what: string, event: string | number, running: Promise<void>): void {
    this.log.reader?.running(`${what} of ${quote(String(event))} in ${label(this.name)}`, running);
  }

  /** @internal What somebody who looks on, such as a test, is told. */
  get log(): ObservedLog {
    return this.#options.engine.logger;
  }

  /** @internal How clients reach the server. */
  get path(): string {
    return this.#options.engine.path;
  }

  /** @internal Something of the application failed. */
  failed(what: string, error: unknown): void {
    this.log.error(`${what} in ${label(this.name)} failed`, error);
  }

  /** A handler takes its time. */
  #follow(event: string | number, running: PromiseLike<unknown>): void {
    const settled = Promise.resolve(running).then(
      () => undefined,
      (error: unknown) => this.#handlerFailed(event, error),
    );
    this.runs('the handler', event, settled);
  }

  #handlerFailed(event: string | number, error: unknown): void {
    this.failed(`the handler of ${quote(String(event))}`, error);
  }

  /** What all namespaces have in common, if there is anything. */
  get #wildcard(): Namespace | undefined {
    return this.server.wildcard;
  }

  get #disconnectHandlers(): readonly DisconnectHandler[] {
    const wildcard = this.#wildcard;
    return this.#disconnects.with(wildcard === undefined ? undefined : wildcard.#disconnects);
  }

  /** Its own handlers go before those of all namespaces, its catch-all too. */
  #handlerOf(event: string | number): EventHandler | null {
    const own = this.#events.get(event);
    const wildcard = this.#wildcard;
    return own !== null || wildcard === undefined ? own : wildcard.#events.get(event);
  }
}
