import { createToken } from '@app/realtime';
import { Body, ConflictException, Controller, Inject, Param, Post } from '@nestjs/common';
import { ClientProxy } from '@nestjs/microservices';
import { CatalogService } from './catalog.service';

interface IOrder {
    userId: string;
    sku: string;
    quantity: number;
}

@Controller()
export class OrdersController {
    constructor(
        private readonly catalog: CatalogService,
        @Inject('NOTIFICATIONS') private readonly notifications: ClientProxy
    ) {}

    @Post('customers/:id/token')
    token(@Param('id') id: string) {
        return { token: createToken(id) };
    }

    @Post('orders')
    place(@Body() order: IOrder) {
        if (!this.catalog.take(order.sku, order.quantity)) throw new ConflictException('Sold out');
        this.notifications.emit('order.placed', order);
        return { accepted: true };
    }
}
