/**
 * The events of the chat. A client is in one room at a time and sees the list of all rooms. The gateway turns events
 * into calls to `Rooms` and notifies the other clients. Its only state is which client uses which name.
 */
import { UsePipes, ValidationPipe } from '@nestjs/common';
import { ConnectedSocket, MessageBody, WsException } from '@nestjs/websockets';
import {
  Auth,
  Broadcaster,
  ConnectionRefused,
  type DefaultEventsMap,
  Event,
  Gateway,
  InjectBroadcaster,
  OnConnect,
  OnDisconnect,
  RateLimit,
  type Socket,
} from 'nest-socketio';
import { EMOJI, JoinDto, MessageIdDto, PresenceDto, ReactDto, SayDto, TypingDto } from './chat.dto.js';
import type { ClientEvents, Receipt, RoomView, ServerEvents } from './chat.events.js';
import { NamePipe } from './name.pipe.js';
import { Rooms } from './rooms.js';

/** A connected client, with its name, the key that proves its claim to that name, and its current room. */
type Guest = Socket<ClientEvents, ServerEvents, DefaultEventsMap, { name: string; key?: string; room?: string }>;

@Gateway('/chat')
@RateLimit(100, { per: 10_000 }) // events of one client
@UsePipes(new ValidationPipe({ whitelist: true, transform: true }))
export class ChatGateway {
  readonly #guests = new Map<string, Guest>(); // by name in lower case

  constructor(
    private readonly rooms: Rooms,
    @InjectBroadcaster('/chat') private readonly chat: Broadcaster<ServerEvents>,
  ) {}

  @OnConnect()
  enter(@ConnectedSocket() client: Guest, @Auth('name', NamePipe) name: string, @Auth('key') proof: unknown): void {
    const key = typeof proof === 'string' && proof.length <= 64 ? proof : undefined;
    const holder = this.#guests.get(name.toLowerCase());
    if (holder) {
      // A person may reconnect before the server notices that the old connection is lost. The name is still theirs.
      const isSamePerson = key !== undefined && key === holder.data.key;
      if (!isSamePerson) throw new ConnectionRefused(`“${name}” is already taken. Please choose another name.`);
      this.#dismiss(holder);
      holder.emit('replaced');
      holder.disconnect(true);
    }
    client.data = key === undefined ? { name } : { name, key };
    this.#guests.set(name.toLowerCase(), client);
    client.emit('welcome', { name, rooms: this.rooms.list(), emoji: EMOJI });
  }

  @OnDisconnect()
  leave(@ConnectedSocket() client: Guest): void {
    this.#dismiss(client);
  }

  @Event('join')
  join(@MessageBody() to: JoinDto, @ConnectedSocket() client: Guest): RoomView {
    const { name, room: from } = client.data;
    const view = this.rooms.enter(to.room, name);
    const room = view.room.name;
    if (room !== from) {
      this.#leaveRoom(client);
      client.data.room = room;
      client.join(channel(room));
      client.to(channel(room)).emit('entered', { room, name });
      this.chat.emit('room', view.room);
    }
    return view;
  }

  @Event('say')
  say(@MessageBody() words: SayDto, @ConnectedSocket() client: Guest): Receipt {
    if (words.room !== client.data.room) throw new WsException(`You are not in “${words.room}”.`);
    const { message, room, fresh } = this.rooms.say(client.data.name, words);
    if (fresh) {
      const said = message.image ? { ...message, image: { ...message.image, data: words.image!.data } } : message;
      this.chat.to(channel(room.name)).except(client.id).emit('said', said);
      this.chat.emit('room', room);
    }
    return { id: message.id, at: message.at };
  }

  @Event('image')
  image(@MessageBody() { id }: MessageIdDto, @ConnectedSocket() client: Guest): Buffer | null {
    return client.data.room ? this.rooms.image(client.data.room, id) : null;
  }

  @Event('react')
  react(@MessageBody() reaction: ReactDto, @ConnectedSocket() client: Guest): void {
    const { name, room } = client.data;
    if (!room) throw new WsException('You are not in a room.');
    const reactions = this.rooms.react(room, name, reaction);
    this.chat.to(channel(room)).emit('reacted', { room, id: reaction.id, reactions });
  }

  @Event('presence')
  presence(@MessageBody() { away }: PresenceDto, @ConnectedSocket() client: Guest): void {
    const { name, room } = client.data;
    if (!room) return;
    this.rooms.setAway(room, name, away);
    this.chat.to(channel(room)).emit('presence', { room, name, away });
  }

  @Event('typing')
  typing(@MessageBody() { active }: TypingDto, @ConnectedSocket() client: Guest): void {
    const { name, room } = client.data;
    if (room) client.to(channel(room)).volatile.emit('typing', { room, name, active });
  }

  #dismiss(client: Guest): void {
    this.#leaveRoom(client);
    const name = client.data.name.toLowerCase();
    if (this.#guests.get(name) === client) this.#guests.delete(name);
  }

  #leaveRoom(client: Guest): void {
    const { name, room } = client.data;
    if (!room) return;
    delete client.data.room;
    client.leave(channel(room));
    const rest = this.rooms.leave(room, name);
    client.to(channel(room)).emit('left', { room, name });
    if (rest) this.chat.emit('room', rest);
    else this.chat.emit('closed', room);
  }
}

/** The Socket.IO room of a chat room. The prefix keeps it apart from the room that each client has by its id. */
function channel(room: string): string {
  return `#${room}`;
}
