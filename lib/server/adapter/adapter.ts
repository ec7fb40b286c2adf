/**
 * The contracts between a namespace and its adapter, which knows which sockets are in which rooms. The last link of a
 * chain calls a `Delivery`. An `Adapter` is a delivery with members; it sees its namespace as an `AdapterHost` and each
 * socket as a `Member`. Adapters, room views and recovery depend on these ports and never on the classes `Namespace`
 * and `Socket`.
 * Source: `socket.io-adapter` 2.5.
 */
import type { AnyListener, ClientReason, Clock, Log, Message, ReasonGiven } from '../../engine/internal.js';
import type { Encoded, EventPacket } from '../../protocol/internal.js';
import type {
  AckResult,
  AllButLast,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  Last,
  WithTimeout,
} from '../broadcast/event-map.js';
import type { Serializer } from '../broadcast/serializer.js';
import type { ServerReport } from '../explain/server-report.js';
import type { Handshake } from '../handshake.js';
import type { NamespaceHistory } from '../history/namespace-history.js';
import type { RewoundSocket } from '../history/rewind.js';
import type { SocketObservers } from './socket-observer.js';
import type { Instruments } from '../telemetry/instruments.js';
import type { WatchedSocket } from '../telemetry/watched-socket.js';
import type { AllAcknowledged, Settle } from './ack-collector.js';
import type { BrokerLink } from '../broker/broker-link.js';
import type { BroadcastTarget, Flags, Rooms } from './broadcast-target.js';
import type { RecoverableSocket, Recovery } from './recovery.js';

/** Carries out the last link of a chain for every client that the target selects. */
export interface Delivery {
  broadcast(packet: EventPacket, target: BroadcastTarget): void;
  /**
   * Broadcasts an event that every receiver acknowledges.
   * @param timeout ms
   * @param done called once
   */
  broadcastWithAck(packet: EventPacket, target: BroadcastTarget, timeout: number, done: AllAcknowledged): void;
  /** Whether the target names one client. Only deliveries that cannot look clients up have this method. */
  isOneUnseen?(target: BroadcastTarget): boolean;
  fetchSockets(target: BroadcastTarget): Promise<RemoteSocket[]>;
  /** Without it, the ids of `fetchSockets` are used. */
  fetchSocketIds?(target: BroadcastTarget): Promise<string[]>;
  /** Without it, the number of `fetchSockets` is used. */
  countSockets?(target: BroadcastTarget): Promise<number>;
  /** The number of servers in the cluster. Without it, there is one. */
  serverCount?(): number;
  socketsJoin(target: BroadcastTarget, rooms: readonly string[]): void;
  socketsLeave(target: BroadcastTarget, rooms: readonly string[]): void;
  /** @param reason clients can read it; with a published adapter, only those of this process */
  disconnectSockets(target: BroadcastTarget, close: boolean, reason?: ClientReason): void;
  /** Calls listeners in the other servers of a cluster. A function as last argument is an acknowledgement. */
  serverSideEmit(args: readonly unknown[]): void;
  /** Requests the reports of all servers of the cluster on a client. Without it, only this server is asked. */
  report?(who: string): Promise<ClusterReport>;
}

/** The reports of the servers that answered, and the names of the others. */
export interface ClusterReport {
  readonly reports: readonly ServerReport[];
  readonly silent: readonly string[];
}

/** The namespace behind a chain. */
export interface Audience {
  readonly name: string;
  /** The name in metrics, if it is another one. */
  readonly label?: string;
  readonly delivery: Delivery;
  /** Milliseconds to wait for acknowledgements, unless the chain says otherwise. */
  readonly ackTimeout: number;
  /** `null` unless the server is watched, by metrics for example. */
  readonly instruments?: Instruments | null;
  /** Set if the option `serialize` is. */
  readonly serializer?: Serializer | null;
  /** Runs application code. An exception or rejection is logged and goes no further. */
  contain(what: string, call: () => unknown): void;
}

