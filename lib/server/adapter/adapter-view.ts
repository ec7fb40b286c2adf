/**
 * The object that `namespace.adapter` returns if no published adapter is hosted. It shows the rooms of this process and
 * has the members of Socket.IO's in-memory adapter that applications use. It is created on first use, stores nothing
 * and reads the index of the server's own adapter.
 *
 * A client whose disconnect handlers are running is still in its rooms, but its id is no longer listed.
 * Source: `socket.io-adapter` 2.5, `Adapter`.
 */
import { type AnyListener, Listenable } from '../../engine/internal.js';
import { type EventPacket, PacketType } from '../../protocol/internal.js';
import type { AdapterTarget, Delivery, NamespaceAdapter, RemoteSocket, ViewedNamespace } from './adapter.js';
import { BroadcastTarget } from './broadcast-target.js';
import { type RoomIndex, RoomsView, SocketRoomsView } from './room-views.js';

export class AdapterView extends Listenable<Record<string, AnyListener>> implements NamespaceAdapter {
  readonly nsp: ViewedNamespace;
  readonly rooms: ReadonlyMap<string, ReadonlySet<string>>;
  readonly sids: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #delivery: Delivery;

  constructor(nsp: ViewedNamespace, delivery: Delivery, index: RoomIndex) {
    super();
    this.nsp = nsp;
    this.#delivery = delivery;
    this.rooms = new RoomsView(nsp, index.rooms);
    this.sids = new SocketRoomsView(nsp, index.joined);
  }

  serverCount(): Promise<number> {
    return Promise.resolve(this.#delivery.serverCount?.() ?? 1);
  }

  sockets(rooms: ReadonlySet<string>): Promise<Set<string>> {
    const lists = rooms.size === 0 ? [this.sids.keys()] : [...rooms].map((room) => this.rooms.get(room) ?? []);
    const found = new Set(lists.flatMap((ids) => Array.from(ids)));
    for (const id of found) if (this.nsp.members.get(id)?.connected !== true) found.delete(id);
    return Promise.resolve(found);
  }

  socketRooms(id: string): ReadonlySet<string> | undefined {
    return this.sids.get(id);
  }

  addAll(id: string, rooms: ReadonlySet<string>): void {
    this.nsp.members.get(id)?.join([...rooms]);
  }

  del(id: string, room: string): void {
    this.nsp.members.get(id)?.leave(room);
  }

  /** Makes a socket leave all rooms except the room of its own id, which a socket never leaves. */
  delAll(id: string): void {
    for (const room of this.sids.get(id) ?? []) this.del(id, room);
  }

  broadcast({ data }: { readonly data: readonly unknown[] }, target: AdapterTarget): void {
    this.#delivery.broadcast(
      { type: PacketType.EVENT, nsp: this.nsp.name, data: data as EventPacket['data'] },
      broadcastTarget(target),
    );
  }

  fetchSockets(target: AdapterTarget): Promise<RemoteSocket[]> {
    return this.#delivery.fetchSockets(broadcastTarget(target));
  }

  addSockets(target: AdapterTarget, rooms: readonly string[]): void {
    this.#delivery.socketsJoin(broadcastTarget(target), rooms);
  }

  delSockets(target: AdapterTarget, rooms: readonly string[]): void {
    this.#delivery.socketsLeave(broadcastTarget(target), rooms);
  }

  disconnectSockets(target: AdapterTarget, close: boolean): void {
    this.#delivery.disconnectSockets(broadcastTarget(target), close);
  }

  /** @internal Called when a socket has joined a room. @param first whether the room was empty */
  joined(room: string, id: string, first: boolean): void {
    if (first) this.notify('create-room', [room]);
    this.notify('join-room', [room, id]);
  }

  /** @internal Called when a socket has left a room. @param last whether the room is empty now */
  left(room: string, id: string, last: boolean): void {
    this.notify('leave-room', [room, id]);
    if (last) this.notify('delete-room', [room]);
  }

  protected listenerFailed(what: string, error: unknown): void {
    this.nsp.failed(what, error);
  }
}

function broadcastTarget({ rooms, except, flags = {} }: AdapterTarget): BroadcastTarget {
  const all = BroadcastTarget.everybody.with(flags).except([...(except ?? [])]);
  return rooms.size === 0 ? all : all.to([...rooms]);
}
