/**
 * A namespace and its sockets as a published adapter sees them. Whatever the adapter does has its normal effect, with
 * one exception: a packet that the clients of this process have already received is not delivered to them again.
 */
import { createId, Message } from '../../engine/internal.js';
import type { EventPacket } from '../../protocol/internal.js';
import type { AdapterHost, Member } from '../adapter/adapter.js';
import { BroadcastTarget } from '../adapter/broadcast-target.js';
import { sharedHandshake } from '../handshake.js';
import type {
  HostedNamespace,
  HostedSocket,
  PublishedAdapter,
  PublishedPacket,
  PublishedTarget,
  WriteOptions,
} from './published-adapter.js';

/** Rooms that select no one: room names are never symbols, so the one here has no members. */
const NO_ONE = new Set([Symbol('empty') as unknown as string]);

type Packets = readonly (string | Uint8Array)[];

const NO_PACKETS: Packets = [];

/** Targets that are remembered: more than the packets that may wait for the broker. */
const MAX_DELIVERED = 20_000;

export interface NamespaceViewOptions {
  readonly recovery?: { readonly maxDisconnectionDuration: number };
  /** Called with the data of each packet just before the adapter delivers it to the clients of this process. */
  readonly onArrival?: (data: readonly unknown[]) => void;
}

export class NamespaceView implements HostedNamespace {
  readonly server: HostedNamespace['server'];
  readonly sockets: HostedNamespace['sockets'];
  readonly #host: AdapterHost;
  readonly #onArrival: (data: readonly unknown[]) => void;
  /** The views of sockets. Each exists as long as its socket. */
  readonly #views = new WeakMap<Member, SocketView>();
  /** The start of every {@link PublishedPacket.origin} that this view sets. */
  readonly #origin = createId().slice(0, 10);
  /** Targets of packets delivered locally, by the origin of the packet. Adapters may copy a packet. */
  readonly #delivered = new Map<string, PublishedTarget>();
  #marks = 0;
  /** Whether the adapter has encoded a packet since it last visited sockets: it is about to deliver it. */
  #delivers = false;
  /** Whether the adapter is looking for sockets, rather than delivering to them. */
  #finds = false;
  /** The packet of another server that the adapter has encoded, or is delivering. */
  #arrived: EventPacket | null = null;
  #encoded: Packets | null = null;
  #message: Message | null = null;

