/** Rooms in the order in which something was last sent to them, and their weight. */
import type { RoomHistory } from './room-history.js';

export class RoomList {
  /** The room to which nothing has been sent for longest comes first. */
  readonly #rooms = new Map<string, RoomHistory>();
  #weight = 0;

  get size(): number {
    return this.#rooms.size;
  }

  /** Bytes of memory, estimated. */
  get weight(): number {
    return this.#weight;
  }

  get(key: string): RoomHistory | undefined {
    return this.#rooms.get(key);
  }

  /** Adds a room as the newest one. */
  add(key: string, room: RoomHistory): void {
    this.#rooms.set(key, room);
    this.#weight += room.weight;
  }

  /** Removes a room. */
  take(key: string): RoomHistory | undefined {
    const room = this.#rooms.get(key);
    if (room === undefined) return undefined;
    this.#rooms.delete(key);
    this.#weight -= room.weight;
    return room;
  }

  takeOldest(): void {
    const [oldest] = this.#rooms.keys();
    if (oldest !== undefined) this.take(oldest);
  }

  takeEmpty(): void {
    for (const [key, { isEmpty }] of this.#rooms) if (isEmpty) this.take(key);
  }

  change(key: string, change: (room: RoomHistory) => void): void {
    const room = this.#rooms.get(key);
    if (room !== undefined) this.#change(room, change);
  }

  changeAll(change: (room: RoomHistory) => void): void {
    for (const room of this.#rooms.values()) this.#change(room, change);
  }

  clear(): void {
    this.#rooms.clear();
    this.#weight = 0;
  }

  #change(room: RoomHistory, change: (room: RoomHistory) => void): void {
    const before = room.weight;
    change(room);
    this.#weight += room.weight - before;
  }
}
