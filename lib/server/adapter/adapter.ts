/**
 * What a namespace asks of whoever knows which sockets there are. The built-in `LocalAdapter` knows
 * those of this process. What a chain asks is less: a process without sockets can do it too.
 */
import type { Clock, Log } from '../../engine/index.js';
import type { Encoded, EventPacket } from '../../protocol/index.js';
import type { AllAcknowledged } from './ack-collector.js';
import type { BroadcastTarget } from './broadcast-target.js';
import type { NamespaceAdapter } from './adapter-view.js';
import type { Audience } from '../broadcast/broadcast-operator.js';
import type { Namespace } from '../namespace/namespace.js';
import type { Recovery } from './recovery.js';
import type { RemoteSocket } from '../hosted/distant-socket.js';
import type { Socket } from '../socket/socket.js';

/** Where the chains end: what is done to the clients that a target means. */
export interface Delivery {
  broadcast(packet: EventPacket, target: BroadcastTarget): void;
  /**
   * The same, with an acknowledgement from each receiver.
   * @param timeout ms
   * @param done called once
   */
  broadcastWithAck(packet: EventPacket, target: BroadcastTarget, timeout: number, done: AllAcknowledged): void;
  /** Whether it is one client that is meant, where nobody can be asked who is there. */
  isOneUnseen?(target: BroadcastTarget): boolean;
  fetchSockets(target: BroadcastTarget): Promise<RemoteSocket[]>;
  socketsJoin(target: BroadcastTarget, rooms: readonly string[]): void;
  socketsLeave(target: BroadcastTarget, rooms: readonly string[]): void;
  disconnectSockets(target: BroadcastTarget, close: boolean): void;
  /** Calls the listeners of the other servers of a cluster; the last of `args` may be an acknowledgement. */
  serverSideEmit(args: readonly unknown[]): void;
}

export interface Adapter extends Delivery {
  /** Connection state recovery, where it is on. */
  readonly recovery: Recovery | null;
  /** A socket comes in: from now on it receives broadcasts. */
  add(socket: Socket): void;
  join(socket: Socket, rooms: readonly string[]): void;
  leave(socket: Socket, room: string): void;
  /** The socket goes: it leaves all its rooms. */
  remove(socket: Socket): void;
  /** The rooms of a socket, beside the one of its own id. */
  roomsOf(socket: Socket): Iterable<string>;
  /** What `namespace.adapter` is. */
  view(nsp: Namespace): NamespaceAdapter;
  close(): void;
}

/** An adapter of this package's own, as the option `adapter` takes it beside the published ones. */
export abstract class OwnAdapter {
  /** Makes that of one namespace. */
  abstract create(host: AdapterHost): Adapter;
}

/** What an adapter asks of its namespace. */
export interface AdapterHost {
  /** Sockets that are connected, by id. */
  readonly sockets: ReadonlyMap<string, Socket>;
  /** Sockets whose connect handlers run, by id: they receive broadcasts too, after their CONNECT is answered. */
  readonly entering: ReadonlyMap<string, Socket>;
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly audience: Audience;
  /** ms */
  readonly ackTimeout: number;
  readonly maxPendingAcks: number;
  nextAckId(): number;
  encode(packet: EventPacket): Encoded;
  /** Another server of the cluster has called `serverSideEmit`. */
  readonly onServerSideEmit: (args: readonly unknown[]) => void;
  /** The last session that was kept has gone. */
  readonly onIdle: () => void;
  /** Something failed that is not this server's. */
  readonly failed: (what: string, error: unknown) => void;
}
