/**
 * What `namespace.adapter` is where no published adapter is hosted: the rooms of this process, with the
 * members of Socket.IO's in-memory adapter that applications use. It holds nothing: it is made when somebody
 * asks for it, and looks where the server itself looks.
 *
 * A client whose disconnect handlers run is still in its rooms, though its id is listed no more.
 * Source: `socket.io-adapter` 2.5, `Adapter`.
 */
import { type AnyListener, Listenable } from '../../engine/index.js';
import { type EventPacket, PacketType } from '../../protocol/index.js';
import type { Adapter } from './adapter.js';
import { BroadcastTarget, type Flags } from './broadcast-target.js';
import type { Namespace } from '../namespace/namespace.js';
import type { RemoteSocket } from '../hosted/distant-socket.js';
import { type RoomIndex, RoomsView, socketOf, SocketsView } from './room-views.js';

/** Whom an operation is about. No rooms are everybody. */
export interface AdapterTarget {
  readonly rooms: ReadonlySet<string>;
  readonly except?: ReadonlySet<string>;
  readonly flags?: Flags;
}

/**
 * The members that `namespace.adapter` has with and without a cluster; a published adapter has its own ones
 * beside them. Every socket is also in a room of its own id.
 */
export interface NamespaceAdapter {
  readonly nsp: { readonly name: string };
  /** By room, the ids of the sockets of this process that are in it. */
  readonly rooms: ReadonlyMap<string, ReadonlySet<string>>;
  /** By id of a socket of this process, the rooms that it is in. */
  readonly sids: ReadonlyMap<string, ReadonlySet<string>>;
  /** How many servers the cluster has. */
  serverCount(): Promise<number>;
  /** The ids of the sockets that are in any of these rooms, or of all. */
  sockets(rooms: ReadonlySet<string>): Promise<Set<string>>;
  socketRooms(id: string): ReadonlySet<string> | undefined;
  addAll(id: string, rooms: ReadonlySet<string>): Promise<void> | void;
  del(id: string, room: string): Promise<void> | void;
  delAll(id: string): void;
  /** Sends an event: `type` is 2, `data` its name and its arguments. */
  broadcast(packet: { readonly type: number; readonly data: readonly unknown[] }, target: AdapterTarget): void;
  fetchSockets(target: AdapterTarget): Promise<RemoteSocket[]>;
  addSockets(target: AdapterTarget, rooms: readonly string[]): void;
  delSockets(target: AdapterTarget, rooms: readonly string[]): void;
  disconnectSockets(target: AdapterTarget, close: boolean): void;
  /** `create-room` and `delete-room` come with the room, `join-room` and `leave-room` with room and socket id. */
  on(event: string, listener: AnyListener): this;
  once(event: string, listener: AnyListener): this;
  off(event: string, listener: AnyListener): this;
}

export class AdapterView extends Listenable<Record<string, AnyListener>> implements NamespaceAdapter {
  readonly nsp: Namespace;
  readonly rooms: ReadonlyMap<string, ReadonlySet<string>>;
  readonly sids: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #delivery: Adapter;

  constructor(nsp: Namespace, delivery: Adapter, index: RoomIndex) {
    super();
    this.nsp = nsp;
    this.#delivery = delivery;
    this.rooms = new RoomsView(nsp, index.rooms);
    this.sids = new SocketsView(nsp, index.joined);
  }

  serverCount(): Promise<number> {
    return Promise.resolve(1);
  }

  sockets(rooms: ReadonlySet<string>): Promise<Set<string>> {
    const lists = rooms.size === 0 ? [this.sids.keys()] : [...rooms].map((room) => this.rooms.get(room) ?? []);
    return Promise.resolve(new Set(lists.flatMap((ids) => Array.from(ids))));
  }

  socketRooms(id: string): ReadonlySet<string> | undefined {
    return this.sids.get(id);
  }

  addAll(id: string, rooms: ReadonlySet<string>): void {
    socketOf(this.nsp, id)?.join([...rooms]);
  }

  del(id: string, room: string): void {
    socketOf(this.nsp, id)?.leave(room);
  }

  /** All but the room of its own id, which a socket never leaves. */
  delAll(id: string): void {
    for (const room of this.sids.get(id) ?? []) this.del(id, room);
  }

  broadcast({ data }: { readonly data: readonly unknown[] }, target: AdapterTarget): void {
    this.#delivery.broadcast(
      { type: PacketType.EVENT, nsp: this.nsp.name, data: data as EventPacket['data'] },
      targetOf(target),
    );
  }

  fetchSockets(target: AdapterTarget): Promise<RemoteSocket[]> {
    return this.#delivery.fetchSockets(targetOf(target));
  }

  addSockets(target: AdapterTarget, rooms: readonly string[]): void {
    this.#delivery.socketsJoin(targetOf(target), rooms);
  }

  delSockets(target: AdapterTarget, rooms: readonly string[]): void {
    this.#delivery.socketsLeave(targetOf(target), rooms);
  }

  disconnectSockets(target: AdapterTarget, close: boolean): void {
    this.#delivery.disconnectSockets(targetOf(target), close);
  }

  /** @internal A socket is in a room now; `first` if the room was empty. */
  joined(room: string, id: string, first: boolean): void {
    if (first) this.notify('create-room', [room]);
    this.notify('join-room', [room, id]);
  }

  /** @internal A socket has left a room; `last` if the room is empty. */
  left(room: string, id: string, last: boolean): void {
    this.notify('leave-room', [room, id]);
    if (last) this.notify('delete-room', [room]);
  }

  protected listenerFailed(what: string, error: unknown): void {
    this.nsp.failed(what, error);
  }
}

function targetOf({ rooms, except, flags = {} }: AdapterTarget): BroadcastTarget {
  const all = BroadcastTarget.everybody.with(flags).except([...(except ?? [])]);
  return rooms.size === 0 ? all : all.to([...rooms]);
}
