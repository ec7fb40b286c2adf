/**
 * Rooms by name and sockets by id, as Socket.IO's in-memory adapter shows them: each socket is in a room of its
 * own id too, which our index need not keep. Nothing is copied: a view lasts, and shows what is there.
 */
import { MapView, SetView } from './live-views.js';
import type { Namespace } from '../namespace/namespace.js';
import type { Socket } from '../socket/socket.js';

/** Who is in which room, beside the one of their own id. */
export interface RoomIndex {
  readonly rooms: ReadonlyMap<string, ReadonlySet<Socket>>;
  readonly joined: ReadonlyMap<Socket, ReadonlySet<string>>;
}

/** By room, the ids of the sockets in it. */
export class RoomsView extends MapView<ReadonlySet<string>> {
  readonly #nsp: Namespace;
  readonly #rooms: RoomIndex['rooms'];

  constructor(nsp: Namespace, rooms: RoomIndex['rooms']) {
    super();
    this.#nsp = nsp;
    this.#rooms = rooms;
  }

  /** Counts those rooms once that are called like a socket. */
  get size(): number {
    let { size } = this.#rooms;
    for (const id of idsOf(this.#nsp)) if (!this.#rooms.has(id)) size++;
    return size;
  }

  has(room: string): boolean {
    return this.#rooms.has(room) || socketOf(this.#nsp, room) !== undefined;
  }

  get(room: string): ReadonlySet<string> | undefined {
    const members = this.#rooms.get(room);
    const owner = socketOf(this.#nsp, room);
    return members === undefined && owner === undefined
      ? undefined
      : new MembersView(this.#nsp, members ?? NOBODY, owner);
  }

  *keys(): Generator<string, undefined> {
    for (const id of idsOf(this.#nsp)) yield id;
    for (const room of this.#rooms.keys()) if (socketOf(this.#nsp, room) === undefined) yield room;
  }
}

/** By the id of a socket, its rooms. */
export class SocketsView extends MapView<ReadonlySet<string>> {
  readonly #nsp: Namespace;
  readonly #joined: RoomIndex['joined'];

  constructor(nsp: Namespace, joined: RoomIndex['joined']) {
    super();
    this.#nsp = nsp;
    this.#joined = joined;
  }

  get size(): number {
    return this.#nsp.sockets.size + this.#nsp.entering.size;
  }

  has(id: string): boolean {
    return socketOf(this.#nsp, id) !== undefined;
  }

  get(id: string): ReadonlySet<string> | undefined {
    const socket = socketOf(this.#nsp, id);
    return socket === undefined ? undefined : new RoomsOfView(socket, this.#joined);
  }

  keys(): Generator<string, undefined> {
    return idsOf(this.#nsp);
  }
}

/** The ids of the sockets in a room, and of the one that it belongs to. */
class MembersView extends SetView<string> {
  readonly #nsp: Namespace;
  readonly #members: ReadonlySet<Socket>;
  readonly #owner: Socket | undefined;

  constructor(nsp: Namespace, members: ReadonlySet<Socket>, owner: Socket | undefined) {
    super();
    this.#nsp = nsp;
    this.#members = members;
    this.#owner = owner;
  }

  get size(): number {
    return this.#members.size + (this.#owner === undefined ? 0 : 1);
  }

  has(id: string): boolean {
    const socket = socketOf(this.#nsp, id);
    return socket !== undefined && (socket === this.#owner || this.#members.has(socket));
  }

  *values(): Generator<string, undefined> {
    if (this.#owner !== undefined) yield this.#owner.id;
    for (const { id } of this.#members) yield id;
  }
}

class RoomsOfView extends SetView<string> {
  readonly #socket: Socket;
  readonly #joined: RoomIndex['joined'];

  constructor(socket: Socket, joined: RoomIndex['joined']) {
    super();
    this.#socket = socket;
    this.#joined = joined;
  }

  get size(): number {
    return 1 + (this.#joined.get(this.#socket)?.size ?? 0);
  }

  has(room: string): boolean {
    return room === this.#socket.id || this.#joined.get(this.#socket)?.has(room) === true;
  }

  *values(): Generator<string, undefined> {
    yield this.#socket.id;
    yield* this.#joined.get(this.#socket) ?? [];
  }
}

const NOBODY: ReadonlySet<Socket> = new Set();

export function socketOf(nsp: Namespace, id: string): Socket | undefined {
  return nsp.sockets.get(id) ?? nsp.entering.get(id);
}

function* idsOf(nsp: Namespace): Generator<string, undefined> {
  yield* nsp.sockets.keys();
  yield* nsp.entering.keys();
}
