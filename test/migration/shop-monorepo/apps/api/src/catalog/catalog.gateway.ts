import { TimingInterceptor } from '@app/realtime/timing.interceptor';
import { UseInterceptors } from '@nestjs/common';
import { Ack, ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway, WebSocketServer, WsException } from '@nestjs/websockets';
import { Namespace, Socket } from 'socket.io';

@WebSocketGateway({ namespace: '/catalog' })
@UseInterceptors(TimingInterceptor)
export class CatalogGateway {
    @WebSocketServer() private readonly catalog: Namespace;

    @SubscribeMessage('follow')
    async follow(@ConnectedSocket() socket: Socket, @MessageBody() skus: string[]): Promise<number> {
        if (!Array.isArray(skus)) throw new WsException('A list of SKUs, please');

        await socket.join(skus.map(sku => `sku:${sku}`));
        return skus.length;
    }

    @SubscribeMessage('followers')
    followers(@MessageBody() sku: string, @Ack() ack: (count: number) => void): void {
        ack(this.catalog.adapter.rooms.get(`sku:${sku}`)?.size ?? 0);
    }

    @SubscribeMessage('import')
    import(): never {
        throw new Error('The importer is not here any more');
    }

    stockChanged(sku: string, left: number): void {
        this.catalog.to(`sku:${sku}`).emit('stock', { sku, left });
    }
}
