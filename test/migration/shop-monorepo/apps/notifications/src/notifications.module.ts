import { Module } from '@nestjs/common';
import { InboxGateway } from './inbox.gateway';
import { OrdersConsumer } from './orders.consumer';
import { StatusGateway } from './status.gateway';

@Module({ controllers: [OrdersConsumer], providers: [InboxGateway, StatusGateway] })
export class NotificationsModule {}
