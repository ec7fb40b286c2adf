/** Counts clicks in the session that sockets share with the routes. */
import { Session } from '@nestjs/common';
import { ConnectedSocket } from '@nestjs/websockets';
import { Broadcaster, ConnectionRefused, Event, Gateway, OnConnect, type Socket } from 'nest-socketio';
import type { Session as UserSession } from './session.js';

@Gateway()
export class ClicksGateway {
  constructor(private readonly sockets: Broadcaster) {}

  @OnConnect()
  enter(@ConnectedSocket() client: Socket, @Session() { id, user }: UserSession) {
    if (user === undefined) throw new ConnectionRefused('log in first');
    client.join([`session:${id}`, `user:${user}`]);
  }

  @Event('click')
  click(@Session() session: UserSession) {
    session.clicks = (session.clicks ?? 0) + 1; // saved after this method returns
    this.sockets.in(`user:${session.user}`).emit('clicks', session.clicks); // all tabs and devices
    return session.clicks;
  }
}
