/**
 * One client in one namespace: the object that a handler gets. It is created as soon as CONNECT arrives, before
 * anything is awaited. It ends once, in `refuse` or in `#leave`.
 * Source: Socket.IO, `Socket`.
 */
import { ClientReason, Message, type ReasonGiven } from '../../engine/internal.js';
import { ProtocolError, SocketIoError } from '../../errors.js';
import { type AckPacket, type EventPacket, type Packet, PacketType, type Refusal } from '../../protocol/internal.js';
import type { Settle } from '../adapter/ack-collector.js';
import { BroadcastTarget, type Flags } from '../adapter/broadcast-target.js';
import { isKept, RECOVERABLE, type RecoveryCursor, type RestoredSession, withoutOffset } from '../adapter/recovery.js';
import type { DirectPort } from '../broadcast/direct-operator.js';
import type { DefaultEventsMap, EventsMap } from '../broadcast/event-map.js';
import { messageKey } from '../broadcast/latest-key.js';
import type { Rewind } from '../history/rewind.js';
import type { Namespace } from '../namespace/namespace.js';
import type { EventTuple } from './catch-all.js';
import type { Client } from './client.js';
import { Emission } from '../telemetry/emission.js';
import { withoutContext } from '../telemetry/tracing/client-context.js';
import { OWN_REASONS, reasonOfRefusal } from './own-reasons.js';
import { PendingAcks } from './pending-acks.js';
import { type DecisionStep, type Ending, PendingConnect, unexpectedPacket } from './pending-connect.js';
import { replay } from './replay.js';
import { SocketFace } from './socket-face.js';
import { createSocketId } from './socket-id.js';
import { logDisconnect } from './socket-log.js';
import { type DisconnectReason, SOCKET_STATES, type SocketState, type SocketTransition } from './socket-state.js';

/** Answers an event. Only the first call counts. */
type Acknowledger = (...args: unknown[]) => void;

/** @publicApi */
export class Socket<
  Listen extends EventsMap = DefaultEventsMap,
  Emit extends EventsMap = Listen,
  ServerSide extends EventsMap = DefaultEventsMap,
  // oxlint-disable-next-line typescript/no-explicit-any -- as Socket.IO: the application defines what `data` holds
  Data = any,