export interface Adapter extends Delivery {
  /** Connection state recovery, or `null` if it is off. */
  readonly recovery: Recovery | null;
  /** Adds a member: from now on broadcasts reach it. */
  add(member: Member): void;
  join(member: Member, rooms: readonly string[]): void;
  leave(member: Member, room: string): void;
  /** Removes a member from all rooms. */
  remove(member: Member): void;
  /** The rooms of a member, without the room of its own id. */
  roomsOf(member: Member): Iterable<string>;
  /** The number of these rooms. */
  countRooms(member: Member): number;
  /** Whether a member is in a room, other than the room of its own id. Adapters that a history needs have this method. */
  hasRoom?(room: string): boolean;
  /** The connected sockets of this process that a target selects, as a list. Without it, there are none. */
  connected?(target: BroadcastTarget): Member[];
  /** The object that `namespace.adapter` returns. */
  view(nsp: ViewedNamespace): NamespaceAdapter;
  /** Whether closing it now would lose answers of other servers. */
  readonly isBusy?: boolean;
  /** @returns a promise, which never rejects, if closing takes time */
  close(): void | Promise<void>;
}

/**
 * Base class of this package's own adapters, which the option `adapter` accepts as well as published ones.
 * @publicApi
 */
export abstract class OwnAdapter {
  /** Creates the adapter of one namespace. */
  abstract create(host: AdapterHost): Adapter;
}

/** The namespace as its adapter sees it. Its options may change until the server serves. */
export interface AdapterHost extends Audience {
  readonly members: MemberIndex;
  readonly clock: Clock;
  readonly log: Log;
  /** The link of the server to its broker, which all namespaces share. */
  readonly broker: BrokerLink;
  /** `null` unless the server is watched, by metrics for example. */
  readonly instruments: Instruments | null;
  /** `null` unless a part of the server follows the clients, see {@link SocketObservers}. */
  readonly observers: SocketObservers | null;
  /** `null` unless the option `history` names the namespace. */
  readonly history: NamespaceHistory | null;
  readonly maxPendingAcks: number;
  nextAckId(): number;
  encode(packet: EventPacket): Encoded;
  /** Called when another server of the cluster calls `serverSideEmit`. */
  receive(args: readonly unknown[]): void;
  /** Creates the report of this server on a client of the namespace. */
  report(who: string): ServerReport;
  /** Called when the last kept session has expired. */
  checkEmpty(): void;
  /** Bytes that a client that may return takes in addition to its session. */
  readonly absenceWeight: number;
  /** Called with the id of a socket when its session can no longer be resumed. */
  sessionOver(id: string): void;
  /** Logs a failure of the adapter or its broker. */
  failed(what: string, error: unknown): void;
}

/**
 * The sockets that broadcasts reach, by id: the connected ones, and those whose connect handlers are running. The
 * latter receive broadcasts after their CONNECT is answered.
 */
export interface MemberIndex {
  readonly size: number;
  get(id: string): Member | undefined;
  keys(): Iterable<string>;
  forEach(visit: (member: Member) => void): void;
}

/** A socket as adapters see it. */
export interface Member extends RemoteSocket, RecoverableSocket, WatchedSocket, RewoundSocket {
  readonly id: string;
  readonly userId: string | undefined;
  readonly handshake: Handshake;
  readonly rooms: Set<string>;
  readonly conn: RecoverableSocket['conn'] & WatchedSocket['conn'] & RewoundSocket['conn'];
  /** Whether messages to it are delivered, at once or after its CONNECT is answered. */
  readonly isReachable: boolean;
  /** Whether its disconnect handlers are running: it has left the namespace, but its rooms are kept. */
  readonly isLeaving: boolean;
  /**
   * Sends a broadcast and calls the listeners of outgoing events.
   * @param mayBeKept whether recovery may keep the event @default true
   */
  deliver(packet: EventPacket, message: Message, volatile: boolean, mayBeKept?: boolean): void;
  /** Sends an encoded packet. @returns whether it is sent, now or when its CONNECT is answered */
  forward(message: Message, volatile: boolean): boolean;
  /**
   * Waits for an acknowledgement of the client.
   * @param timeout ms
   * @throws SocketIoError `TOO_MANY_ACKS`
   */
  expectAck(id: number, settle: Settle, timeout: number | undefined): void;
  /** Calls the listeners of outgoing events. */
  notifyOutgoing(event: readonly unknown[]): void;
}

