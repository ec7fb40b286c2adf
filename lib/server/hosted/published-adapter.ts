/**
 * The contract of published Socket.IO adapters, as far as it is used: what we call on them, and what they
 * may touch of us. They are written against the classes of the `socket.io` package; `HostedAdapter` gives
 * them objects with just these members.
 * Source: `socket.io-adapter` 2.5.
 */
import type { EventPacket } from '../../protocol/index.js';
import type { Handshake } from '../handshake.js';

/** What the option `adapter` takes: a class, or the function that an adapter's `createAdapter` returns. */
export type PublishedAdapterFactory = (new (nsp: never) => object) | ((nsp: never) => object);

/** Whom an operation is about. No rooms are everybody. */
export interface PublishedTarget {
  rooms: Set<string>;
  readonly except: Set<string>;
  readonly flags?: Readonly<Record<string, unknown>>;
}

/** An event without an id that has to be unique in the namespace: the adapter gives it one. */
export interface PublishedPacket {
  readonly type: EventPacket['type'];
  readonly nsp: string;
  /** Adapters may append to it. */
  readonly data: unknown[];
  readonly id?: number;
}

export interface PublishedAdapter {
  init?(): unknown;
  close?(): unknown;
  /** Adapters are Node's event emitters; one of a user's own making need not be. */
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
  /** Adapters that keep no sessions have these too: they do nothing and find nothing. */
  persistSession?(session: PublishedSession): unknown;
  restoreSession?(pid: string, offset: string): Promise<RestoredSession | null> | RestoredSession | null;
}

export interface PublishedSession {
  readonly sid: string;
  readonly pid: string;
  readonly rooms: readonly string[];
  readonly data: unknown;
}

export interface RestoredSession extends PublishedSession {
  /** Name, arguments and offset of each event. */
  readonly missedPackets: readonly EventPacket['data'][];
}

/** A socket of another server of the cluster. */
export interface SocketDetails {
  readonly id: string;
  readonly handshake: Handshake;
  readonly rooms: Iterable<string>;
  readonly data: unknown;
}

/** One of our sockets as an adapter sees it. */
export interface HostedSocket extends SocketDetails {
  /** By this an adapter tells a socket of this server from the details of another one's. */
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

/** A namespace as an adapter sees it. */
export interface HostedNamespace {
  readonly name: string;
  readonly server: {
    readonly encoder: { encode(packet: EventPacket): readonly (string | Uint8Array)[] };
    /** Adapters append an offset to packets, and keep sessions, where recovery is on. */
    readonly opts: { readonly connectionStateRecovery?: { readonly maxDisconnectionDuration: number } };
  };
  readonly sockets: { get(id: string): HostedSocket | undefined };
  /** Read and incremented for each broadcast that wants acknowledgements. */
  _ids: number;
  /** Another server of the cluster calls `serverSideEmit`. */
  _onServerSideEmit(args: unknown[]): void;
}
