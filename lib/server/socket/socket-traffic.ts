/**
 * The events of one client in one namespace, out and in. Whether it is there at all, and what waits until it is,
 * `socket.ts` decides.
 * Source: Socket.IO, `Socket`.
 */
import { Message } from '../../engine/index.js';
import { SocketIoError } from '../../errors.js';
import { type AckPacket, type EventPacket, PacketType } from '../../protocol/index.js';
import { PendingAcks, type Settle } from '../adapter/ack-collector.js';
import { BroadcastTarget, type Flags } from '../adapter/broadcast-target.js';
import { BroadcastOperator } from '../broadcast/broadcast-operator.js';
import type { DirectPort } from '../broadcast/direct-operator.js';
import type { EventsMap } from '../broadcast/event-map.js';
import type { Namespace } from '../namespace/namespace.js';
import { unkept } from '../adapter/recovery.js';
import type { Socket } from './socket.js';
import { SocketFace } from './socket-face.js';
import type { EventTuple } from './taps.js';

/** Answers an event, once. */
type Acknowledger = (...args: unknown[]) => void;

export abstract class SocketTraffic<
  Listen extends EventsMap,
  Emit extends EventsMap,
  ServerSide extends EventsMap,
  Data,
> extends SocketFace<Listen, Emit, Data> {
  abstract readonly nsp: Namespace<Listen, Emit, ServerSide, Data>;
  abstract readonly id: string;
  abstract readonly connected: boolean;
  #acks: PendingAcks | null = null;

  /** @internal Whether what it is sent still goes out, be it after its CONNECT is answered. */
  abstract readonly isReachable: boolean;

  /** @internal Sends what an adapter has encoded. */
  abstract forward(message: Message, volatile: boolean): void;

  /** Itself to those parts of the server to which event maps mean nothing. */
  protected abstract readonly untyped: Socket;

  /** @internal */
  sendEvent(data: EventPacket['data'], flags: Flags, settle: Settle | null): void {
    if (!this.isReachable) {
      settle?.(new SocketIoError('CLIENT_GONE', `the client left before it was sent "${data[0]}"`), []);
      return;
    }
    const {
      name,
      delivery: { recovery },
    } = this.nsp;
    if (settle === null && recovery !== null) {
      if (this.#isKept(flags)) return this.#sendKept({ type: PacketType.EVENT, nsp: name, data }, flags);
      data = unkept(data);
    }
    const id = settle === null ? undefined : this.nsp.nextAckId();
    const packet: EventPacket = { type: PacketType.EVENT, nsp: name, id, data };
    const message = Message.of(this.client.encode(packet), flags.compress);
    if (id !== undefined && settle !== null) this.expectAck(id, settle, flags.timeout);
    const volatile = flags.volatile === true;
    if (recovery === null) this.deliver(packet, message, volatile);
    else recovery.inOrder(() => this.deliver(packet, message, volatile));
  }

  /** @internal Called by adapters, for each receiver of a packet. */
  deliver(packet: EventPacket, message: Message, volatile: boolean): void {
    if (!this.isReachable) return; // its disconnect handlers run, and it is in its rooms still
    this.forward(message, volatile);
    this.tapOutgoing(packet.data);
  }

  /** @internal Called by adapters. */
  expectAck(id: number, settle: Settle, timeout: number | undefined): void {
    const { engine, maxPendingAcks } = this.client.options;
    this.#acks ??= new PendingAcks(engine.clock, maxPendingAcks);
    this.#acks.expect(id, settle, timeout);
  }

  /**
   * Answers an event that was sent with this id. Once is enough: see {@link acknowledger}.
   * @internal
   */
  acknowledge(id: number, args: readonly unknown[]): void {
    if (!this.connected) return;
    const packet: AckPacket = { type: PacketType.ACK, nsp: this.nsp.name, id, data: args };
    const message = Message.of(this.client.encode(packet));
    const { recovery } = this.nsp.delivery;
    if (recovery === null) this.conn.queue(message);
    else recovery.inOrder(() => this.forward(message, false));
  }

  /**
   * The acknowledgement of an event as a function: of its calls, the first counts.
   * @internal
   */
  acknowledger(id: number): Acknowledger {
    let open = true;
    return (...args) => {
      if (open) this.acknowledge(id, args);
      open = false;
    };
  }

  /** @internal */
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

  /** The client has sent an event. */
  protected onEvent(packet: EventPacket, size: number): void {
    if (this.tapped) this.#onTappedEvent(packet, size);
    else this.#dispatch(packet, size);
  }

  /** The client has answered. */
  protected onAck({ id, data }: AckPacket): void {
    if (id !== undefined) this.#acks?.answer(id, data);
  }

  /** It answers no more. */
  protected endAcks(): void {
    this.#acks?.end();
  }

  protected override listenerFailed(what: string, error: unknown): void {
    this.nsp.failed(what, error);
  }

  protected override listenerRuns(event: string | number, running: Promise<void>): void {
    this.nsp.runs('a listener', event, running);
  }

  protected override get port(): DirectPort<Emit, Data> {
    return this;
  }

  /** All who see the event share one acknowledgement: whoever calls it first answers. */
  #onTappedEvent(packet: EventPacket, size: number): void {
    const ack = packet.id === undefined ? undefined : this.acknowledger(packet.id);
    const event = [...this.#withAck(packet, ack)] as EventTuple;
    this.tapIncoming(event);
    this.throughMiddlewares(event, (error) => {
      if (!this.connected) return;
      if (error !== null) return this.notify('error', [error]);
      const data = (ack === undefined ? event : event.filter((item) => item !== ack)) as EventTuple;
      this.#dispatch({ ...packet, data }, size, ack);
    });
  }

  #dispatch(packet: EventPacket, size: number, ack?: Acknowledger): void {
    const name = packet.data[0];
    const handled = this.nsp.handle(this.untyped, packet, size);
    if (this.listenerCount(name as never) > 0) this.notify(name, this.#withAck(packet, ack).slice(1));
    else if (!handled && this.listenersAny().length === 0) this.nsp.unhandled(name);
  }

  /** The event as listeners get it. Where the namespace has a handler, the acknowledgement is the handler's. */
  #withAck({ data, id }: EventPacket, ack?: Acknowledger): readonly unknown[] {
    return id === undefined || this.nsp.handles(data[0]) ? data : [...data, ack ?? this.acknowledger(id)];
  }

  /** Whether an event without acknowledgement can be sent again to a client that comes back. */
  #isKept({ volatile }: Flags): boolean {
    return volatile !== true && this.nsp.isPlaced(this.untyped);
  }

  /** By the way of a broadcast, which is where events are kept. */
  #sendKept(packet: EventPacket, flags: Flags): void {
    this.nsp.delivery.broadcast(packet, BroadcastTarget.everybody.with(flags).to(this.id));
  }
}