/**
 * A socket as `fetchSockets` returns it, of this server or of another server of the cluster.
 * @publicApi
 */
export interface RemoteSocket<Emit extends EventsMap = DefaultEventsMap, Data = unknown> {
  readonly id: string;
  readonly handshake: Handshake;
  /** A copy. */
  readonly rooms: Set<string>;
  readonly data: Data;
  emit<K extends EventNames<Emit>>(event: K, ...args: EventParams<Emit, K>): boolean;
  /** @param ms time to wait for an acknowledgement */
  timeout(ms: number): DirectEmitter<WithTimeout<Emit>>;
  join(rooms: Rooms): void;
  leave(room: string): void;
  /** @param reason as for `socket.disconnect`. With a published adapter, a client of another server does not get it */
  disconnect(close?: boolean, reason?: ReasonGiven): this;
}

/**
 * Emits to one client.
 * @publicApi
 */
export interface DirectEmitter<Emit extends EventsMap = DefaultEventsMap> {
  emit<K extends EventNames<Emit>>(event: K, ...args: EventParams<Emit, K>): true;
  emitWithAck<K extends EventNamesWithAck<Emit>>(
    event: K,
    ...args: AllButLast<EventParams<Emit, K>>
  ): Promise<AckResult<Last<EventParams<Emit, K>>>>;
}

/**
 * Selects clients for an operation of {@link NamespaceAdapter}. No rooms means everyone in the namespace.
 * @publicApi
 */
export interface AdapterTarget {
  readonly rooms: ReadonlySet<string>;
  readonly except?: ReadonlySet<string>;
  readonly flags?: Flags;
}

/** The namespace that a {@link NamespaceAdapter} shows. */
export interface ViewedNamespace {
  readonly name: string;
  readonly members: MemberIndex;
  failed(what: string, error: unknown): void;
}

/**
 * The members that `namespace.adapter` has both with and without a cluster. A published adapter has others as well.
 * Every socket is also in a room of its own id.
 * @publicApi
 */
export interface NamespaceAdapter {
  readonly nsp: { readonly name: string };
  /** Ids of the sockets of this process, by room. */
  readonly rooms: ReadonlyMap<string, ReadonlySet<string>>;
  /** Rooms of the sockets of this process, by socket id. */
  readonly sids: ReadonlyMap<string, ReadonlySet<string>>;
  /** The number of servers in the cluster. */
  serverCount(): Promise<number>;
  /** The ids of the sockets in any of these rooms. An empty set means all sockets. */
  sockets(rooms: ReadonlySet<string>): Promise<Set<string>>;
  socketRooms(id: string): ReadonlySet<string> | undefined;
  addAll(id: string, rooms: ReadonlySet<string>): Promise<void> | void;
  del(id: string, room: string): Promise<void> | void;
  delAll(id: string): void;
  /** Sends an event: `type` is 2, `data` holds its name and arguments. */
  broadcast(packet: { readonly type: number; readonly data: readonly unknown[] }, target: AdapterTarget): void;
  fetchSockets(target: AdapterTarget): Promise<RemoteSocket[]>;
  addSockets(target: AdapterTarget, rooms: readonly string[]): void;
  delSockets(target: AdapterTarget, rooms: readonly string[]): void;
  disconnectSockets(target: AdapterTarget, close: boolean): void;
  /** Events: `create-room` and `delete-room` (room), `join-room` and `leave-room` (room, socket id). */
  on(event: string, listener: AnyListener): this;
  once(event: string, listener: AnyListener): this;
  off(event: string, listener: AnyListener): this;
}
