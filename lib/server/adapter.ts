/**
 * What a namespace asks of whoever knows which sockets there are. The built-in `LocalAdapter` knows
 * those of this process.
 */
import type { Message } from '../engine/index.js';
import type { EventPacket } from '../protocol/index.js';
import type { AckCollector } from './acks.js';
import type { BroadcastTarget } from './broadcast-target.js';
import type { RemoteSocket } from './remote-socket.js';
import type { Socket } from './socket.js';

export interface Adapter {
  join(socket: Socket, rooms: readonly string[]): void;
  leave(socket: Socket, room: string): void;
  /** The socket goes: it leaves all its rooms. */
  remove(socket: Socket): void;
  /** The rooms of a socket, beside the one of its own id. */
  roomsOf(socket: Socket): Iterable<string>;
  broadcast(packet: EventPacket, target: BroadcastTarget): void;
  /** The same, with an acknowledgement from each receiver; `packet.id` is set. */
  broadcastWithAck(packet: EventPacket, target: BroadcastTarget, timeout: number, acks: AckCollector): void;
  fetchSockets(target: BroadcastTarget): Promise<RemoteSocket[]>;
  socketsJoin(target: BroadcastTarget, rooms: readonly string[]): void;
  socketsLeave(target: BroadcastTarget, rooms: readonly string[]): void;
  disconnectSockets(target: BroadcastTarget, close: boolean): void;
}

/** What an adapter asks of its namespace. */
export interface AdapterHost {
  /** Sockets that are connected, by id. */
  readonly sockets: ReadonlyMap<string, Socket>;
  /** Sockets whose connect handlers run, by id: they receive broadcasts too, after their CONNECT is answered. */
  readonly entering: ReadonlyMap<string, Socket>;
  encode(packet: EventPacket, compress: boolean): Message;
}
