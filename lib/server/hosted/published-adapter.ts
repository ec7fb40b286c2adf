/**
 * The contract of adapters published on npm: the methods we call on them, and the members of a namespace and its
 * sockets that they may use. Published adapters are written against the classes of the `socket.io` package;
 * `HostedAdapter` gives them objects with exactly these members.
 * Source: `socket.io-adapter` 2.5.
 */
import type { EventPacket } from '../../protocol/internal.js';
import type { Handshake } from '../handshake.js';

/**
 * The value of the option `adapter`: a class, or the function that an adapter's `createAdapter` returns.
 * @publicApi
 */
export type PublishedAdapterFactory = (new (nsp: never) => object) | ((nsp: never) => object);

/** Selects clients for an operation. No rooms means everyone. */
export interface PublishedTarget {
  rooms: Set<string>;
  readonly except: Set<string>;
  readonly flags?: Readonly<Record<string, unknown>>;
}

/** An event. If it is to be acknowledged, the adapter gives it an id. */
export interface PublishedPacket {
  readonly type: EventPacket['type'];
  readonly nsp: string;
  /** Name and arguments. Adapters may append an offset. */
  readonly data: unknown[];
  readonly id?: number;
  /** Names the server that has delivered the packet to its own clients already. Other servers ignore it. */
  origin?: string;
}

export interface PublishedAdapter {
  init?(): unknown;
  close?(): unknown;
  /** Adapters on npm extend Node's EventEmitter; a user's own adapter may not. */
  on?(event: string, listener: (...args: unknown[]) => void): unknown;
  addAll(id: string, rooms: Set<string>): unknown;
  del(id: string, room: string): unknown;
  delAll(id: string): unknown;
  socketRooms(id: string): ReadonlySet<string> | undefined;
  broadcast(packet: PublishedPacket, target: PublishedTarget): unknown;
  broadcastWithAck(
    packet: PublishedPacket,
    target: PublishedTarget,
    clientCount: (count: number) => void,
    answer: (...args: unknown[]) => void,
  ): unknown;
  serverCount(): Promise<number>;
  fetchSockets(target: PublishedTarget): Promise<readonly (HostedSocket | SocketDetails)[]>;
  addSockets(target: PublishedTarget, rooms: readonly string[]): unknown;
  delSockets(target: PublishedTarget, rooms: readonly string[]): unknown;
  disconnectSockets(target: PublishedTarget, close: boolean): unknown;
  serverSideEmit(args: unknown[]): unknown;
  /** Visits the sockets that a target selects. Adapters that extend the one of `socket.io-adapter` have it. */
  apply?(target: PublishedTarget, visit: (socket: HostedSocket) => void): void;
  /** Adapters that keep no sessions have these two methods as well, but find nothing. */
  persistSession?(session: PublishedSession): unknown;
  restoreSession?(
    pid: string,
    offset: string,
  ): Promise<RestoredPublishedSession | null> | RestoredPublishedSession | null;
}

export interface PublishedSession {
  readonly sid: string;
  readonly pid: string;
  readonly rooms: readonly string[];
  readonly data: unknown;
  readonly userId?: string;
  /** ms since 1970 */
  readonly expiresAt?: number;
}

export interface RestoredPublishedSession extends PublishedSession {
  /** Name, arguments and offset of each event. */
  readonly missedPackets: readonly EventPacket['data'][];
}

/** A socket of another server in the cluster, as plain data. */
export interface SocketDetails {
  readonly id: string;
  readonly handshake: Handshake;
  readonly rooms: Iterable<string>;
  readonly data: unknown;
}

/** A socket of this process as a published adapter sees it. */
export interface HostedSocket extends SocketDetails {
  /** Adapters check for this member to distinguish a socket of this process from the details of a remote one. */
  readonly server: object;
  readonly client: { writeToEngine(packets: readonly (string | Uint8Array)[], options: WriteOptions): void };
  readonly acks: { set(id: number, answer: (...args: unknown[]) => void): void };
  notifyOutgoingListeners(packet: PublishedPacket): void;
  join(rooms: readonly string[]): void;
  leave(room: string): void;
  disconnect(close: boolean): unknown;
}

export interface WriteOptions {
  readonly volatile?: boolean;
  readonly compress?: boolean;
}

/** A namespace as a published adapter sees it. */
export interface HostedNamespace {
  readonly name: string;
  readonly server: {
    readonly encoder: { encode(packet: EventPacket): readonly (string | Uint8Array)[] };
    /** Has `connectionStateRecovery` if recovery is on. Adapters then append an offset to packets and keep sessions. */
    readonly opts: { readonly connectionStateRecovery?: { readonly maxDisconnectionDuration: number } };
  };
  readonly sockets: { get(id: string): HostedSocket | undefined };
  /** Read and incremented for each broadcast that requests acknowledgements. */
  _ids: number;
  /** Called when another server of the cluster calls `serverSideEmit`. */
  _onServerSideEmit(args: unknown[]): void;
}
