/**
 * Announces to the clients of this server who is in their rooms. Changes of a room are collected for `presence.interval` and
 * then sent as one event. A client that joins gets the users as of the last announcement, encoded once for all that
 * join until the next one, and the announcements from then on: a state and the diffs that follow it.
 *
 * Work is done in slices, one in each turn of the event loop, so that a room of thousands does not block the server.
 */
import { type Clock, contain, Message, type Timer } from '../../engine/internal.js';
import { type Encoded, type EventPacket, PacketType } from '../../protocol/internal.js';
import type { Member } from '../adapter/adapter.js';
import { Queue } from '../recovery/queue.js';
import type { AnnouncedEvent, PresenceRoom } from './presence-room.js';
import { PresenceTable } from './presence-table.js';
import type { PresenceDiff } from './present-user.js';

/** Messages of up to {@link BYTES_PER_STEP} that one slice sends, which takes 2 to 4 ms. */
const STEPS_PER_SLICE = 200;

const BYTES_PER_STEP = 8_192;

/** The namespace of a presence, as it is announced to its clients. */
export interface AnnouncedNamespace {
  readonly name: string;
  /** The connected clients of this server in a room. */
  clientsIn(room: string): readonly Member[];
  isIn(client: Member, room: string): boolean;
}

export interface AnnouncerHost {
  readonly clock: Clock;
  /** ms */
  readonly interval: number;
  /** Makes the `meta` of a user from those of its clients; `null` if it is the most recent one. */
  readonly mergeMetas: ((metas: readonly unknown[]) => unknown) | null;
  encode(packet: EventPacket): Encoded;
  /** Runs a task in the next turn of the event loop. */
  defer(task: () => void): void;
  failed(what: string, error: unknown): void;
}

/** An event that is being sent to the clients of a room. */
interface Announcement extends AnnouncedEvent {
  readonly room: string;
  readonly clients: readonly Member[];
  next: number;
}

type DiffListener = (diff: PresenceDiff) => void;

export class RoomAnnouncer {
  readonly table: PresenceTable;
  readonly #name: string;
  readonly #host: AnnouncerHost;
  #namespace: AnnouncedNamespace | null = null;
  /** Rooms with changes that are being collected. */
  #collecting: PresenceRoom[] = [];
  #timer: Timer | null = null;
  /** Rooms whose changes are to be announced now. */
  readonly #due = new Queue<PresenceRoom>();
  /** Clients that have joined a room. They come before anything else: a diff must not arrive before the state. */
  readonly #joiners = new Queue<readonly [client: Member, room: string]>();
  #announcement: Announcement | null = null;
  #isWorking = false;
  /** By room; `null` for all users. */
  readonly #listeners = new Map<string | null, Set<DiffListener>>();

  constructor(name: string, host: AnnouncerHost) {
    this.#name = name;
    this.#host = host;
    this.table = new PresenceTable({
      get merges() {
        return host.mergeMetas !== null;
      },
      merge: (metas) => this.#merge(metas),
      changed: (room) => this.#changed(room),
    });
  }

  /** Whether a listener follows a room, or all users. */
  get isWatched(): boolean {
    return this.#listeners.size > 0;
  }

  /** @param namespace `null` if this server has no such namespace */
  announceTo(namespace: AnnouncedNamespace | null): void {
    this.#namespace = namespace;
  }

  /** Sends the users of a room to a client that has joined it. */
  greet(client: Member, room: string): void {
    const found = this.table.room(room);
    if (found === undefined || found.announced === 0) return; // the first announcement is a state
    this.#joiners.push([client, room]);
    this.#workSoon();
  }

