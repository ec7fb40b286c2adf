/**
 * Rooms and broadcasts among the sockets of this process. Rooms are Sets of sockets, made with their
 * first member and dropped with their last. The room that every socket has under its own id is no Set:
 * it is found in the namespace's index.
 *
 * A broadcast is encoded once and costs one step per receiver, whatever the size of other rooms.
 */
import type { SocketIoError } from '../../errors.js';
import { Message } from '../../engine/index.js';
import type { EventPacket } from '../../protocol/index.js';
import { AckCollector, type AllAcknowledged, type Settle } from './ack-collector.js';
import type { Adapter, AdapterHost } from './adapter.js';
import { AdapterView, type NamespaceAdapter } from './adapter-view.js';
import type { BroadcastTarget } from './broadcast-target.js';
import type { Namespace } from '../namespace/namespace.js';
import type { Recovery } from './recovery.js';
import type { RemoteSocket } from '../hosted/distant-socket.js';
import type { Socket } from '../socket/socket.js';

export class LocalAdapter implements Adapter {
  protected readonly host: AdapterHost;
  readonly #rooms = new Map<string, Set<Socket>>();
  readonly #joined = new Map<Socket, Set<string>>();
  /** There once somebody has asked for it. */
  #view: AdapterView | null = null;

  constructor(host: AdapterHost) {
    this.host = host;
  }

  get recovery(): Recovery | null {
    return null;
  }

  /** The index of the namespace has it already. */
  add({ id }: Socket): void {
    this.#view?.joined(id, id, true);
  }

  join(socket: Socket, rooms: readonly string[]): void {
    for (const room of rooms) {
      if (room === socket.id) continue; // always a member
      let joined = this.#joined.get(socket);
      if (joined === undefined) this.#joined.set(socket, (joined = new Set()));
      else if (joined.has(room)) continue;
      joined.add(room);
      let members = this.#rooms.get(room);
      if (members === undefined) this.#rooms.set(room, (members = new Set()));
      members.add(socket);
      this.#view?.joined(room, socket.id, members.size === 1);
    }
  }

  leave(socket: Socket, room: string): void {
    const joined = this.#joined.get(socket);
    if (joined?.delete(room) !== true) return;
    if (joined.size === 0) this.#joined.delete(socket);
    this.#removeFrom(room, socket);
  }

  remove(socket: Socket): void {
    // A client that was refused by a middleware has never been in.
    if (this.#view !== null && (socket.isLeaving || this.host.entering.has(socket.id))) {
      this.#view.left(socket.id, socket.id, true);
    }
    const joined = this.#joined.get(socket);
    if (joined === undefined) return;
    this.#joined.delete(socket);
    for (const room of joined) this.#removeFrom(room, socket);
  }

  roomsOf(socket: Socket): Iterable<string> {
    return this.#joined.get(socket) ?? [];
  }

  /** How many sockets of this process are in a room. */
  sizeOf(room: string): number {
    return this.#rooms.get(room)?.size ?? 0;
  }

  broadcast(packet: EventPacket, target: BroadcastTarget): void {
    const { compress = true, volatile = false } = target.flags;
    const message = Message.of(this.host.encode(packet), compress);
    this.each(target, (socket) => socket.deliver(packet, message, volatile));
  }

  broadcastWithAck(packet: EventPacket, target: BroadcastTarget, timeout: number, done: AllAcknowledged): void {
    const acks = new AckCollector(done);
    this.ask(packet, target, timeout, () => acks.expect());
    acks.seal();
  }

  /**
   * Broadcasts a question. `expect` is called for each receiver, before anybody can answer.
   * @param timeout ms
   */
  ask(packet: EventPacket, target: BroadcastTarget, timeout: number, expect: () => Settle): void {
    const { compress = true, volatile = false } = target.flags;
    const id = this.host.nextAckId();
    const message = Message.of(this.host.encode({ ...packet, id }), compress);
    this.each(target, (socket) => {
      if (!socket.isReachable) return;
      const settle = expect();
      try {
        socket.expectAck(id, settle, timeout);
      } catch (error) {
        settle(error as SocketIoError, []); // a client that never answers must not stop the broadcast to the others
      }
      socket.deliver(packet, message, volatile);
    });
  }

  fetchSockets(target: BroadcastTarget): Promise<RemoteSocket[]> {
    return Promise.resolve(this.connected(target));
  }

  socketsJoin(target: BroadcastTarget, rooms: readonly string[]): void {
    for (const socket of this.connected(target)) this.join(socket, rooms);
  }

  socketsLeave(target: BroadcastTarget, rooms: readonly string[]): void {
    for (const socket of this.connected(target)) for (const room of rooms) this.leave(socket, room);
  }

  disconnectSockets(target: BroadcastTarget, close: boolean): void {
    for (const socket of this.connected(target)) socket.disconnect(close);
  }

  /** There is no other server: nobody is asked, and nobody answers. */
  serverSideEmit(args: readonly unknown[]): void {
    const done = args.at(-1);
    if (typeof done === 'function') (done as AllAcknowledged)(null, []);
  }

  view(nsp: Namespace): NamespaceAdapter {
    return (this.#view ??= new AdapterView(nsp, this, { rooms: this.#rooms, joined: this.#joined }));
  }

  close(): void {}

  /** Who is connected of those that are meant. A list, so that what is done to its members cannot disturb the search. */
  connected(target: BroadcastTarget): Socket[] {
    const sockets: Socket[] = [];
    this.each(target, (socket) => {
      if (socket.connected) sockets.push(socket);
    });
    return sockets;
  }

  /** Visits each receiver once. */
  protected each(target: BroadcastTarget, visit: (socket: Socket) => void): void {
    const excluded = target.excepted.length === 0 ? null : this.#excluded(target.excepted);
    const visitUnlessExcluded = excluded === null ? visit : (socket: Socket) => excluded(socket) || visit(socket);
    const { sockets, entering } = this.host;
    if (target.rooms === null) {
      for (const socket of sockets.values()) visitUnlessExcluded(socket);
      for (const socket of entering.values()) visitUnlessExcluded(socket);
    } else if (target.rooms.length === 1) {
      for (const socket of this.#members(target.rooms[0] as string)) visitUnlessExcluded(socket);
    } else {
      const union = new Set<Socket>();
      for (const room of target.rooms) for (const socket of this.#members(room)) union.add(socket);
      for (const socket of union) visitUnlessExcluded(socket);
    }
  }

  /** Asks each receiver for its rooms rather than the rooms for their members: those may be many more. */
  #excluded(rooms: readonly string[]): (socket: Socket) => boolean {
    const sets = rooms.map((room) => this.#rooms.get(room)).filter((members) => members !== undefined);
    // An id is compared, not looked up: the index knows neither who is at its middlewares nor who is leaving.
    return (socket) => rooms.includes(socket.id) || sets.some((members) => members.has(socket));
  }

  /** Who is in a room, or is meant by an id. */
  #members(room: string): ReadonlySet<Socket> {
    const members = this.#rooms.get(room);
    const owner = this.host.sockets.get(room) ?? this.host.entering.get(room);
    if (owner === undefined) return members ?? NOBODY;
    return members === undefined ? new Set([owner]) : new Set([owner, ...members]);
  }

  #removeFrom(room: string, socket: Socket): void {
    const members = this.#rooms.get(room);
    if (members?.delete(socket) !== true) return;
    if (members.size === 0) this.#rooms.delete(room);
    this.#view?.left(room, socket.id, members.size === 0);
  }
}

const NOBODY: ReadonlySet<Socket> = new Set();
