/**
 * One client in one namespace: the object that a handler gets. It is created as soon as CONNECT arrives, before
 * anything is awaited. It ends once, in `refuse` or in `#leave`.
 * Source: Socket.IO, `Socket`.
 */
import { createId, Message } from '../../engine/internal.js';
import { label, ProtocolError, quote, SocketIoError } from '../../errors.js';
import { type AckPacket, type EventPacket, type Packet, PacketType, type Refusal } from '../../protocol/internal.js';
import type { Settle } from '../adapter/ack-collector.js';
import type { Member } from '../adapter/adapter.js';
import { BroadcastTarget, type Flags, type Rooms } from '../adapter/broadcast-target.js';
import { RECOVERABLE, type RecoveryCursor, type RestoredSession, withoutOffset } from '../adapter/recovery.js';
import { BroadcastOperator } from '../broadcast/broadcast-operator.js';
import type { DirectPort } from '../broadcast/direct-operator.js';
import type { DefaultEventsMap, EventsMap } from '../broadcast/event-map.js';
import type { Namespace } from '../namespace/namespace.js';
import type { Client } from './client.js';
import { PendingAcks } from './pending-acks.js';
import { type Ending, PendingConnect, unexpectedPacket } from './pending-connect.js';
import { type EventTuple, SocketFace } from './socket-face.js';
import { type DisconnectReason, SOCKET_STATES, type SocketState, type SocketTransition } from './socket-state.js';

/** Weight of a running listener, whose event is not known any more. */
const LISTENER_WEIGHT = 1_000;

/** Bytes of missed events that are sent at a time. */
const REPLAY_BYTES = 256_000;

/** Answers an event. Only the first call counts. */
type Acknowledger = (...args: unknown[]) => void;

export class Socket<
  Listen extends EventsMap = DefaultEventsMap,
  Emit extends EventsMap = Listen,
  ServerSide extends EventsMap = DefaultEventsMap,
  // oxlint-disable-next-line typescript/no-explicit-any -- as Socket.IO: the application defines what `data` holds
  Data = any,
