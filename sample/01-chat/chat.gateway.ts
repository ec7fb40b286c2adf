/**
 * The events of the chat. A client is in one room at a time and sees the list of all rooms. The presence of the namespace
 * shows who is in a room, and its history what was said there.
 */
import { createHash } from 'node:crypto';
import { UsePipes, ValidationPipe } from '@nestjs/common';
import { ConnectedSocket, MessageBody, WsException } from '@nestjs/websockets';
import {
  Auth,
  type Broadcaster,
  ConnectionRefused,
  type DefaultEventsMap,
  type DisconnectReason,
  Event,
  Gateway,
  InjectBroadcaster,
  InjectPresence,
  OnConnect,
  OnDisconnect,
  type Presence,
  RateLimit,
  Reason,
  type Socket,
} from 'nest-socketio';
import { AwayDto, EMOJI, JoinDto, MessageIdDto, ReactDto, SayDto, TypingDto } from './chat.dto.js';
import type { ClientEvents, Member, Message, Receipt, RoomSummary, ServerEvents } from './chat.events.js';
import { Images } from './images.js';
import { NamePipe } from './name.pipe.js';
import { channel, Rooms } from './rooms.js';

type Guest = Socket<ClientEvents, ServerEvents, DefaultEventsMap, { name: string; room?: string }>;

@Gateway('/chat')
@RateLimit(100, { per: 10_000 }) // events of one client
@UsePipes(new ValidationPipe({ whitelist: true, transform: true }))
export class ChatGateway {
  constructor(
    private readonly rooms: Rooms,
    private readonly images: Images,
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
    client.data = { name };
    client.userId = user;
    this.presence.track(client, { meta: { name, owner, away: false } });
    client.emit('welcome', { name, rooms: this.rooms.list(), emoji: EMOJI });
  }

  /** A person who leaves is gone at once. One whose connection is lost stays in the room, and may return. */
  @OnDisconnect()
  leave(@ConnectedSocket() client: Guest, @Reason() reason: DisconnectReason): void {
    if (reason.endsWith('namespace disconnect')) this.#leaveRoom(client);
  }

  @Event('join')
  async join(@MessageBody() to: JoinDto, @ConnectedSocket() client: Guest): Promise<RoomSummary | undefined> {
    const room = this.rooms.open(to.room);
    if (room !== client.data.room) this.#leaveRoom(client);
    client.data.room = room;
    await client.join(channel(room), { since: to.since });
    this.#replaceOthers(client);
    return this.rooms.update(room);
  }

  @Event('say')
  say(@MessageBody() { id, room, text, image }: SayDto, @ConnectedSocket() client: Guest): Receipt {
    if (room !== client.data.room) throw new WsException(`You are not in “${room}”.`);
    if (text.trim() === '' && !image) throw new WsException('The message is empty.');
    const message: Message = { id, room, author: client.data.name, text, at: Date.now() };
    if (image) message.image = this.images.add(room, id, image);
    this.chat.to(channel(room)).emit('said', message);
    this.rooms.said(room);
    return { id, at: message.at };
  }

  @Event('image')
  image(@MessageBody() { id }: MessageIdDto, @ConnectedSocket() client: Guest): Buffer | null {
    return client.data.room ? this.images.get(client.data.room, id) : null;
  }

  @Event('react')
  react(@MessageBody() { id, emoji, on }: ReactDto, @ConnectedSocket() client: Guest): void {
    const { name, room } = client.data;
    if (!room) throw new WsException('You are not in a room.');
    this.chat.to(channel(room)).emit('reacted', { room, id, emoji, name, on });
  }

  @Event('away')
  away(@MessageBody() { away }: AwayDto, @ConnectedSocket() client: Guest): void {
    this.presence.update(client, (member) => member && { ...member, away });
  }

  @Event('typing')
  typing(@MessageBody() { active }: TypingDto, @ConnectedSocket() client: Guest): void {
    const { name, room } = client.data;
    if (room) client.to(channel(room)).volatile.emit('typing', { room, name, active });
  }

  #leaveRoom(client: Guest): void {
    const { room } = client.data;
    if (!room) return;
    client.leave(channel(room));
    this.rooms.update(room);
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
