/**
 * The rooms and their latest messages, every part of them bounded. Who is in a room is known by the presence of the
 * namespace: the first person who enters a room opens it, and it closes when the last one has left.
 */
import { Injectable } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import { type Broadcaster, InjectBroadcaster, InjectPresence, type Presence } from 'nest-socketio';
import type { ReactDto, SayDto } from './chat.dto.js';
import type { Member, Message, Reactions, RoomSummary, RoomView, ServerEvents } from './chat.events.js';
import { Images, imageType, MAX_IMAGE } from './images.js';

/** Rooms that are never closed. */
const PERMANENT_ROOMS = ['lobby', 'ideas', 'kitchen table'];
const MAX_ROOMS = 100;
const MAX_HISTORY = 50;
/** How many people can react to a message with the same emoji. */
const MAX_REACTIONS = 50;

interface Room {
  name: string;
  history: Message[];
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
  readonly #images = new Images();

  constructor(
    @InjectBroadcaster('/chat') private readonly chat: Broadcaster<ServerEvents>,
    @InjectPresence('/chat') private readonly presence: Presence<Member>,
  ) {
    for (const name of PERMANENT_ROOMS) this.#open(name);
  }

  list(): RoomSummary[] {
    return Array.from(this.#rooms.values(), (room) => this.#summary(room));
  }

  /** Returns the name of a room as it is written in the list. The room is opened if it does not exist. */
  open(name: string): string {
    return (this.#rooms.get(name.toLowerCase()) ?? this.#open(name)).name;
  }

  view(name: string): RoomView {
    const room = this.#get(name);
    return { room: this.#summary(room), history: [...room.history] };
  }

  /** Shows everyone the counts of a room, or closes it if it is empty. */
  update(name: string): void {
    const room = this.#rooms.get(name.toLowerCase());
    if (!room) return;
    const summary = this.#summary(room);
    if (summary.members > 0 || PERMANENT_ROOMS.includes(room.name)) {
      this.chat.emit('room', summary);
      return;
    }
    this.#rooms.delete(name.toLowerCase());
    room.unwatch();
    for (const message of room.history) this.#images.delete(message.id);
    this.chat.emit('closed', room.name);
  }

  /**
   * Stores a message. A client that did not get the acknowledgement sends the message again: then the stored message is
   * returned, and `fresh` is false.
   */
  say(author: string, { id, room: name, text, image }: SayDto): { message: Message; fresh: boolean } {
    const room = this.#get(name);
    const known = room.history.find((message) => message.id === id);
    if (known?.author === author) return { message: known, fresh: false };
    if (known || (text.trim() === '' && !image)) throw new WsException('The message is empty.');

    const message: Message = { id, room: room.name, author, text, at: Date.now() };
    if (image) {
      const type = imageType(image.data);
      if (!type) throw new WsException('Only PNG, JPEG, GIF and WebP images can be sent.');
      if (image.data.length > MAX_IMAGE) throw new WsException('An image must not exceed 2 MB.');
      message.image = { type, width: image.width, height: image.height };
      this.#images.add(id, image.data);
    }
    room.total += 1;
    room.history.push(message);
    if (room.history.length > MAX_HISTORY) this.#images.delete(room.history.shift()!.id);
    return { message, fresh: true };
  }

  /** Adds a reaction to a message, or removes it if `guest` has reacted with this emoji before. */
  react(name: string, guest: string, { id, emoji }: ReactDto): Reactions {
    const message = this.#get(name).history.find((message) => message.id === id);
    if (!message) throw new WsException('The message is too old for a reaction.');
    const people = new Set(message.reactions?.[emoji]);
    if (!people.delete(guest)) people.add(guest);
    if (people.size > MAX_REACTIONS) throw new WsException(`${MAX_REACTIONS} people have already reacted like this.`);
    message.reactions = { ...message.reactions, [emoji]: [...people] };
    if (people.size === 0) delete message.reactions[emoji];
    return message.reactions;
  }

  /** @returns the bytes of an image that was sent to this room, or null if they have been evicted */
  image(name: string, id: string): Buffer | null {
    const isHere = this.#get(name).history.some((message) => message.id === id);
    return isHere ? this.#images.get(id) : null;
  }

  #get(name: string): Room {
    const room = this.#rooms.get(name.toLowerCase());
    if (!room) throw new WsException(`There is no room “${name}”.`);
    return room;
  }

  #open(name: string): Room {
    // A room whose only visitor left within `presence.interval` has had no change that closed it.
    if (this.#rooms.size >= MAX_ROOMS) for (const room of this.#rooms.values()) this.update(room.name);
    if (this.#rooms.size >= MAX_ROOMS) throw new WsException('There are too many rooms. Please join an existing one.');
    const changes = this.presence.watch(channel(name)).subscribe(() => this.update(name));
    const room: Room = { name, history: [], total: 0, unwatch: () => changes.unsubscribe() };
    this.#rooms.set(name.toLowerCase(), room);
    return room;
  }

  #summary({ name, total }: Room): RoomSummary {
    return { name, members: this.presence.count(channel(name)), total };
  }
}
