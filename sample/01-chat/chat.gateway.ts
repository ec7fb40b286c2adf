/**
 * The events of the chat. A client is in one room at a time and sees the list of all rooms. The presence of the namespace
 * knows who is in a room, and shows it to the clients there.
 */
import { createHash } from 'node:crypto';
import { UsePipes, ValidationPipe } from '@nestjs/common';
import { ConnectedSocket, MessageBody, WsException } from '@nestjs/websockets';
import {
  Auth,
  type Broadcaster,
  ConnectionRefused,
  type DefaultEventsMap,
  Event,
  Gateway,
  InjectBroadcaster,
  InjectPresence,
  OnConnect,
  type Presence,
  RateLimit,
  type Socket,
} from 'nest-socketio';
import { AwayDto, EMOJI, JoinDto, MessageIdDto, ReactDto, SayDto, TypingDto } from './chat.dto.js';
import type { ClientEvents, Member, Receipt, RoomView, ServerEvents } from './chat.events.js';
import { NamePipe } from './name.pipe.js';
import { channel, Rooms } from './rooms.js';

type Guest = Socket<ClientEvents, ServerEvents, DefaultEventsMap, { name: string; owner: string; room?: string }>;

@Gateway('/chat')
@RateLimit(100, { per: 10_000 }) // events of one client
@UsePipes(new ValidationPipe({ whitelist: true, transform: true }))
export class ChatGateway {
  constructor(
    private readonly rooms: Rooms,
    @InjectBroadcaster('/chat') private readonly chat: Broadcaster<ServerEvents>,
    @InjectPresence('/chat') private readonly presence: Presence<Member>,
  ) {}

  @OnConnect()
  enter(@ConnectedSocket() client: Guest, @Auth('name', NamePipe) name: string, @Auth('key') key: unknown): void {
    const owner = typeof key === 'string' ? createHash('sha256').update(key).digest('base64url') : client.id;
    const user = name.toLowerCase();
    const holder = this.presence.user(user);
    if (holder && holder.devices.length > 0 && holder.meta?.owner !== owner) {
      throw new ConnectionRefused(`“${name}” is already taken. Please choose another name.`);
    }
    client.data = { name, owner };
    client.userId = user;
    this.presence.track(client, { meta: { name, owner, away: false } });
    client.emit('welcome', { name, rooms: this.rooms.list(), emoji: EMOJI });
  }

  @Event('join')
  join(@MessageBody() to: JoinDto, @ConnectedSocket() client: Guest): RoomView {
    const from = client.data.room;
    const room = this.rooms.open(to.room);
    if (room !== from) {
      if (from) client.leave(channel(from));
      client.data.room = room;
      client.join(channel(room));
      this.#replaceOthers(client);
      for (const changed of [from, room]) if (changed) this.rooms.update(changed);
    }
    return this.rooms.view(room);
  }

  @Event('say')
  say(@MessageBody() words: SayDto, @ConnectedSocket() client: Guest): Receipt {
    if (words.room !== client.data.room) throw new WsException(`You are not in “${words.room}”.`);
    const { message, fresh } = this.rooms.say(client.data.name, words);
    if (fresh) {
      const said = message.image ? { ...message, image: { ...message.image, data: words.image!.data } } : message;
      this.chat.to(channel(message.room)).except(client.id).emit('said', said);
      this.rooms.update(message.room);
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

  @Event('away')
  away(@MessageBody() { away }: AwayDto, @ConnectedSocket() client: Guest): void {
    const { name, owner } = client.data;
    this.presence.update(client, { name, owner, away });
  }

  @Event('typing')
  typing(@MessageBody() { active }: TypingDto, @ConnectedSocket() client: Guest): void {
    const { name, room } = client.data;
    if (room) client.to(channel(room)).volatile.emit('typing', { room, name, active });
  }

  /**
   * Ends the other connections of a person, such as one whose loss the server has not noticed yet. This client has joined
   * its room before, so the person never leaves.
   */
  #replaceOthers(client: Guest): void {
    for (const { id } of this.presence.user(client.userId ?? '')?.devices ?? []) {
      if (id === client.id) continue;
      this.chat.to(id).emit('replaced');
      this.chat.in(id).disconnectSockets(true);
    }
  }
}