> extends SocketFace<Listen, Emit, ServerSide, Data> {
  // --- Public attributes ---

  #id: string = createSocketId();
  #recovered = false;
  #state: SocketState = SOCKET_STATES.deciding;
  /** Set while its CONNECT is being decided. */
  #pending: PendingConnect | null;
  #acks: PendingAcks | null = null;
  /** @internal Set if connection state recovery is on. */
  cursor: RecoveryCursor | null = null;
  /** @internal Set while the client is sent the past of a room that it has joined. */
  rewind: Rewind | null = null;

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
    super(nsp, client, auth);
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
    return this.#state.isListed;
  }

  get disconnected(): boolean {
    return !this.connected;
  }

  /**
   * The room of its own id and the rooms it has joined. In middlewares of the namespace, it is not in the room of its id
   * yet; once the socket is disconnected, there are none, except in a handler of `onEnd`. A copy.
   */
  get rooms(): Set<string> {
    if (!this.#state.hasRooms) return new Set(this.nsp.absences?.roomsOf(this));
    const own = this.#state.name === 'deciding' ? [] : [this.id];
    return new Set([...own, ...this.nsp.delivery.roomsOf(this.member)]);
  }

  // --- Public methods ---

  /**
   * Disconnects the client from this namespace.
   * @param close whether to close the connection, which disconnects the client from every namespace
   * @param reason sent to the client as the event `disconnect_reason`, `{ code, message }`, before it is disconnected,
   *   and in the close frame of the connection; a text gets the code `disconnected`
   * @throws SocketIoError `INVALID_ARGUMENT` for another reason than a text or `{ code, message }`
   */
  disconnect(close = false, reason?: ReasonGiven): this {
    const told = reason === undefined ? undefined : ClientReason.of(reason);
    this.inOrder(() => this.drop(close, told), 0);
    return this;
  }

  // --- Inside: its state ---

  /** @internal Whether its CONNECT is being decided. */
  get isUndecided(): boolean {
    return this.#state.isUndecided;
  }

  /** @internal Whether broadcasts reach it. */
  get isPlaced(): boolean {
    return this.#state.isPlaced;
  }

  /** @internal Whether messages to it are delivered, at once or after its CONNECT is answered. */
  get isReachable(): boolean {
    return this.#state.isReachable;
  }

  /** @internal Whether its disconnect handlers are running. */
  get isLeaving(): boolean {
    return this.#state.name === 'leaving';
  }

  /** @returns whether the state allows the transition */
  #enter(transition: SocketTransition): boolean {
    const next = this.#state.next[transition];
    if (next === undefined) return false;
    this.#state = SOCKET_STATES[next];
    return true;
  }

  // --- Inside: sending ---

  protected override get port(): DirectPort<Emit, Data> {
    return this;
  }

  /** @internal Sends an event to this client alone. */
  sendEvent(data: EventPacket['data'], flags: Flags, settle: Settle | null): void {
    const { instruments } = this.nsp;
    if (instruments === null) return this.#sendEvent(data, flags, settle);
    const target = BroadcastTarget.everybody.with(flags).to(this.id);
    const emission = new Emission(this.nsp.name, this.nsp.label, String(data[0]), target, true, settle !== null);
    instruments.emit(emission, () => this.#sendEvent(data, flags, settle));
  }

  #sendEvent(data: EventPacket['data'], flags: Flags, settle: Settle | null): void {
    const { name, delivery, serializer } = this.nsp;
    const { recovery } = delivery;
    if (settle === null && recovery !== null && isKept(flags) && this.#keepsEvents)
      return this.#broadcastToSelf(data, flags);
    if (!this.isReachable) {
      settle?.(new SocketIoError('CLIENT_GONE', `the client left before it was sent "${data[0]}"`), []);
      return;
    }
    const volatile = flags.volatile === true;
    if (serializer !== null) data = serializer(data);
    if (settle === null && recovery !== null) data = withoutOffset(data);
    const id = settle === null ? undefined : this.nsp.nextAckId();
    const packet: EventPacket = { type: PacketType.EVENT, nsp: name, id, data };
    const message = Message.of(this.client.encode(packet), flags.compress, messageKey(name, data[0], flags));
    if (id !== undefined && settle !== null) this.expectAck(id, settle, flags.timeout);
    if (recovery === null) this.deliver(packet, message, volatile);
    else recovery.inOrder(() => this.deliver(packet, message, volatile), message.wire.length);
  }

  /**
   * Whether events are kept for it: once it is a member, and after its connection was lost as long as its client may
   * resume the session. Keeping a session takes the cursor.
   */
  get #keepsEvents(): boolean {
    return this.isReachable ? this.isPlaced : this.#state.hasRooms || this.cursor === null;
  }

  /** Sends an event as a broadcast to the room of its id: only broadcasts are kept for clients that resume. */
  #broadcastToSelf(data: EventPacket['data'], flags: Flags): void {
    const { name, delivery, serializer } = this.nsp;
    const serialized = serializer === null ? data : serializer(data);
    const packet: EventPacket = { type: PacketType.EVENT, nsp: name, data: serialized };
    delivery.broadcast(packet, BroadcastTarget.everybody.with(flags).to(this.id));
  }

  /** @internal */
  get keptPlace(): RecoveryCursor | null {
    return this.nsp.delivery.recovery?.keepsAtOnce === true ? this.cursor : null;
  }

  /** @internal Sends an event that is kept until the client has it, if it resumes. */
  passKept({ data }: EventPacket): void {
    const packet: EventPacket = { type: PacketType.EVENT, nsp: this.nsp.name, data };
    this.nsp.delivery.broadcast(packet, BroadcastTarget.everybody.to(this.id));
  }

  /**
   * @internal Called for each receiver of a broadcast.
   * @param mayBeKept whether recovery may keep the event
   */
  deliver(packet: EventPacket, message: Message, volatile: boolean, mayBeKept = true): void {
    if (!this.isReachable) return; // while its disconnect handlers run, it is still in its rooms
    if (this.rewind !== null && this.rewind.takes(packet, message, volatile, mayBeKept)) return;
    this.pass(packet, message, volatile);
  }

  /** @internal Sends an event, even if others wait until the client has been sent the past of a room. */
  pass(packet: EventPacket, message: Message, volatile: boolean): void {
    if (!this.isReachable) return;
    const isSent = this.forward(message, volatile);
    const { instruments } = this.nsp;
    if (instruments !== null && (isSent || volatile || message.key !== null)) {
      instruments.sent(this.member, packet, message.wire.length, !isSent);
    }
    if (this.hasCatchAll) this.notifyOutgoing(packet.data); // `data` may have to be decoded first
  }

  /** @internal Sends an encoded packet. @returns whether it is sent, now or when its CONNECT is answered */
  forward(message: Message, volatile: boolean): boolean {
    if (this.#state.isAnswered) return this.conn.queue(message, volatile);
    if (this.#pending === null || volatile) return false;
    if (this.#pending.outgoing(message)) return true;
    this.nsp.admission.overflowed(this.member);
    return false;
  }

  /** @internal Sends an event of the server itself, which is not kept for clients that resume. */
  protected override sendNotice(event: string, payload: object): void {
    const packet: EventPacket = { type: PacketType.EVENT, nsp: this.nsp.name, data: [event, payload] };
    this.pass(packet, Message.of(this.client.encode(packet)), false);
  }

  #sendReason({ code, message }: ClientReason): void {
    this.sendNotice('disconnect_reason', { code, message });
  }

  /** @internal Runs `call` at once or, with recovery, after the events that are still on their way through the broker. */
  inOrder(call: () => void, bytes: number): void {
    const { recovery } = this.nsp.delivery;
    if (recovery === null) call();
    else recovery.inOrder(call, bytes);
  }

  // --- Inside: acknowledgements ---

  /** @internal Waits for an acknowledgement of the client. */
  expectAck(id: number, settle: Settle, timeout: number | undefined): void {
    const { clock, limits, limitReport } = this.client.options.engine;
    this.#acks ??= new PendingAcks(clock, limits.pendingAcks);
    if (this.#acks.size >= limits.pendingAcks)
      limitReport.reached('pendingAcks', 'a client owes too many acknowledgements', this);
    const { instruments } = this.nsp;
    this.#acks.expect(id, instruments === null ? settle : instruments.awaitAck(this.member, settle), timeout);
  }

  /** @internal Answers an event. The caller must not answer twice, see {@link acknowledger}. */
  acknowledge(id: number, args: readonly unknown[]): void {
    if (!this.#state.isConnected) return;
    const { name, serializer } = this.nsp;
    const data = serializer === null ? args : serializer(args);
    const packet: AckPacket = { type: PacketType.ACK, nsp: name, id, data };
    const message = Message.of(this.client.encode(packet));
    const { recovery } = this.nsp.delivery;
    if (recovery === null) this.conn.queue(message); // without a closure: every acknowledged event passes here
    else recovery.inOrder(() => this.forward(message, false), message.wire.length);
  }

  /** @internal Returns a function that answers an event. Only its first call counts. */
  acknowledger(id: number): Acknowledger {
    let open = true;
    return (...args) => {
      if (open) this.acknowledge(id, args);
      open = false;
    };
  }

  // --- Inside: the decision on its CONNECT ---

  /** @internal Set if the socket was disconnected, or its connection lost, while its CONNECT is being decided. */
  get ending(): Ending | null {
    return this.#pending?.ending ?? null;
  }

  /** @internal Called if its CONNECT has not been decided in time. */
  overdue(): void {
    if (this.#pending !== null) this.nsp.admission.overdue(this.member, this.#pending.step);
  }

  /** @internal Notes that a step of the decision begins, for the log if the decision is overdue. */
  begins(step: DecisionStep): void {
    if (this.#pending !== null) this.#pending.step = step;
  }

  /** @internal Becomes a member of its namespace: from now on broadcasts reach it, after the answer to its CONNECT. */
  place(): void {
    if (this.#enter('placed')) this.nsp.add(this.member);
  }

  /**
   * Sends the missed events to a client that resumes, as fast as it takes them, if they are many. Few are sent together
   * with the answer to its CONNECT.
   * @internal
   * @returns `null` if there is nothing to wait for
   */
  replay(): Promise<void> | null {
    return replay(this.#pending?.missed ?? [], this.conn, () => this.isUndecided && this.ending === null);
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
    if (!this.#state.isConnected) return; // a parser that cannot encode the answer has ended the connection
    const { ending } = pending;
    const byServer = ending?.reason === 'server namespace disconnect';
    const told = ending?.description instanceof ClientReason ? ending.description : undefined;
    if (ending === null || byServer) this.nsp.joined(this.member);
    else this.nsp.missed(this.member); // the client has left: its buffered events are handled first
    if (byServer) return this.drop(false, told); // the buffered events are dropped
    for (const packet of pending.packets) if (this.#state.isConnected) this.#handle(packet, 0);
    if (ending !== null && this.#state.isConnected) this.lost(ending.reason, ending.description);
  }

  /** @internal Refuses the CONNECT. No disconnect handler runs. */
  refuse(refusal: Refusal): void {
    if (!this.isUndecided) return;
    if (this.#state.isAnswered) {
      this.#sendReason(reasonOfRefusal(refusal));
      this.client.dismiss(this.nsp.name);
    } else this.client.refuse(this.nsp.name, refusal); // first, since it throws if the refusal cannot be encoded
    this.#takePending();
    this.#enter('refused');
    this.delist();
    this.nsp.remove(this.member);
    this.#enter('finished');
    this.#acks?.end();
  }

  #takePending(): PendingConnect {
    const pending = this.#pending as PendingConnect;
    this.#pending = null;
    pending.end();
    return pending;
  }

  #answerConnect({ missed, messages, ending }: PendingConnect): void {
    for (const message of missed) this.conn.queue(message);
    this.client.answerConnect(this.nsp.name, this.id, this.cursor?.pid);
    for (const message of messages) this.conn.queue(message);
    const { history } = this.nsp;
    if (history === null || !this.#recovered || ending !== null) return;
    history.resume(this.member, new Set(messages.flatMap(({ key }) => key ?? [])));
  }

  // --- Inside: its session, if clients may resume ---

  /** @internal Resumes a session, before any handler sees the socket. */
  restore({ sid, data, cursor, missed, userId, expiresAt }: RestoredSession): void {
    this.#id = sid;
    this.data = data as Data;
    if (userId !== undefined) this.inheritUser(userId);
    if (expiresAt !== undefined) this.expiresAt = expiresAt;
    this.#recovered = true;
    this.cursor = cursor;
    for (const message of missed) this.#pending?.missed.push(message); // too many for a spread call, perhaps
    this.nsp.absences?.claimed(this.member);
  }

  /**
   * Keeps the session if a client may resume after a disconnect for this reason.
   * @internal
   * @returns whether the client may resume
   */
  keepSession(ending: Pick<Ending, 'reason'> | null): boolean {
    if (this.rewind?.isNeeded === true) return false; // part of the past has not been sent
    return ending !== null && RECOVERABLE.has(ending.reason) && this.#keepSession();
  }

  #keepSession(): boolean {
    const isKept = this.nsp.delivery.recovery?.keep(this.member) ?? false;
    if (isKept && this.isUndecided) this.nsp.absences?.kept(this.member);
    return isKept;
  }

  /**
   * Keeps the session although its CONNECT is still being decided: the client has returned on another connection.
   * @internal
   */
  releaseSession(): void {
    if (this.isUndecided) this.keepSession(this.ending);
  }

  /** A session is resumed by its own user only. Until its CONNECT is decided, the application may set another one. */
  protected override userIdChanges(former: string | undefined): void {
    if (this.#recovered && this.isUndecided && former !== undefined) this.#giveUpSession();
  }

  /**
   * Gives up a session that belongs to another user, who may still resume it. The socket goes on with another id, and
   * without the rooms, data and messages of the session. If they have been sent already, it is disconnected.
   */
  #giveUpSession(): void {
    this.#keepSession();
    this.nsp.remove(this.member);
    this.#recovered = false;
    this.data = {} as Data;
    this.#id = createSocketId();
    this.cursor = null;
    this.#pending?.missed.splice(0);
    this.#pending?.messages.splice(0);
    this.nsp.add(this.member);
    if (this.#state.isAnswered) this.drop(false, OWN_REASONS.other_user);
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
      case PacketType.EVENT: {
        const event = this.client.options.telemetry.clientContext ? withoutContext(packet) : packet;
        return this.hasCatchAll ? this.#dispatchThroughCatchAll(event, size) : this.#dispatch(event, size);
      }
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
      if (!this.#state.isConnected) return;
      if (error !== null) return this.notify('error', [error]);
      const data = (ack === undefined ? event : event.filter((item) => item !== ack)) as EventTuple;
      this.#dispatch({ ...packet, data }, size, ack);
    });
  }

  #dispatch(packet: EventPacket, size: number, ack?: Acknowledger): void {
    const name = packet.data[0];
    const { instruments } = this.nsp;
    // The listeners of `error` are for the server's errors. The decoder refuses all other names of the server's events.
    const isHeard = name !== 'error' && this.listenerCount(name as never) > 0;
    if (instruments?.areReceiving === true && (isHeard || this.nsp.handles(name))) {
      instruments.received(this.member, packet, isHeard ? String(name) : this.nsp.labelOf(name), size);
    }
    const handled = this.nsp.handle(this.member, packet, size);
    if (isHeard) {
      if (instruments === null) this.notify(name, this.#withAck(packet, ack).slice(1));
      else this.notifyWatched(instruments, packet, size, this.#withAck(packet, ack).slice(1));
    } else if (!handled && this.listenersAny().length === 0) this.#unhandled(packet, ack);
  }

  /** In a namespace with gateways, the client does not wait for an answer that no one will give. */
  #unhandled(packet: EventPacket, ack?: Acknowledger): void {
    const { data, id } = packet;
    const [name] = data;
    this.nsp.instruments?.unhandled(this.member, packet);
    const error = this.nsp.unhandled(name);
    if (error === null || id === undefined) return;
    if (ack === undefined) this.acknowledge(id, [{ error }]);
    else ack({ error });
  }

  /** The event as listeners get it. If the namespace has a handler, the handler acknowledges, not a listener. */
  #withAck({ data, id }: EventPacket, ack?: Acknowledger): readonly unknown[] {
    return id === undefined || this.nsp.handles(data[0]) ? data : [...data, ack ?? this.acknowledger(id)];
  }

  // --- Inside: its end ---

  /** @internal Disconnects without waiting for events that are still on their way through a broker. */
  drop(close: boolean, reason?: ClientReason): void {
    if (close) return this.client.disconnect(reason);
    if (this.#pending !== null) {
      this.#pending.ending ??= { reason: 'server namespace disconnect', description: reason };
    } else if (this.#state.isConnected) {
      if (reason !== undefined) this.#sendReason(reason);
      this.client.sendDisconnect(this.nsp.name);
      this.#leave('server namespace disconnect', reason);
    }
  }

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

  /** Ends a connected socket, whatever the reason. */
  #leave(reason: DisconnectReason, description?: unknown): void {
    if (!this.#enter('parted')) return;
    const tracer = this.nsp.instruments?.tracer ?? null;
    if (tracer === null) this.#part(reason, description);
    else tracer.disconnect(this.member, reason, (ended) => this.#part(reason, description, ended));
  }

  #part(reason: DisconnectReason, description: unknown, ended?: () => void): void {
    this.delist();
    this.client.left(this.nsp.name);
    this.#acks?.end();
    this.notify('disconnecting', [reason, description]);
    const { logDisconnects } = this.client.options;
    if (logDisconnects !== false) logDisconnect(this, logDisconnects, reason);
    this.#enter('left');
    const mayReturn = this.keepSession({ reason });
    this.nsp.left(this.member, { reason, description, mayReturn }, () => {
      this.nsp.delivery.remove(this.member);
      this.client.gone();
      this.#enter('finished');
      this.notify('disconnect', [reason, description]);
      ended?.();
    });
  }
}
