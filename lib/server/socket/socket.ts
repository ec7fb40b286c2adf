/**
 * One client in one namespace: what a handler holds. It is made, and its place in the namespace taken,
 * when CONNECT arrives, before anything is awaited; it ends once, through `#leave` or a refusal.
 * Source: Socket.IO, `Socket`.
 */
import { createId, type Message } from '../../engine/index.js';
import { ProtocolError } from '../../errors.js';
import { type Packet, PacketType, type Refusal } from '../../protocol/index.js';
import type { Rooms } from '../broadcast/broadcast-operator.js';
import type { Client } from './client.js';
import type { DefaultEventsMap, EventsMap } from '../broadcast/event-map.js';
import { type Ending, type HeldPacket, Hold, toHeldPacket } from './pending-connect.js';
import type { Namespace } from '../namespace/namespace.js';
import { RECOVERABLE, type Restored, type RecoveryCursor } from '../adapter/recovery.js';
import { type DisconnectReason, SOCKET_TRANSITIONS, type SocketEvent, type SocketState } from './socket-state.js';
import { SocketTraffic } from './socket-traffic.js';

export class Socket<
  Listen extends EventsMap = DefaultEventsMap,
  Emit extends EventsMap = Listen,
  ServerSide extends EventsMap = DefaultEventsMap,
  // oxlint-disable-next-line typescript/no-explicit-any -- as Socket.IO: what `data` holds is the application's affair
  Data = any,
