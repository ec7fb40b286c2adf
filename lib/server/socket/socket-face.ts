/**
 * The part of a socket that applications use, in addition to its user: its namespace and client, the application's data,
 * the methods that emit to the client, catch-all listeners and middlewares; and how the code of the application is
 * called. The class `Socket` adds the state of a socket and its messages.
 * Source: Socket.IO, `Socket`.
 */
import { clientAddress, type Connection, type HandshakeData, type LogFields } from '../../engine/internal.js';
import type { EventPacket } from '../../protocol/internal.js';
import type { Member } from '../adapter/adapter.js';
import { BroadcastTarget, type Flags, type Rooms } from '../adapter/broadcast-target.js';
import { BroadcastOperator } from '../broadcast/broadcast-operator.js';
import { DirectOperator, type DirectPort } from '../broadcast/direct-operator.js';
import type {
  AckResult,
  AllButLast,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  Last,
  WithTimeout,
} from '../broadcast/event-map.js';
import { createHandshake, type Handshake } from '../handshake.js';
import type { RewindOptions } from '../history/past-event.js';
import type { Rewound } from '../history/rewind.js';
import type { Namespace } from '../namespace/namespace.js';
import { HandlerFailure } from '../telemetry/handler-failure.js';
import type { HandledEvent } from '../telemetry/instrument.js';
import type { Instruments } from '../telemetry/instruments.js';
import { CatchAll, type CatchAllListener, type EventMiddleware, type EventTuple, removeListener } from './catch-all.js';
import type { Client } from './client.js';
import { joinRooms } from './join-rooms.js';
import { fieldsOf } from './socket-log.js';
import type { DisconnectReason } from './socket-state.js';
import type { Socket } from './socket.js';
import { SocketUser } from './socket-user.js';

/** Events that the server itself passes to a socket's listeners, in addition to those of the client. */
export interface SocketReservedEvents {
  /** The socket is leaving and still in its rooms. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as Socket.IO: an error, a close event, or nothing
  disconnecting: (reason: DisconnectReason, description?: any) => void;
  /** The socket has left its rooms. */
  // oxlint-disable-next-line typescript/no-explicit-any -- see `disconnecting`
  disconnect: (reason: DisconnectReason, description?: any) => void;
  /** The client broke the protocol, or a middleware of `use` refused an event. Never an event that a client sent. */
  error: (error: Error) => void;
}

const NO_FLAGS: Flags = {};

/** Weight of a running listener, whose event is not known any more. */
const LISTENER_WEIGHT = 1_000;

export abstract class SocketFace<
  Listen extends EventsMap,
  Emit extends EventsMap,
  ServerSide extends EventsMap,
  Data,
