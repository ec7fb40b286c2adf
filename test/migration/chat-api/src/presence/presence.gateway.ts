import {
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
} from '@nestjs/websockets';
import { Server } from 'socket.io';

/** The landing page shows who is there. It needs no login. */
@WebSocketGateway()
export class PresenceGateway {
  @WebSocketServer()
  private server: Server;

  @SubscribeMessage('online')
  async online(): Promise<string[]> {
    const sockets = await this.server.of('/chat').fetchSockets();
    return sockets
      .filter((socket) => socket.data.user)
      .map((socket) => socket.data.user.username)
      .sort();
  }
}
