/**
 * Read-only Maps and Sets of rooms and their members, as Socket.IO's in-memory adapter shows them: each socket is also
 * in a room of its own id, which the server's index does not store. A view copies nothing and always shows the current
 * state.
 *
 * Views are instances of `Map` and `Set`, since code checks for that. The storage that they inherit stays empty, so all
 * methods that read it are replaced.
 */
import { inspect } from 'node:util';
import { SocketIoError } from '../../errors.js';
import type { Member, ViewedNamespace } from './adapter.js';

/** The methods that later versions of JavaScript have added to `Set`. */
const SET_OPERATIONS = [
  'union',
  'intersection',
  'difference',
  'symmetricDifference',
  'isSubsetOf',
  'isSupersetOf',
  'isDisjointFrom',
] as const;

function readOnly(): never {
  throw new SocketIoError(
    'INVALID_ARGUMENT',
    'the rooms of an adapter are read-only: use socket.join() and leave(), or adapter.addAll() and del()',
  );
}

/** A read-only Set whose values are computed when they are read. */
export abstract class SetView<T> extends Set<T> implements ReadonlySet<T> {
  static {
    for (const name of SET_OPERATIONS) {
      const operation: unknown = Reflect.get(Set.prototype, name);
      if (typeof operation !== 'function') continue;
      const value = function (this: SetView<unknown>, other: unknown): unknown {
        return Reflect.apply(operation, new Set(this), [other]);
      };
      Object.defineProperty(this.prototype, name, { value, configurable: true, writable: true });
    }
  }

  abstract override get size(): number;
  abstract override has(value: T): boolean;
  abstract override values(): Generator<T, undefined>;

  override add(): never {
    return readOnly();
  }

  override delete(): never {
    return readOnly();
  }

  override clear(): never {
    return readOnly();
  }

  [inspect.custom](): Set<T> {
    return new Set(this);
  }

  override keys(): Generator<T, undefined> {
    return this.values();
  }

  override *entries(): Generator<[T, T], undefined> {
    for (const value of this.values()) yield [value, value];
  }

  override [Symbol.iterator](): Generator<T, undefined> {
    return this.values();
  }

  override forEach(call: (value: T, same: T, set: Set<T>) => void, thisArg?: unknown): void {
    for (const value of this.values()) call.call(thisArg, value, value, this);
  }
}

/** A read-only Map whose entries are computed when they are read. */
export abstract class MapView<V> extends Map<string, V> implements ReadonlyMap<string, V> {
  abstract override get size(): number;
  abstract override has(key: string): boolean;
  abstract override get(key: string): V | undefined;
  abstract override keys(): Generator<string, undefined>;

  override set(): never {
    return readOnly();
  }

  override delete(): never {
    return readOnly();
  }

  override clear(): never {
    return readOnly();
  }

  [inspect.custom](): Map<string, V> {
    return new Map(this);
  }

  override *values(): Generator<V, undefined> {
    for (const [, value] of this.entries()) yield value;
  }

  override *entries(): Generator<[string, V], undefined> {
    for (const key of this.keys()) {
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  override [Symbol.iterator](): Generator<[string, V], undefined> {
    return this.entries();
  }

  override forEach(call: (value: V, key: string, map: Map<string, V>) => void, thisArg?: unknown): void {
    for (const [key, value] of this.entries()) call.call(thisArg, value, key, this);
  }
}

/** The rooms and their members as `LocalAdapter` stores them, without the room of each socket's own id. */
export interface RoomIndex {
  readonly rooms: ReadonlyMap<string, ReadonlySet<Member>>;
  readonly joined: ReadonlyMap<Member, ReadonlySet<string>>;
}

export const NO_MEMBERS: ReadonlySet<Member> = new Set();

/** The ids of the sockets in each room. */
export class RoomsView extends MapView<ReadonlySet<string>> {
  readonly #nsp: ViewedNamespace;
  readonly #rooms: RoomIndex['rooms'];

  constructor(nsp: ViewedNamespace, rooms: RoomIndex['rooms']) {
    super();
    this.#nsp = nsp;
    this.#rooms = rooms;
  }

  /** A room that is named after a socket's id counts once. */
  get size(): number {
    let { size } = this.#rooms;
    for (const id of this.#nsp.members.keys()) if (!this.#rooms.has(id)) size++;
    return size;
  }

  has(room: string): boolean {
    return this.#rooms.has(room) || this.#nsp.members.get(room) !== undefined;
  }

  get(room: string): ReadonlySet<string> | undefined {
    const members = this.#rooms.get(room);
    const owner = this.#nsp.members.get(room);
    return members === undefined && owner === undefined
      ? undefined
      : new RoomMembersView(this.#nsp, members ?? NO_MEMBERS, owner);
  }

  *keys(): Generator<string, undefined> {
    for (const id of this.#nsp.members.keys()) yield id;
    for (const room of this.#rooms.keys()) if (this.#nsp.members.get(room) === undefined) yield room;
  }
}

/** The rooms of each socket, by its id. */
export class SocketRoomsView extends MapView<ReadonlySet<string>> {
  readonly #nsp: ViewedNamespace;
  readonly #joined: RoomIndex['joined'];

  constructor(nsp: ViewedNamespace, joined: RoomIndex['joined']) {
    super();
    this.#nsp = nsp;
    this.#joined = joined;
  }

  get size(): number {
    return this.#nsp.members.size;
  }

  has(id: string): boolean {
    return this.#nsp.members.get(id) !== undefined;
  }

  get(id: string): ReadonlySet<string> | undefined {
    const member = this.#nsp.members.get(id);
    return member === undefined ? undefined : new MemberRoomsView(member, this.#joined);
  }

  *keys(): Generator<string, undefined> {
    yield* this.#nsp.members.keys();
  }
}

/** The ids of the sockets in one room, including the socket whose id the room has. */
class RoomMembersView extends SetView<string> {
  readonly #nsp: ViewedNamespace;
  readonly #members: ReadonlySet<Member>;
  readonly #owner: Member | undefined;

  constructor(nsp: ViewedNamespace, members: ReadonlySet<Member>, owner: Member | undefined) {
    super();
    this.#nsp = nsp;
    this.#members = members;
    this.#owner = owner;
  }

  get size(): number {
    return this.#members.size + (this.#owner === undefined ? 0 : 1);
  }

  has(id: string): boolean {
    const member = this.#nsp.members.get(id);
    return member !== undefined && (member === this.#owner || this.#members.has(member));
  }

  *values(): Generator<string, undefined> {
    if (this.#owner !== undefined) yield this.#owner.id;
    for (const { id } of this.#members) yield id;
  }
}

/** The rooms of one socket, including the room of its own id. */
class MemberRoomsView extends SetView<string> {
  readonly #member: Member;
  readonly #joined: RoomIndex['joined'];

  constructor(member: Member, joined: RoomIndex['joined']) {
    super();
    this.#member = member;
    this.#joined = joined;
  }

  get size(): number {
    return 1 + (this.#joined.get(this.#member)?.size ?? 0);
  }

  has(room: string): boolean {
    return room === this.#member.id || this.#joined.get(this.#member)?.has(room) === true;
  }

  *values(): Generator<string, undefined> {
    yield this.#member.id;
    yield* this.#joined.get(this.#member) ?? [];
  }
}
