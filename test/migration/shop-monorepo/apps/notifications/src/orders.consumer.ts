import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { InboxGateway } from './inbox.gateway';

@Controller()
export class OrdersConsumer {
    constructor(private readonly inbox: InboxGateway) {}

    @EventPattern('order.placed')
    orderPlaced(@Payload() order: { userId: string; sku: string; quantity: number }): void {
        this.inbox.notify(order.userId, `${order.quantity} x ${order.sku} ordered`);
    }
}
