import { AuthMiddleware, ShopSocket, WsUser } from '@app/realtime';
import { OnGatewayDisconnect, OnGatewayInit, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Namespace } from 'socket.io';

/**
 * The queue at the counter: each store has a namespace, such as `/store-oslo`.
 */
@WebSocketGateway({ namespace: /^\/store-[a-z]+$/ })
export class QueueGateway implements OnGatewayInit, OnGatewayDisconnect {
    private readonly queues = new Map<string, string[]>();

    afterInit(stores: Namespace): void {
        stores.use(AuthMiddleware());
    }

    @SubscribeMessage('queue.take')
    take(socket: ShopSocket): number {
        const queue = this.queueOf(socket.nsp);
        queue.push(socket.user.id);
        this.publish(socket.nsp);
        return queue.length;
    }

    @SubscribeMessage('queue.leave')
    leave(socket: ShopSocket): void {
        this.remove(socket);
    }

    @SubscribeMessage('whoami')
    whoami(@WsUser('id') id: string): string {
        return id;
    }

    handleDisconnect(socket: ShopSocket): void {
        this.remove(socket);
    }

    private remove({ nsp, user }: ShopSocket): void {
        const queue = this.queueOf(nsp);
        const place = queue.indexOf(user.id);
        if (place >= 0) {
            queue.splice(place, 1);
            this.publish(nsp);
        }
    }

    private publish(store: Namespace): void {
        store.emit('queue', this.queueOf(store));
    }

    private queueOf(store: Namespace): string[] {
        if (!this.queues.has(store.name)) this.queues.set(store.name, []);
        return this.queues.get(store.name)!;
    }
}