  constructor(host: AdapterHost, { recovery, onArrival = () => {} }: NamespaceViewOptions = {}) {
    this.#host = host;
    this.#onArrival = onArrival;
    const opts = recovery === undefined ? {} : { connectionStateRecovery: recovery };
    this.server = { opts, encoder: { encode: (packet) => this.#encode(packet) } };
    this.sockets = { get: (id) => this.#view(id) };
  }

  get name(): string {
    return this.#host.name;
  }

  get _ids(): number {
    return this.#host.nextAckId();
  }

  set _ids(_incremented) {} // reading `_ids` has incremented it already

  _onServerSideEmit(args: unknown[]): void {
    this.#host.receive(args);
  }

  /** Marks a packet as delivered to the clients of this process, before the adapter gets it. */
  markDelivered(packet: PublishedPacket, target: PublishedTarget): void {
    packet.origin = `${this.#origin}${this.#marks++}`;
    this.#delivered.set(packet.origin, target);
    for (const oldest of this.#delivered.keys()) {
      if (this.#delivered.size <= MAX_DELIVERED) return;
      this.#delivered.delete(oldest); // the adapter has failed to deliver it
    }
  }

  isDelivered({ origin }: { readonly origin?: unknown }): boolean {
    return typeof origin === 'string' && origin.startsWith(this.#origin);
  }

  /**
   * Keeps clients that are not admitted yet from being found, as in a namespace without a published adapter. They do
   * get broadcasts, after their CONNECT is answered. An adapter visits sockets in either case; for a broadcast, it has
   * encoded a packet just before.
   */
  watchVisits(adapter: PublishedAdapter): void {
    const visitAll = adapter.apply?.bind(adapter);
    if (visitAll === undefined) return;
    adapter.apply = (target, visit) => {
      const outer = this.#finds;
      this.#finds = !this.#delivers;
      this.#delivers = false;
      try {
        this.#keep(target, () => visitAll(target, visit));
      } finally {
        this.#finds = outer;
        this.#arrived = null;
      }
    };
  }

  /** Whether the client of a member must wait for an event that is being delivered, see `Rewind`. */
  isHeld({ rewind }: Member, message: Message, volatile: boolean): boolean {
    return this.#arrived !== null && rewind !== null && rewind.takes(this.#arrived, message, volatile);
  }

  /** Runs the delivery of a packet of another server, which the history keeps if it has to. */
  #keep({ rooms, except, flags = {} }: PublishedTarget, deliver: () => void): void {
    const packet = this.#arrived;
    const { history } = this.#host;
    if (history === null || packet === null || this.#finds || packet.id !== undefined) return deliver();
    const target = BroadcastTarget.of(rooms.size === 0 ? null : [...rooms], [...except], flags);
    if (!history.keeps(packet, target)) return deliver();
    const entry = history.say(target, Message.of(this.#host.encode(packet), flags['compress'] !== false));
    history.deliver(entry, packet, deliver);
  }

  /** Frames packets once for all receivers: an adapter writes the same list to one socket after the other. */
  frame(packets: Packets, compress: boolean): Message {
    if (this.#encoded !== packets || this.#message === null) {
      this.#encoded = packets;
      this.#message = Message.of(packets, compress);
    }
    return this.#message;
  }

  /**
   * Encodes a packet for the clients of this process. An adapter calls this after it has published the packet, and
   * reads the target afterwards. If the clients have received the packet already, the target is emptied here, so that
   * the adapter does not visit them.
   */
  #encode(packet: EventPacket & Pick<PublishedPacket, 'origin'>): Packets {
    const { origin } = packet;
    if (origin === undefined || !this.isDelivered(packet)) {
      this.#onArrival(packet.data);
      this.#arrived = packet;
      const encoded = this.#host.encode(packet);
      this.#delivers = true;
      return typeof encoded === 'string' ? [encoded] : encoded;
    }
    const target = this.#delivered.get(origin);
    if (target !== undefined) target.rooms = NO_ONE;
    this.#delivered.delete(origin);
    this.#delivers = true;
    return NO_PACKETS;
  }

  #view(id: string): HostedSocket | undefined {
    const member = this.#host.members.get(id);
    if (member === undefined || (this.#finds && !member.connected)) return undefined;
    let view = this.#views.get(member);
    if (view === undefined) this.#views.set(member, (view = new SocketView(member, this.#host, this)));
    return view;
  }
}

/** A socket of this process with the members that published adapters use, which the class `Socket` does not have. */
export class SocketView implements HostedSocket {
  readonly member: Member;
  readonly #host: AdapterHost;
  readonly #namespace: NamespaceView;

  constructor(member: Member, host: AdapterHost, namespace: NamespaceView) {
    this.member = member;
    this.#host = host;
    this.#namespace = namespace;
  }

  get id(): string {
    return this.member.id;
  }

  /** Read when another server of the cluster asks for its sockets. */
  get handshake(): Member['handshake'] {
    return sharedHandshake(this.member.handshake);
  }

  get rooms(): ReadonlySet<string> {
    return this.member.rooms;
  }

  get data(): unknown {
    return this.member.data;
  }

  get server(): object {
    return this.#host;
  }

  get client(): HostedSocket['client'] {
    return this;
  }

  get acks(): HostedSocket['acks'] {
    return this;
  }

  writeToEngine(packets: Packets, { volatile, compress }: WriteOptions): void {
    if (packets.length === 0) return;
    const message = this.#namespace.frame(packets, compress !== false);
    if (!this.#namespace.isHeld(this.member, message, volatile === true)) {
      this.member.forward(message, volatile === true);
    }
  }

  /** Waits for an acknowledgement, at most `ackTimeout`. The broadcast has a timeout of its own. */
  set(id: number, answer: (...args: unknown[]) => void): void {
    try {
      this.member.expectAck(id, (error, args) => error ?? this.#answer(answer, args), this.#host.ackTimeout);
    } catch (error) {
      this.#host.failed('a broadcast to one of its clients', error); // the broadcast to the others must go on
    }
  }

  notifyOutgoingListeners(packet: PublishedPacket): void {
    if (!this.#namespace.isDelivered(packet)) this.member.notifyOutgoing(packet.data);
  }

  join(rooms: readonly string[]): void {
    this.member.join(rooms);
  }

  leave(room: string): void {
    this.member.leave(room);
  }

  disconnect(close: boolean): void {
    this.member.disconnect(close);
  }

  /** The adapter publishes the answer, which may fail. */
  #answer(answer: (...args: unknown[]) => void, args: readonly unknown[]): void {
    try {
      answer(...args);
    } catch (error) {
      this.#host.failed('passing on an acknowledgement', error);
    }
  }
}
