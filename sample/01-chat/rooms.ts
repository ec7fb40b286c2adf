/**
 * The list of rooms. The presence of the namespace knows who is in a room: the first person who enters a room opens it,
 * and it closes when the last one has left.
 */
import { Injectable } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import {
  type Broadcaster,
  type History,
  InjectBroadcaster,
  InjectHistory,
  InjectPresence,
  type Presence,
} from 'nest-socketio';
import type { Member, RoomSummary, ServerEvents } from './chat.events.js';

/** Rooms that are never closed. */
const PERMANENT_ROOMS = ['lobby', 'ideas', 'kitchen table'];
const MAX_ROOMS = 100;

interface Room {
  name: string;
  total: number;
  unwatch: () => void;
}

/** The Socket.IO room of a chat room. The prefix keeps it apart from the room that each client has by its id. */
export function channel(room: string): string {
  return `#${room}`;
}

@Injectable()
export class Rooms {
  readonly #rooms = new Map<string, Room>(); // by name in lower case

  constructor(
    @InjectBroadcaster('/chat') private readonly chat: Broadcaster<ServerEvents>,
    @InjectPresence('/chat') private readonly presence: Presence<Member>,
    @InjectHistory('/chat') private readonly history: History,
  ) {
    for (const name of PERMANENT_ROOMS) this.#open(name);
  }

  list(): RoomSummary[] {
    return Array.from(this.#rooms.values(), (room) => this.#summary(room));
  }

  /** Opens a room, unless it is open. Returns its name as it is in the list, since case does not matter. */
  open(name: string): string {
    return (this.#rooms.get(name.toLowerCase()) ?? this.#open(name)).name;
  }

  /** Counts a message. */
  said(name: string): void {
    const room = this.#rooms.get(name.toLowerCase());
    if (room) room.total += 1;
    this.update(name);
  }

  /** Shows everyone the counts of a room, or closes it if it is empty. */
  update(name: string): RoomSummary | undefined {
    const room = this.#rooms.get(name.toLowerCase());
    if (!room) return undefined;
    const summary = this.#summary(room);
    if (summary.members > 0 || PERMANENT_ROOMS.includes(name)) {
      this.chat.emit('room', summary);
      return summary;
    }
    this.#rooms.delete(name.toLowerCase());
    room.unwatch();
    this.history.clear(channel(name)).catch(() => {}); // entries that stay in the broker expire
    this.chat.emit('closed', name);
    return undefined;
  }

  #open(name: string): Room {
    if (this.#rooms.size >= MAX_ROOMS) throw new WsException('There are too many rooms. Please join an existing one.');
    const changes = this.presence.watch(channel(name)).subscribe(() => this.update(name));
    const room: Room = { name, total: 0, unwatch: () => changes.unsubscribe() };
    this.#rooms.set(name.toLowerCase(), room);
    return room;
  }

  #summary({ name, total }: Room): RoomSummary {
    return { name, members: this.presence.count(channel(name)), total };
  }
}
