import { redisOptions } from '@app/realtime';
import { Module } from '@nestjs/common';
import { ClientsModule, Transport } from '@nestjs/microservices';
import { CatalogGateway } from './catalog/catalog.gateway';
import { CatalogService } from './catalog/catalog.service';
import { OrdersController } from './catalog/orders.controller';
import { QueueGateway } from './queue/queue.gateway';

@Module({
    imports: [
        ClientsModule.registerAsync([
            {
                name: 'NOTIFICATIONS',
                useFactory: () => ({ transport: Transport.REDIS, options: redisOptions() })
            }
        ])
    ],
    controllers: [OrdersController],
    providers: [CatalogService, CatalogGateway, QueueGateway]
})
export class ApiModule {}
