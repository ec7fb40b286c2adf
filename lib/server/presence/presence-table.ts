/**
 * The users and rooms of a namespace that follow from its tracked clients. A user is in a room while one of its clients
 * is; its `meta` is that of its client with the most recent `track` or `update`, or is made from those of all of them
 * when it is read or announced, however many have changed. A room notes the `meta` that each
 * changed user had at the last announcement, so the next one is the difference, whatever happened in between.
 */
import { isDeepStrictEqual } from 'node:util';
import { ABSENT, PresenceRoom } from './presence-room.js';
import type { PresenceDiff, PresentUser, PresentUserDetails } from './present-user.js';
import type { TrackedClient } from './tracked-client.js';

/** A user with a client that is connected, or may return. */
interface User {
  readonly id: string;
  meta: unknown;
  /** Whether `meta` must be merged again. Then all rooms of the user note it. */
  isStale: boolean;
  /** The client with the most recent `track` or `update`. */
  newest: TrackedClient;
  /** Rarely more than a few, so a list is smaller than a Set. */
  readonly clients: TrackedClient[];
}

export interface PresenceTableHost {
  /** Whether the `meta` of a user is made by {@link merge}. */
  readonly merges: boolean;
  /** Returns the `meta` of a user. @param metas of its clients, the most recent one first */
  merge(metas: readonly unknown[]): unknown;
  /** Called with each room that has something to announce, once until it is announced. */
  changed(room: PresenceRoom): void;
}

export class PresenceTable {
  readonly #users = new Map<string, User>();
  readonly #rooms = new Map<string, PresenceRoom<number>>();
  /** All users, as those of a room; `null` unless they are followed. */
  #everyone: PresenceRoom | null = null;
  readonly #host: PresenceTableHost;
  #stamp = 0;

  constructor(host: PresenceTableHost) {
    this.#host = host;
  }

  // --- Changes ---

