/**
 * The rooms, who is in them and what was said last: all of the chat's memory, and every part of it bounded.
 * Knows nothing of sockets.
 */
import { Injectable } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import type { SayDto } from './chat.dto.js';
import type { Message, RoomSummary, RoomView } from './chat.events.js';
import { Images, imageType, MAX_IMAGE } from './images.js';

/** These are always open; any other room closes when the last one leaves it. */
const LASTING_ROOMS = ['lobby', 'ideas', 'kitchen table'];
const MAX_ROOMS = 100;
const MAX_HISTORY = 50;

interface Room {
  name: string;
  members: Set<string>;
  history: Message[];
  total: number;
}

@Injectable()
export class Rooms {
  readonly #rooms = new Map<string, Room>(); // by name in lower case
  readonly #images = new Images();

  constructor() {
    for (const name of LASTING_ROOMS) this.#open(name);
  }

  list(): RoomSummary[] {
    return [...this.#rooms.values()].map(summary);
  }

  /** Lets `guest` into a room, opening it first if there is none of that name. */
  enter(name: string, guest: string): RoomView {
    const room = this.#rooms.get(name.toLowerCase()) ?? this.#open(name);
    room.members.add(guest);
    return { room: summary(room), members: [...room.members], history: [...room.history] };
  }

  /** Takes `guest` out of a room; undefined when the room closed behind them. */
  leave(name: string, guest: string): RoomSummary | undefined {
    const room = this.#get(name);
    room.members.delete(guest);
    if (room.members.size > 0 || LASTING_ROOMS.includes(room.name)) return summary(room);
    this.#rooms.delete(name.toLowerCase());
    for (const message of room.history) this.#images.delete(message.id);
    return undefined;
  }

  /** Keeps a message. Told again what it knows (the answer may have been lost), it gives back the first and is not `fresh`. */
  say(
    author: string,
    { id, room: name, text, image }: SayDto,
  ): { message: Message; room: RoomSummary; fresh: boolean } {
    const room = this.#get(name);
    const known = room.history.find((message) => message.id === id);
    if (known?.author === author) return { message: known, room: summary(room), fresh: false };
    if (known || (text.trim() === '' && !image)) throw new WsException('There is nothing to send.');

    const message: Message = { id, room: room.name, author, text, at: Date.now() };
    if (image) {
      const type = imageType(image.data);
      if (!type) throw new WsException('Only PNG, JPEG, GIF and WebP images can be sent.');
      if (image.data.length > MAX_IMAGE) throw new WsException('An image may have at most 2 MB.');
      message.image = { type, width: image.width, height: image.height };
      this.#images.add(id, image.data);
    }
    room.total += 1;
    room.history.push(message);
    if (room.history.length > MAX_HISTORY) this.#images.delete(room.history.shift()!.id);
    return { message, room: summary(room), fresh: true };
  }

  /** The bytes of an image that was sent to this room, as long as they are kept. */
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
    if (this.#rooms.size >= MAX_ROOMS) throw new WsException('There are too many rooms already. Join one of them.');
    const room: Room = { name, members: new Set(), history: [], total: 0 };
    this.#rooms.set(name.toLowerCase(), room);
    return room;
  }
}

function summary({ name, members, total }: Room): RoomSummary {
  return { name, members: members.size, total };
}
