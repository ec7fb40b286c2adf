/**
 * The rooms, their members and their latest messages: the whole state of the chat, every part of it bounded. This class
 * does not know about sockets.
 */
import { Injectable } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import type { ReactDto, SayDto } from './chat.dto.js';
import type { Member, Message, Reactions, RoomSummary, RoomView } from './chat.events.js';
import { Images, imageType, MAX_IMAGE } from './images.js';

/** Rooms that are never closed. Any other room closes when its last member leaves. */
const PERMANENT_ROOMS = ['lobby', 'ideas', 'kitchen table'];
const MAX_ROOMS = 100;
const MAX_HISTORY = 50;
/** How many people can react to a message with the same emoji. */
const MAX_REACTIONS = 50;

interface Room {
  name: string;
  members: Map<string, Member>; // by name
  history: Message[];
  total: number;
}

@Injectable()
export class Rooms {
  readonly #rooms = new Map<string, Room>(); // by name in lower case
  readonly #images = new Images();

  constructor() {
    for (const name of PERMANENT_ROOMS) this.#open(name);
  }

  list(): RoomSummary[] {
    return [...this.#rooms.values()].map(summary);
  }

  /** Adds `guest` to a room as active. The room is opened if it does not exist. */
  enter(name: string, guest: string): RoomView {
    const room = this.#rooms.get(name.toLowerCase()) ?? this.#open(name);
    room.members.set(guest, { name: guest, away: false });
    return { room: summary(room), members: [...room.members.values()], history: [...room.history] };
  }

  /** Removes `guest` from a room. @returns undefined if the room was closed because it became empty */
  leave(name: string, guest: string): RoomSummary | undefined {
    const room = this.#get(name);
    room.members.delete(guest);
    if (room.members.size > 0 || PERMANENT_ROOMS.includes(room.name)) return summary(room);
    this.#rooms.delete(name.toLowerCase());
    for (const message of room.history) this.#images.delete(message.id);
    return undefined;
  }

  /**
   * Stores a message. A client that did not get the acknowledgement sends the message again: then the stored message is
   * returned, and `fresh` is false.
   */
  say(
    author: string,
    { id, room: name, text, image }: SayDto,
  ): { message: Message; room: RoomSummary; fresh: boolean } {
    const room = this.#get(name);
    const known = room.history.find((message) => message.id === id);
    if (known?.author === author) return { message: known, room: summary(room), fresh: false };
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
    return { message, room: summary(room), fresh: true };
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

  setAway(name: string, guest: string, away: boolean): void {
    this.#get(name).members.set(guest, { name: guest, away });
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
    if (this.#rooms.size >= MAX_ROOMS) throw new WsException('There are too many rooms. Please join an existing one.');
    const room: Room = { name, members: new Map(), history: [], total: 0 };
    this.#rooms.set(name.toLowerCase(), room);
    return room;
  }
}

function summary({ name, members, total }: Room): RoomSummary {
  return { name, members: members.size, total };
}