  /** Adds a client with the rooms that it has. */
  add(client: TrackedClient): void {
    this.#stamp = Math.max(this.#stamp, client.stamp);
    const user = this.#users.get(client.user);
    if (user === undefined) {
      const { user: id, meta } = client;
      this.#users.set(id, { id, meta, isStale: this.#host.merges, newest: client, clients: [client] });
      if (this.#everyone !== null) this.#note(this.#everyone, id, ABSENT);
    } else {
      user.clients.push(client);
      if (client.isNewerThan(user.newest)) user.newest = client;
      this.#refresh(user);
    }
    for (const room of client.rooms) this.#enter(client, room);
  }

  remove(client: TrackedClient): void {
    const user = this.#users.get(client.user);
    const at = user?.clients.indexOf(client) ?? -1;
    if (user === undefined || at === -1) return;
    for (const room of client.rooms) this.#exit(user, room);
    user.clients.splice(at, 1);
    const [first, ...others] = user.clients;
    if (first === undefined) {
      this.#users.delete(user.id);
      if (this.#everyone !== null) this.#note(this.#everyone, user.id, user.meta);
      return;
    }
    if (user.newest === client) {
      user.newest = others.reduce((newest, other) => (other.isNewerThan(newest) ? other : newest), first);
    }
    this.#refresh(user);
  }

  join(client: TrackedClient, room: string): void {
    if (client.rooms.has(room)) return;
    client.rooms.add(room);
    if (client.state !== 'away') this.#enter(client, room);
  }

  leave(client: TrackedClient, room: string): void {
    if (!client.rooms.delete(room)) return;
    const user = this.#users.get(client.user);
    if (user !== undefined && client.state !== 'away') this.#exit(user, room);
  }

  /** Changes the `meta` of a client that was added. @param stamp of {@link nextStamp} */
  update(client: TrackedClient, meta: unknown, stamp: number): void {
    client.meta = meta;
    client.stamp = stamp;
    const user = this.#users.get(client.user);
    if (user === undefined) return;
    if (client.isNewerThan(user.newest)) user.newest = client;
    this.#refresh(user);
  }

  /**
   * Returns the stamp of a `track` or `update` that is made now: later than all that this server knows of. The time
   * orders those of servers that do not know of each other yet.
   */
  nextStamp(): number {
    this.#stamp = Math.max(Date.now(), this.#stamp + 1);
    return this.#stamp;
  }

  /** Whether changes of the users of the namespace are reported, in any room or in none. */
  follow(isFollowed: boolean): void {
    if (isFollowed) this.#everyone ??= new PresenceRoom(null, this.#users);
    else this.#everyone = null;
  }

  /** Forgets all clients and all changes. */
  clear(): void {
    this.#users.clear();
    this.#rooms.clear();
    if (this.#everyone !== null) this.#everyone.pending = null;
  }

  // --- Reads ---

  list(name: string): PresentUser[] {
    const users = this.#rooms.get(name)?.users.keys() ?? [];
    return Array.from(users, (id) => {
      const user = this.#users.get(id) as User;
      const devices = user.clients.filter((client) => client.isConnected && client.rooms.has(name)).length;
      return { user: id, meta: this.#metaOf(user), devices };
    });
  }

  count(name: string): number {
    return this.#rooms.get(name)?.users.size ?? 0;
  }

  user(id: string): PresentUserDetails | null {
    const user = this.#users.get(id);
    if (user === undefined) return null;
    const devices = user.clients.filter(({ isConnected }) => isConnected);
    return {
      user: id,
      meta: this.#metaOf(user),
      devices: devices.map((client) => ({
        id: client.id,
        node: client.owner.node,
        meta: client.meta,
        since: new Date(client.since),
      })),
      rooms: [...roomsOf(user)],
    };
  }

  clientsOf(userId: string): readonly TrackedClient[] {
    return [...(this.#users.get(userId)?.clients ?? [])];
  }

  // --- Announcements ---

  room(name: string): PresenceRoom | undefined {
    return this.#rooms.get(name);
  }

  /** The users of a room as of the last announcement. */
  announced({ users, pending }: PresenceRoom): PresenceDiff['joins'] {
    const state: (readonly [string, unknown])[] = [];
    for (const id of users.keys()) {
      const meta = pending?.has(id) === true ? pending.get(id) : (this.#users.get(id) as User).meta;
      if (meta !== ABSENT) state.push([id, meta]);
    }
    for (const [id, meta] of pending ?? []) if (meta !== ABSENT && !users.has(id)) state.push([id, meta]);
    return state;
  }

  /** Returns the changes of a room since the last announcement, and takes them as announced; `null` if there are none. */
  announce(room: PresenceRoom): PresenceDiff | null {
    const joins: (readonly [string, unknown])[] = [];
    const leaves: string[] = [];
    for (const [id, before] of room.pending ?? []) {
      const now = room.users.has(id) ? this.#metaOf(this.#users.get(id) as User) : ABSENT;
      if (now === ABSENT) {
        if (before !== ABSENT) leaves.push(id);
      } else if (before === ABSENT || !isDeepStrictEqual(before, now)) joins.push([id, now]);
    }
    room.pending = null;
    room.announced = room.users.size;
    if (room.users.size === 0 && room.name !== null) this.#rooms.delete(room.name);
    if (joins.length === 0 && leaves.length === 0) return null;
    room.state = null;
    return { joins, leaves };
  }

  // --- Inside ---

  #enter(client: TrackedClient, name: string): void {
    let room = this.#rooms.get(name);
    if (room === undefined) this.#rooms.set(name, (room = new PresenceRoom(name, new Map())));
    const count = room.users.get(client.user) ?? 0;
    if (count === 0) this.#note(room, client.user, ABSENT);
    room.users.set(client.user, count + 1);
  }

  #exit({ id, meta }: User, name: string): void {
    const room = this.#rooms.get(name);
    const count = room?.users.get(id) ?? 0;
    if (room === undefined || count === 0) return;
    if (count > 1) room.users.set(id, count - 1);
    else {
      room.users.delete(id);
      this.#note(room, id, meta);
    }
  }

  /** Called when a client of a user was added, updated or removed. */
  #refresh(user: User): void {
    const { newest } = user;
    if (this.#host.merges) user.isStale = true;
    else if (user.meta === newest.meta) return;
    else if (isDeepStrictEqual(user.meta, newest.meta)) {
      newest.meta = user.meta; // one object is enough
      return;
    }
    this.#noteUser(user);
    if (!user.isStale) user.meta = newest.meta;
  }

  #metaOf(user: User): unknown {
    if (!user.isStale) return user.meta;
    user.isStale = false;
    const clients = user.clients.toSorted((one, other) => (one.isNewerThan(other) ? -1 : 1));
    return (user.meta = this.#host.merge(clients.map(({ meta }) => meta)));
  }

  #noteUser(user: User): void {
    for (const name of roomsOf(user)) {
      const room = this.#rooms.get(name);
      if (room?.users.has(user.id) === true) this.#note(room, user.id, user.meta);
    }
    if (this.#everyone !== null) this.#note(this.#everyone, user.id, user.meta);
  }

  #note(room: PresenceRoom, id: string, before: unknown): void {
    if (room.pending === null) {
      room.pending = new Map();
      this.#host.changed(room);
    }
    if (!room.pending.has(id)) room.pending.set(id, before);
  }
}

function roomsOf({ clients }: User): Set<string> {
  return new Set(clients.flatMap(({ rooms }) => [...rooms]));
}