> extends SocketFace<Listen, Emit, Data> {
  // --- Public attributes ---

  readonly nsp: Namespace<Listen, Emit, ServerSide, Data>;
  #id: string = createId();
  #recovered = false;
  #state: SocketState = SOCKET_STATES.deciding;
  /** Set while its CONNECT is being decided. */
  #pending: PendingConnect | null;
  #acks: PendingAcks | null = null;
  /** @internal Set if connection state recovery is on. */
  cursor: RecoveryCursor | null = null;

  /**
   * Sockets are created by the server.
   * @internal
   * @param pending has the packets that arrived while a pattern was deciding on the namespace
   */
  constructor(
    nsp: Namespace<Listen, Emit, ServerSide, Data>,
    client: Client,
    auth?: Readonly<Record<string, unknown>>,
    pending = new PendingConnect(client),
  ) {
    super(client, auth);
    this.nsp = nsp;
    this.#pending = pending;
  }

  /** 20 characters that cannot be guessed. Also the name of a room that this socket is always in. */
  get id(): string {
    return this.#id;
  }

  /** Whether the client has resumed a session, with its id, rooms and data. */
  get recovered(): boolean {
    return this.#recovered;
  }

  get connected(): boolean {
    return this.#state.isConnected;
  }

  get disconnected(): boolean {
    return !this.connected;
  }

  /** The room of its own id and the rooms it has joined. Empty once the socket is disconnected. A copy. */
  get rooms(): Set<string> {
    if (!this.#state.hasRooms) return new Set();
    return new Set([this.id, ...this.nsp.delivery.roomsOf(this.#member)]);
  }

  // --- Public methods ---

  /**
   * Joins rooms. Has no effect once the socket is disconnected.
   * @throws SocketIoError `TOO_MANY_ROOMS` above `limits.rooms`, `ROOM_NAME_TOO_LONG` above `limits.roomLength`; the
   *   socket then joins none of them
   */
  join(rooms: Rooms): void {
    if (!this.isReachable) return;
    const names = [rooms].flat();
    this.#checkRooms(names);
    this.nsp.delivery.join(this.#member, names);
  }

  leave(room: string): void {
    this.nsp.delivery.leave(this.#member, room);
  }

  /**
   * Disconnects the client from this namespace.
   * @param close whether to close the connection, which disconnects the client from every namespace
   */
  disconnect(close = false): this {
    this.#inOrder(() => this.#disconnect(close));
    return this;
  }

  // --- Inside: called by adapters and chains ---

  /** @internal Whether messages to it are delivered, at once or after its CONNECT is answered. */
  get isReachable(): boolean {
    return this.#state.isReachable;
  }

  /** @internal Whether its disconnect handlers are running. */
  get isLeaving(): boolean {
    return this.#state.name === 'leaving';
  }

  /** @internal Sends an event to this client alone. */
  sendEvent(data: EventPacket['data'], flags: Flags, settle: Settle | null): void {
    if (!this.isReachable) {
      settle?.(new SocketIoError('CLIENT_GONE', `the client left before it was sent "${data[0]}"`), []);
      return;
    }
    const { name, delivery } = this.nsp;
    const volatile = flags.volatile === true;
    if (settle === null && delivery.recovery !== null) {
      if (!volatile && this.isPlaced) {
        // Sent as a broadcast, since broadcasts are kept for clients that resume.
        const packet: EventPacket = { type: PacketType.EVENT, nsp: name, data };
        return delivery.broadcast(packet, BroadcastTarget.everybody.with(flags).to(this.id));
      }
      data = withoutOffset(data);
    }
    const id = settle === null ? undefined : this.nsp.nextAckId();
    const packet: EventPacket = { type: PacketType.EVENT, nsp: name, id, data };
    const message = Message.of(this.client.encode(packet), flags.compress);
    if (id !== undefined && settle !== null) this.expectAck(id, settle, flags.timeout);
    this.#inOrder(() => this.deliver(packet, message, volatile));
  }

  /** @internal Called by adapters for each receiver of a broadcast. */
  deliver(packet: EventPacket, message: Message, volatile: boolean): void {
    if (!this.isReachable) return; // while its disconnect handlers run, it is still in its rooms
    this.forward(message, volatile);
    this.notifyOutgoing(packet.data);
  }

  /** @internal Sends an encoded packet. */
  forward(message: Message, volatile: boolean): void {
    if (this.#state.isAnswered) this.conn.queue(message, volatile);
    else if (this.#pending !== null && !volatile) this.#holdBack(this.#pending, message);
  }

  /** @internal Waits for an acknowledgement of the client. */
  expectAck(id: number, settle: Settle, timeout: number | undefined): void {
    const { clock, limits } = this.client.options.engine;
    this.#acks ??= new PendingAcks(clock, limits.pendingAcks);
    this.#acks.expect(id, settle, timeout);
  }

  /** @internal Answers an event. The caller must not answer twice, see {@link acknowledger}. */
  acknowledge(id: number, args: readonly unknown[]): void {
    if (!this.connected) return;
    const packet: AckPacket = { type: PacketType.ACK, nsp: this.nsp.name, id, data: args };
    const message = Message.of(this.client.encode(packet));
    const { recovery } = this.nsp.delivery;
    if (recovery === null) this.conn.queue(message); // without a closure: every acknowledged event passes here
    else recovery.inOrder(() => this.forward(message, false));
  }

  /** @internal Returns a function that answers an event. Only its first call counts. */
  acknowledger(id: number): Acknowledger {
    let open = true;
    return (...args) => {
      if (open) this.acknowledge(id, args);
      open = false;
    };
  }

  /** @internal A chain to all other clients of the namespace. */
  others(flags: Flags): BroadcastOperator<Emit, Data> {
    return new BroadcastOperator(this.nsp, BroadcastTarget.everybody.with(flags).except(this.id));
  }

  /** @internal */
  get ackTimeout(): number {
    return this.client.options.ackTimeout;
  }

  /** @internal */
  override contain(what: string, call: () => unknown): void {
    void this.nsp.contain(what, call);
  }

  protected override listenerFailed(what: string, error: unknown): void {
    this.nsp.failed(what, error);
  }

  protected override listenerRuns(event: string | number, running: Promise<void>): void {
    this.client.started(LISTENER_WEIGHT);
    void running.then(() => this.client.finished(LISTENER_WEIGHT));
    this.nsp.runs('a listener', event, running);
  }

  protected override get port(): DirectPort<Emit, Data> {
    return this;
  }

  // --- Inside: the decision on its CONNECT ---

  /** @internal Whether its CONNECT is being decided. */
  get isUndecided(): boolean {
    return this.#state.isUndecided;
  }

  /** @internal Set if the socket was disconnected, or its connection lost, while its CONNECT is being decided. */
  get ending(): Ending | null {
    return this.#pending?.ending ?? null;
  }

  /** @internal Resumes a session, before any handler sees the socket. */
  restore({ sid, data, cursor, missed }: RestoredSession): void {
    this.#id = sid;
    this.data = data as Data;
    this.#recovered = true;
    this.cursor = cursor;
    this.#pending?.missed.push(...missed);
  }

  /** @internal Keeps the session if a client may resume after a disconnect for this reason. */
  keepSession(ending: Pick<Ending, 'reason'> | null): void {
    if (ending !== null && RECOVERABLE.has(ending.reason)) this.nsp.delivery.recovery?.keep(this.#member);
  }

  /** @internal Called if its CONNECT has not been decided in time. */
  overdue(): void {
    this.nsp.admission.overdue(this.#member);
  }

  /** @internal Whether broadcasts reach it. */
  get isPlaced(): boolean {
    return this.#state.isPlaced;
  }

  /** @internal Becomes a member of its namespace: from now on broadcasts reach it, after the answer to its CONNECT. */
  place(): void {
    if (this.#enter('placed')) this.nsp.add(this.#member);
  }

  /**
   * Sends the missed events to a client that resumes, as fast as it takes them, if they are many. Few are sent together
   * with the answer to its CONNECT.
   * @internal
   * @returns `null` if there is nothing to wait for
   */
  replay(): Promise<void> | null {
    const missed = this.#pending?.missed ?? [];
    const bytes = missed.reduce((sum, { wire }) => sum + wire.length, 0);
    return bytes <= REPLAY_BYTES ? null : this.#replay(missed);
  }

  async #replay(missed: Message[]): Promise<void> {
    for (let next = 0; next < missed.length && this.isUndecided && this.ending === null;) {
      for (let bytes = 0; next < missed.length && bytes < REPLAY_BYTES; next++) {
        const message = missed[next] as Message;
        bytes += message.wire.length;
        this.conn.queue(message);
      }
      await this.conn.drained();
    }
    missed.length = 0;
  }

  /** @internal Answers its CONNECT before its connect handlers run: from now on messages are sent at once. */
  greet(): void {
    if (this.#enter('greeted')) this.#answerConnect(this.#pending as PendingConnect);
  }

  /** @internal Accepts the CONNECT: buffered messages are sent and buffered packets handled, in order. */
  accept(): void {
    const { isAnswered } = this.#state;
    if (!this.#enter('accepted')) return;
    const pending = this.#takePending();
    this.client.decided(this.nsp.name);
    if (!isAnswered) this.#answerConnect(pending);
    if (!this.connected) return; // a parser that cannot encode the answer has ended the connection
    const { ending } = pending;
    const byServer = ending?.reason === 'server namespace disconnect';
    if (ending === null || byServer) this.nsp.joined(this.#member);
    else this.nsp.members.delete(this.#member); // the client has left: its buffered events are handled first
    if (byServer) return this.#disconnect(false); // the buffered events are dropped
    for (const packet of pending.packets) if (this.connected) this.#handle(packet, 0);
    if (ending !== null && this.connected) this.lost(ending.reason, ending.description);
  }

  /** @internal Refuses the CONNECT. No disconnect handler runs. */
  refuse(refusal: Refusal): void {
    if (!this.isUndecided) return;
    if (this.#state.isAnswered) this.client.dismiss(this.nsp.name);
    else this.client.refuse(this.nsp.name, refusal); // first, since it throws if the refusal cannot be encoded
    this.#takePending();
    this.#enter('refused');
    this.nsp.remove(this.#member);
    this.#enter('finished');
    this.#acks?.end();
  }

  #takePending(): PendingConnect {
    const pending = this.#pending as PendingConnect;
    this.#pending = null;
    pending.end();
    return pending;
  }

  #answerConnect({ missed, messages }: PendingConnect): void {
    for (const message of missed) this.conn.queue(message);
    this.client.answerConnect(this.nsp.name, this.id, this.cursor?.pid);
    for (const message of messages) this.conn.queue(message);
  }

  #holdBack(pending: PendingConnect, message: Message): void {
    try {
      pending.outgoing(message);
    } catch {
      this.nsp.admission.overflowed(this.#member);
    }
  }

  // --- Inside: incoming packets ---

  /**
   * Handles a packet of this namespace from the client.
   * @internal
   * @param size bytes or characters of the packet, an estimate that is good enough for a bound
   * @throws ProtocolError
   */
  receive(packet: Packet, size: number): void {
    const { isUndecided, isAnswered } = this.#state;
    // If the CONNECT is answered already, a connect handler may be waiting for an acknowledgement.
    if (!isUndecided || (isAnswered && packet.type === PacketType.ACK)) this.#handle(packet, size);
    else (this.#pending as PendingConnect).incoming(packet, size);
  }

  #handle(packet: Packet, size: number): void {
    switch (packet.type) {
      case PacketType.EVENT:
        return this.hasCatchAll ? this.#dispatchThroughCatchAll(packet, size) : this.#dispatch(packet, size);
      case PacketType.ACK:
        if (packet.id !== undefined) this.#acks?.answer(packet.id, packet.data);
        return undefined;
      case PacketType.DISCONNECT:
        return this.#leave('client namespace disconnect');
      default:
        throw unexpectedPacket();
    }
  }

  /** Listeners, middlewares and the handler share one acknowledgement, of which the first call answers. */
  #dispatchThroughCatchAll(packet: EventPacket, size: number): void {
    const ack = packet.id === undefined ? undefined : this.acknowledger(packet.id);
    const event = [...this.#withAck(packet, ack)] as EventTuple;
    this.notifyIncoming(event);
    this.client.started(size);
    this.runMiddlewares(event, (error) => {
      this.client.finished(size);
      if (!this.connected) return;
      if (error !== null) return this.notify('error', [error]);
      const data = (ack === undefined ? event : event.filter((item) => item !== ack)) as EventTuple;
      this.#dispatch({ ...packet, data }, size, ack);
    });
  }

  #dispatch(packet: EventPacket, size: number, ack?: Acknowledger): void {
    const name = packet.data[0];
    const handled = this.nsp.handle(this.#member, packet, size);
    // The listeners of `error` are for the server's errors. The decoder refuses all other names of the server's events.
    const isHeard = name !== 'error' && this.listenerCount(name as never) > 0;
    if (isHeard) this.notify(name, this.#withAck(packet, ack).slice(1));
    else if (!handled && this.listenersAny().length === 0) this.nsp.unhandled(name);
  }

  /** The event as listeners get it. If the namespace has a handler, the handler acknowledges, not a listener. */
  #withAck({ data, id }: EventPacket, ack?: Acknowledger): readonly unknown[] {
    return id === undefined || this.nsp.handles(data[0]) ? data : [...data, ack ?? this.acknowledger(id)];
  }

  // --- Inside: its end ---

  /** @internal Called when the connection is lost. */
  lost(reason: DisconnectReason, description: unknown): void {
    if (this.#pending === null) {
      if (description instanceof ProtocolError) this.notify('error', [description]);
      this.#leave(reason, description);
    } else {
      this.#pending.ending ??= { reason, description };
      this.#acks?.end(); // a connect handler may be waiting for an acknowledgement, which can no longer arrive
    }
  }

  #disconnect(close: boolean): void {
    if (close) return this.client.disconnect();
    if (this.#pending !== null) {
      this.#pending.ending ??= { reason: 'server namespace disconnect', description: undefined };
    } else if (this.connected) {
      this.client.sendDisconnect(this.nsp.name);
      this.#leave('server namespace disconnect');
    }
  }

  /** Ends a connected socket, whatever the reason. */
  #leave(reason: DisconnectReason, description?: unknown): void {
    if (!this.#enter('left')) return;
    this.client.left(this.nsp.name);
    this.#acks?.end();
    this.notify('disconnecting', [reason, description]);
    this.keepSession({ reason });
    this.nsp.left(this.#member, reason, description, () => {
      this.nsp.delivery.remove(this.#member);
      this.client.gone();
      this.#enter('finished');
      this.notify('disconnect', [reason, description]);
    });
  }

  /** @throws SocketIoError `TOO_MANY_ROOMS`, `ROOM_NAME_TOO_LONG` */
  #checkRooms(names: readonly string[]): void {
    const { limits, limitReport } = this.client.options.engine;
    const { name: nsp, delivery } = this.nsp;
    const tooLong = names.find((name) => name.length > limits.roomLength);
    if (tooLong === undefined && delivery.countRooms(this.#member) + names.length <= limits.rooms) return;
    const limit = tooLong === undefined ? 'rooms' : 'roomLength';
    const what =
      tooLong === undefined
        ? `a client may be in ${limits.rooms} rooms of ${label(nsp)}`
        : `the name of a room may have ${limits.roomLength} characters, got ${tooLong.length}`;
    limitReport.reached(limit, `a client of ${quote(this.conn.remoteAddress)} was kept from joining a room`);
    throw new SocketIoError(
      tooLong === undefined ? 'TOO_MANY_ROOMS' : 'ROOM_NAME_TOO_LONG',
      `${what}: join fewer or shorter names, or raise limits.${limit}`,
    );
  }

  /** Runs `call` at once or, with recovery, after the events that are still on their way through the broker. */
  #inOrder(call: () => void): void {
    const { recovery } = this.nsp.delivery;
    if (recovery === null) call();
    else recovery.inOrder(call);
  }

  /** This socket without its event maps, as the other parts of the server use it. */
  get #member(): Socket & Member {
    return this as unknown as Socket & Member;
  }

  /** @returns whether the state allows the transition */
  #enter(transition: SocketTransition): boolean {
    const next = this.#state.next[transition];
    if (next === undefined) return false;
    this.#state = SOCKET_STATES[next];
    return true;
  }
}
