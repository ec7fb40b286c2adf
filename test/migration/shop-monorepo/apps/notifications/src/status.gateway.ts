import { SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import { Server } from 'socket.io';
import { InboxGateway } from './inbox.gateway';

/**
 * For the status page: on the port of the app itself.
 */
@WebSocketGateway()
export class StatusGateway {
    @WebSocketServer() server: Server;

    constructor(private readonly inbox: InboxGateway) {}

    @SubscribeMessage('status')
    status(): { watchers: number; customers: number } {
        return {
            watchers: this.server.sockets.sockets.size,
            customers: this.inbox.server.sockets.sockets.size
        };
    }
}