> extends SocketUser<Listen, SocketReservedEvents> {
  // --- Public attributes ---

  readonly nsp: Namespace<Listen, Emit, ServerSide, Data>;
  /** The client behind this socket. It may have sockets in other namespaces. */
  readonly client: Client;
  readonly #issued = Date.now();
  readonly #auth: Readonly<Record<string, unknown>> | undefined;
  #data: Data | undefined;
  #handshake: Handshake | null = null;
  #catchAll: CatchAll | null = null;

  /** @internal */
  constructor(
    nsp: Namespace<Listen, Emit, ServerSide, Data>,
    client: Client,
    auth: Readonly<Record<string, unknown>> | undefined,
  ) {
    super();
    this.nsp = nsp;
    this.client = client;
    this.#auth = auth;
  }

  /** The connection, which this socket shares with the client's sockets in other namespaces. */
  get conn(): Connection {
    return this.client.connection;
  }

  /** The parts of the HTTP request that are kept: headers, url, query, address. */
  get request(): Connection['request'] {
    return this.conn.request;
  }

  /** Headers of the HTTP request. */
  get headers(): Connection['request']['headers'] {
    return this.handshakeData.headers;
  }

  /**
   * The client's address. Behind proxies that the option `trustProxy` names, it is the last address in
   * `X-Forwarded-For` that is not one of theirs. A client can forge the addresses before that one.
   */
  get ip(): string {
    return clientAddress(this.handshakeData, this.client.options.engine.proxyTrust);
  }

  /** Data of the application. `fetchSockets` returns it, in a cluster too. */
  get data(): Data {
    return (this.#data ??= {} as Data);
  }

  set data(data: Data) {
    this.#data = data;
  }

  get handshake(): Handshake {
    return (this.#handshake ??= createHandshake(this.handshakeData, this.#issued, this.auth));
  }

  /** @internal The time of its CONNECT, in ms since 1970: that of {@link handshake}, which is not created for it. */
  get connectedAt(): number {
    return this.#issued;
  }

  protected get handshakeData(): HandshakeData {
    return this.conn.handshakeData;
  }

  /** @internal The data of the client's CONNECT. */
  get auth(): Readonly<Record<string, unknown>> {
    return this.#auth ?? {};
  }

  /** Bytes that were sent to the client, in all its namespaces, and that it has not taken yet. */
  get bufferedAmount(): number {
    return this.conn.bufferedAmount;
  }

  // --- Public methods: emitting ---

  /**
   * Waits for the client to take what was sent to it, so that a handler that streams sends no faster than the client
   * reads: `for (const part of parts) { client.emit('part', part); await client.drained(); }`. Resolves at once if less
   * than 64 kB wait, and when the connection has ended: check `connected` in the loop.
   */
  drained(): Promise<void> {
    return this.conn.drained();
  }

  /**
   * Sends an event to this client. A function as last argument is called with the client's acknowledgement; after
   * {@link timeout}, it takes an error first.
   * @throws SocketIoError `INVALID_ARGUMENT`, `RESERVED_EVENT`, `VALUE_TOO_DEEP`, `TOO_MANY_ATTACHMENTS`,
   *   `TOO_MANY_ACKS`
   */
  emit<K extends EventNames<Emit>>(event: K, ...args: EventParams<Emit, K>): true {
    return this.#direct.emit(event, ...args);
  }

  /**
   * Sends an event to this client and waits for the acknowledgement.
   * @returns the first argument of the acknowledgement
   * @throws SocketIoError `CLIENT_GONE` as soon as the client leaves; `ACK_TIMEOUT` after {@link timeout}
   */
  emitWithAck<K extends EventNamesWithAck<Emit>>(
    event: K,
    ...args: AllButLast<EventParams<Emit, K>>
  ): Promise<AckResult<Last<EventParams<Emit, K>>>> {
    return this.#direct.emitWithAck(event, ...args);
  }

  /** Like `emitWithAck`, but waits for `ackTimeout` at most. Source: Flask-SocketIO, `call`. */
  call<K extends EventNamesWithAck<Emit>>(
    event: K,
    ...args: AllButLast<EventParams<Emit, K>>
  ): Promise<AckResult<Last<EventParams<Emit, K>>>> {
    return this.#direct.call(event, ...args);
  }

  /** Sends the event `message`. */
  send(...args: EventParams<Emit, 'message'>): this {
    this.#direct.send(...args);
    return this;
  }

  /** The same as {@link send}. */
  write(...args: EventParams<Emit, 'message'>): this {
    return this.send(...args);
  }

  /** Selects the other clients in a room. */
  to(rooms: Rooms): BroadcastOperator<Emit, Data> {
    return this.#direct.to(rooms);
  }

  /** The same as {@link to}. */
  in(rooms: Rooms): BroadcastOperator<Emit, Data> {
    return this.#direct.to(rooms);
  }

  /** Selects the other clients in the namespace, except those in a room. */
  except(rooms: Rooms): BroadcastOperator<Emit, Data> {
    return this.#direct.except(rooms);
  }

  /** Selects the other clients in the namespace. */
  get broadcast(): BroadcastOperator<Emit, Data> {
    return this.#direct.broadcast;
  }

  /** Drops the event if the client has not read earlier ones yet, instead of queueing it. */
  get volatile(): DirectOperator<Emit, Data> {
    return this.#direct.volatile;
  }

  /**
   * Sends the newest value of a key. If the client lags, a value waits until it can be sent, and a later one with the
   * same key and event replaces it.
   * @throws SocketIoError `INVALID_ARGUMENT` for another key than a text of 1 to 255 characters
   */
  latest(key: string): DirectOperator<Emit, Data> {
    return this.#direct.latest(key);
  }

  /** Selects the other clients of this process in the namespace. */
  get local(): BroadcastOperator<Emit, Data> {
    return this.#direct.local;
  }

  /** Sets whether to compress the event, if `perMessageDeflate` is on. */
  compress(compress: boolean): DirectOperator<Emit, Data> {
    return this.#direct.compress(compress);
  }

  /** @param timeout ms to wait for an acknowledgement */
  timeout(timeout: number): DirectOperator<WithTimeout<Emit>, Data> {
    return this.#direct.timeout(timeout);
  }

  // --- Public methods: rooms ---

  /**
   * Joins rooms. Has no effect once the socket is disconnected.
   * @throws SocketIoError `TOO_MANY_ROOMS` above `limits.rooms`, `ROOM_NAME_TOO_LONG` above `limits.roomLength`; the
   *   socket then joins none of them
   */
  join(rooms: Rooms): void;
  /**
   * Joins rooms, and sends the client what was sent to them before, in order. Events to the client wait until then. A
   * room that it is in already is left out.
   * @param options `rewind`, the number of events for each room, or `since`, a time or the id of an event
   * @returns never rejects. The client has joined when this call returns
   * @throws SocketIoError as above; `INVALID_ARGUMENT` if the namespace has no history, see the option `history`, and for
   *   wrong options, `UNKNOWN_OPTION`
   */
  join(rooms: Rooms, options: RewindOptions): Promise<Rewound>;
  join(rooms: Rooms, options?: RewindOptions): Promise<Rewound> | void {
    return joinRooms(this.member, rooms, options);
  }

  leave(room: string): void {
    this.nsp.delivery.leave(this.member, room);
  }

  // --- Public methods: middlewares and catch-all listeners ---

  /** Adds a middleware, called for each incoming event. */
  use(middleware: EventMiddleware): this {
    this.#catchAllOrNew.middlewares.push(middleware);
    return this;
  }

  /** Adds a listener, called for each incoming event. */
  onAny(listener: CatchAllListener): this {
    this.#catchAllOrNew.incoming.push(listener);
    return this;
  }

  prependAny(listener: CatchAllListener): this {
    this.#catchAllOrNew.incoming.unshift(listener);
    return this;
  }

  /** Removes one listener, or all. */
  offAny(listener?: CatchAllListener): this {
    removeListener(this.listenersAny(), listener);
    return this.#dropEmptyCatchAll();
  }

  listenersAny(): CatchAllListener[] {
    return this.#catchAll?.incoming ?? [];
  }

  /** Adds a listener, called for each outgoing event: broadcasts are included, acknowledgements are not. */
  onAnyOutgoing(listener: CatchAllListener): this {
    this.#catchAllOrNew.outgoing.push(listener);
    return this;
  }

  prependAnyOutgoing(listener: CatchAllListener): this {
    this.#catchAllOrNew.outgoing.unshift(listener);
    return this;
  }

  offAnyOutgoing(listener?: CatchAllListener): this {
    removeListener(this.listenersAnyOutgoing(), listener);
    return this.#dropEmptyCatchAll();
  }

  listenersAnyOutgoing(): CatchAllListener[] {
    return this.#catchAll?.outgoing ?? [];
  }

  // --- Inside ---

  /** @internal */
  abstract readonly id: string;

  /** @internal This socket without its event maps, as the other parts of the server use it. */
  protected get member(): Socket & Member {
    return this as unknown as Socket & Member;
  }

  protected abstract readonly port: DirectPort<Emit, Data>;

  get #direct(): DirectOperator<Emit, Data> {
    return new DirectOperator(this.port, NO_FLAGS);
  }

  /** @internal A chain to all other clients of the namespace. */
  others(flags: Flags): BroadcastOperator<Emit, Data> {
    return new BroadcastOperator(this.nsp, BroadcastTarget.everybody.with(flags).except(this.id));
  }

  /** @internal */
  get ackTimeout(): number {
    return this.client.options.ackTimeout;
  }

  // --- Inside: calling the code of the application ---

  /** @internal Runs application code. An exception or rejection is logged and goes no further. */
  contain(what: string, call: () => unknown): void {
    void this.nsp.contain(what, call, this);
  }

  /** @internal */
  get logFields(): LogFields {
    return fieldsOf(this);
  }

  protected override listenerFailed(what: string, error: unknown): void {
    this.nsp.failed(what, error, this.logFields);
  }

  protected override listenerRuns(event: string | number, running: Promise<void>): void {
    this.client.started(LISTENER_WEIGHT);
    void running.then(() => this.client.finished(LISTENER_WEIGHT));
    this.nsp.runs('a listener', event, running);
  }

  /** @internal Calls the listeners of an event of the client, as one handler for the instruments. */
  protected notifyWatched(instruments: Instruments, packet: EventPacket, size: number, args: readonly unknown[]): void {
    const [name] = packet.data;
    const event: HandledEvent = { socket: this.member, packet, size, label: String(name), handler: null };
    void instruments.handle(event, () => {
      const running: Promise<void>[] = [];
      let failure: HandlerFailure | undefined;
      this.notify(name, args, {
        runs: (listener) => running.push(listener),
        failed: (error) => (failure ??= new HandlerFailure(error, false)),
      });
      return running.length === 0 ? failure : Promise.all(running).then(() => failure);
    });
  }

  /** @internal Calls the listeners of outgoing events. */
  notifyOutgoing(event: readonly unknown[]): void {
    this.#catchAll?.notify('outgoing', event, this);
  }

  protected notifyIncoming(event: readonly unknown[]): void {
    this.#catchAll?.notify('incoming', event, this);
  }

  protected get hasCatchAll(): boolean {
    return this.#catchAll !== null;
  }

  /** Passes an event through the middlewares, then calls `done`, at most once. */
  protected runMiddlewares(event: EventTuple, done: (error: Error | null) => void): void {
    if (this.#catchAll === null) done(null);
    else this.#catchAll.runMiddlewares(event, this, done);
  }

  get #catchAllOrNew(): CatchAll {
    return (this.#catchAll ??= new CatchAll());
  }

  /** A socket whose last catch-all listener is removed costs no more than one that never had any. */
  #dropEmptyCatchAll(): this {
    if (this.#catchAll?.isEmpty === true) this.#catchAll = null;
    return this;
  }
}