> extends SocketTraffic<Listen, Emit, ServerSide, Data> {
  readonly nsp: Namespace<Listen, Emit, ServerSide, Data>;
  #id: string = createId();
  #recovered = false;
  #state: SocketState = 'connecting';
  /** There while `connecting`. */
  #hold: Hold | null;
  /** @internal There where connection state recovery is on. */
  cursor: RecoveryCursor | null = null;

  /**
   * Sockets are made by the server.
   * @internal
   * @param hold what came since a pattern began to decide on the namespace, if one did
   */
  constructor(
    nsp: Namespace<Listen, Emit, ServerSide, Data>,
    client: Client,
    auth?: Readonly<Record<string, unknown>>,
    hold = new Hold(client),
  ) {
    super(client, auth);
    this.nsp = nsp;
    this.#hold = hold;
  }

  /** Unguessable, 20 characters; also the name of a room that this socket is always in. */
  get id(): string {
    return this.#id;
  }

  /** Whether its client has come back to the session that it had, with id, rooms and data. */
  get recovered(): boolean {
    return this.#recovered;
  }

  get connected(): boolean {
    return this.#state === 'connected';
  }

  get disconnected(): boolean {
    return !this.connected;
  }

  /** Its own id and the rooms it is in; empty once it is disconnected. A copy. */
  get rooms(): Set<string> {
    if (this.#state === 'disconnected') return new Set();
    return new Set([this.id, ...this.nsp.delivery.roomsOf(this.untyped)]);
  }

  /** Has no effect once it is disconnected. */
  join(rooms: Rooms): void {
    if (this.isReachable) this.nsp.delivery.join(this.untyped, [rooms].flat());
  }

  leave(room: string): void {
    this.nsp.delivery.leave(this.untyped, room);
  }

  /**
   * Ends its stay in the namespace.
   * @param close whether to end the connection, hence its stay in all namespaces
   */
  disconnect(close = false): this {
    const { recovery } = this.nsp.delivery;
    if (recovery === null) this.#disconnect(close);
    else recovery.inOrder(() => this.#disconnect(close));
    return this;
  }

  /** @internal Whether what it is sent still goes out, be it after its CONNECT is answered. */
  get isReachable(): boolean {
    return this.#state === 'connecting' || this.#state === 'connected';
  }

  /** @internal Whether its disconnect handlers run. */
  get isLeaving(): boolean {
    return this.#state === 'disconnecting';
  }

  /** @internal Sends what an adapter has encoded. */
  forward(message: Message, volatile: boolean): void {
    const hold = this.#hold;
    if (hold === null ? this.connected : hold.greeted) this.conn.queue(message, volatile);
    else if (hold !== null && !volatile) this.#holdBack(hold, message);
  }

  /**
   * A packet of this namespace from the client.
   * @internal
   * @param size how many bytes or characters it took, near enough for a bound
   * @throws ProtocolError
   */
  receive(packet: Packet, size: number): void {
    const held = toHeldPacket(packet);
    const hold = this.#hold;
    // A connect handler may wait for an answer of a client that has been let in already.
    if (hold === null || (hold.greeted && held.type === PacketType.ACK)) this.#handle(held, size);
    else hold.incoming(held, size);
  }

  /** @internal The connection is gone. */
  lost(reason: DisconnectReason, description: unknown): void {
    if (this.#hold === null) {
      if (description instanceof ProtocolError) this.notify('error', [description]);
      this.#leave(reason, description);
    } else {
      this.#hold.ending ??= { reason, description };
      this.endAcks(); // a connect handler may wait for an answer that cannot come any more
    }
  }

  /** @internal How the client went, or was told to go, while its CONNECT is being decided. */
  get ending(): Ending | null {
    return this.#hold?.ending ?? null;
  }

  /** @internal It becomes the socket that its client had; before anybody knows of it. */
  restore({ sid, data, cursor, missed }: Restored): void {
    this.#id = sid;
    this.data = data as Data;
    this.#recovered = true;
    this.cursor = cursor;
    this.#hold?.missed.push(...missed);
  }

  /** @internal Its client may come back, unless somebody wanted its end. */
  keep(ending: Pick<Ending, 'reason'> | null): void {
    if (ending !== null && RECOVERABLE.has(ending.reason)) this.nsp.delivery.recovery?.keep(this.untyped);
  }

  /** @internal Whether its CONNECT is being decided. */
  get isUndecided(): boolean {
    return this.#hold !== null;
  }

  /** @internal Whether deciding on its CONNECT is in vain: the client went or was told to go, or it is decided. */
  get isLost(): boolean {
    return this.#hold === null || this.#hold.ending !== null;
  }

  /** @internal Its CONNECT has not been decided in time. */
  overdue(): void {
    this.nsp.entrance.overdue(this.untyped);
  }

  /** @internal Its CONNECT is answered before its connect handlers run: what is sent from now on goes out at once. */
  greet(): void {
    const hold = this.#hold;
    if (hold === null) return;
    hold.greeted = true;
    this.#answer(hold);
  }

  /** @internal The namespace grants the CONNECT: what waited goes out and in, in order. */
  accept(): void {
    const hold = this.#hold;
    if (hold === null) return;
    this.#hold = null;
    hold.end();
    this.#enter('accepted');
    this.client.decided(this.nsp.name);
    if (!hold.greeted) this.#answer(hold);
    const { ending } = hold;
    const byUs = ending?.reason === 'server namespace disconnect';
    if (ending === null || byUs) this.nsp.joined(this.untyped);
    if (byUs) return this.#disconnect(false); // what the client sent before it knew of it is dropped
    for (const packet of hold.packets) if (this.connected) this.#handle(packet, 0);
    if (ending !== null && this.connected) this.lost(ending.reason, ending.description);
  }

  /** @internal The namespace refuses the CONNECT. Nobody hears of a disconnect. */
  refuse(refusal: Refusal): void {
    if (this.#hold === null) return;
    if (this.#hold.greeted) this.client.dismissed(this.nsp.name);
    else this.client.refused(this.nsp.name, refusal); // first: it throws when the refusal cannot be encoded
    this.#hold.end();
    this.#hold = null;
    this.#enter('refused');
    this.nsp.delivery.remove(this.untyped);
    this.endAcks();
  }

  protected override get untyped(): Socket {
    return this;
  }

  #handle(packet: HeldPacket, size: number): void {
    switch (packet.type) {
      case PacketType.EVENT:
        return this.onEvent(packet, size);
      case PacketType.ACK:
        return this.onAck(packet);
      case PacketType.DISCONNECT:
        return this.#leave('client namespace disconnect');
    }
  }

  #disconnect(close: boolean): void {
    if (close) return this.client.disconnect();
    if (this.#hold !== null) this.#hold.ending ??= { reason: 'server namespace disconnect', description: undefined };
    else if (this.connected) {
      this.client.leave(this.nsp.name);
      this.#leave('server namespace disconnect');
    }
  }

  /** The one exit of a socket that was connected. */
  #leave(reason: DisconnectReason, description?: unknown): void {
    if (!this.#enter('leaving')) return;
    this.client.left(this.nsp.name);
    this.endAcks();
    this.notify('disconnecting', [reason, description]);
    this.keep({ reason });
    this.nsp.left(this.untyped, reason, description, () => {
      this.nsp.delivery.remove(this.untyped);
      this.client.gone();
      this.#enter('left');
      this.notify('disconnect', [reason, description]);
    });
  }

  #answer({ missed, messages }: Hold): void {
    for (const message of missed) this.conn.queue(message);
    this.client.joined(this.nsp.name, this.id, this.cursor?.pid);
    for (const message of messages) this.conn.queue(message);
  }

  #holdBack(hold: Hold, message: Message): void {
    try {
      hold.outgoing(message);
    } catch (error) {
      this.conn.end('transport error', error);
    }
  }

  #enter(event: SocketEvent): boolean {
    const next = SOCKET_TRANSITIONS[this.#state][event];
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }
}
