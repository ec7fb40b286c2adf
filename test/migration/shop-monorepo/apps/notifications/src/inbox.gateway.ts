import { AuthMiddleware, IUser, ShopSocket, WsUser } from '@app/realtime';
import { OnGatewayConnection, OnGatewayInit, SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import { Server } from 'socket.io';

const PORT = Number(process.env.NOTIFICATIONS_WS_PORT) || 3101;

@WebSocketGateway(PORT, { path: '/inbox', transports: ['websocket', 'polling'] })
export class InboxGateway implements OnGatewayInit, OnGatewayConnection {
    @WebSocketServer() server: Server;

    private readonly unread = new Map<string, number>();

    afterInit(server: Server): void {
        server.use(AuthMiddleware() as any);
    }

    async handleConnection(socket: ShopSocket): Promise<void> {
        await socket.join(this.roomOf(socket.user.id));
        socket.emit('unread', this.unread.get(socket.user.id) ?? 0);
    }

    @SubscribeMessage('read')
    read(@WsUser() user: IUser): { event: string; data: number } {
        this.unread.delete(user.id);
        return { event: 'unread', data: 0 };
    }

    /**
     * Reaches all devices of a user, on whichever server they are.
     */
    notify(userId: string, text: string): void {
        this.unread.set(userId, (this.unread.get(userId) ?? 0) + 1);
        this.server.to(this.roomOf(userId)).emit('notification', { text, unread: this.unread.get(userId) });
    }

    private roomOf(userId: string): string {
        return `inbox:${userId}`;
    }
}