  /**
   * Calls a listener with each diff of a room.
   * @param room `null` for all users of the namespace
   * @returns a function that ends it
   */
  watch(room: string | null, listener: DiffListener): () => void {
    const listeners = this.#listeners.get(room) ?? new Set();
    this.#listeners.set(room, listeners);
    if (room === null) this.table.follow(true);
    const own: DiffListener = (diff) => listener(diff); // the same listener may be given twice
    listeners.add(own);
    return () => {
      listeners.delete(own);
      if (listeners.size > 0 || this.#listeners.get(room) !== listeners) return;
      this.#listeners.delete(room);
      if (room === null) this.table.follow(false);
    };
  }

  /** Forgets all clients, and announces nothing. */
  close(): void {
    this.table.clear();
    this.#timer?.cancel();
    this.#timer = null;
    this.#collecting = [];
    this.#announcement = null;
    while (this.#due.shift() !== null);
    while (this.#joiners.shift() !== null);
  }

  #merge(metas: readonly unknown[]): unknown {
    try {
      return this.#host.mergeMetas?.(metas);
    } catch (error) {
      this.#host.failed('the option "presence.merge"', error);
      return metas[0];
    }
  }

  // --- Inside: when ---

  #changed(room: PresenceRoom): void {
    this.#collecting.push(room);
    this.#timer ??= this.#host.clock.after(this.#host.interval, () => {
      this.#timer = null;
      for (const changed of this.#collecting) this.#due.push(changed);
      this.#collecting = [];
      this.#work();
    });
  }

  #workSoon(): void {
    if (this.#isWorking) return;
    this.#isWorking = true;
    this.#host.defer(() => {
      this.#isWorking = false;
      this.#work();
    });
  }

  #work(): void {
    let steps = STEPS_PER_SLICE;
    while (steps > 0) {
      const joiner = this.#joiners.shift();
      if (joiner !== null) steps -= this.#sendState(...joiner);
      else if (this.#announcement !== null) steps -= this.#continue(this.#announcement, steps);
      else {
        const room = this.#due.shift();
        if (room === null) return;
        steps -= this.#announce(room);
      }
    }
    this.#workSoon();
  }

  // --- Inside: what. Each method returns the number of steps that it took ---

  #sendState(client: Member, name: string): number {
    const room = this.table.room(name);
    if (room === undefined || room.announced === 0 || room.isBroken) return 1;
    if (this.#namespace?.isIn(client, name) !== true) return 1;
    room.state ??= this.#stateOf(room);
    if (room.state === null) return 1;
    const { packet, message } = room.state;
    client.deliver(packet, message, false, false);
    return stepsOf(message);
  }

  #announce(room: PresenceRoom): number {
    const isFirst = room.announced === 0;
    const diff = this.table.announce(room);
    if (diff === null) return 1;
    const { name } = room;
    for (const listener of this.#listeners.get(name) ?? []) {
      void contain(
        () => listener(diff),
        (error) => this.#host.failed('a listener of presence', error),
      );
    }
    const clients = name === null ? [] : (this.#namespace?.clientsIn(name) ?? []);
    if (name === null || clients.length === 0) return 1;
    const isState = isFirst || room.isBroken;
    const event = isState ? this.#stateOf(room) : this.#event('presence_diff', room, diff);
    if (isState) room.state = event;
    if (event === null) return 1;
    this.#announcement = { ...event, room: name, clients, next: 0 };
    return stepsOf(event.message);
  }

  #continue(announcement: Announcement, steps: number): number {
    const { packet, message, room, clients, next } = announcement;
    const cost = stepsOf(message);
    const end = Math.min(clients.length, next + Math.max(1, Math.floor(steps / cost)));
    for (const client of clients.slice(next, end)) {
      if (this.#namespace?.isIn(client, room) === true) client.deliver(packet, message, false, false);
    }
    announcement.next = end;
    if (end === clients.length) this.#announcement = null;
    return (end - next) * cost;
  }

  #stateOf(room: PresenceRoom): AnnouncedEvent | null {
    return this.#event('presence_state', room, this.table.announced(room));
  }

  /** @returns `null` if the option `parser` cannot encode it, since it does not support the `meta` of a user */
  #event(event: string, room: PresenceRoom, content: unknown): AnnouncedEvent | null {
    const packet: EventPacket = { type: PacketType.EVENT, nsp: this.#name, data: [event, room.name, content] };
    try {
      const message = Message.of(this.#host.encode(packet));
      room.isBroken = false;
      return { packet, message };
    } catch (error) {
      room.isBroken = true;
      this.#host.failed('announcing presence', error);
      return null;
    }
  }
}

function stepsOf({ wire }: Message): number {
  return 1 + Math.floor(wire.length / BYTES_PER_STEP);
}
