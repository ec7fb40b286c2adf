import { redisOptions, setupWebsockets } from '@app/realtime';
import { NestFactory } from '@nestjs/core';
import { MicroserviceOptions, Transport } from '@nestjs/microservices';
import { NotificationsModule } from './notifications.module';

(async () => {
    const app = await NestFactory.create(NotificationsModule, { logger: ['log', 'warn', 'error'] });
    app.connectMicroservice<MicroserviceOptions>({ transport: Transport.REDIS, options: redisOptions() });
    setupWebsockets(app);

    await app.startAllMicroservices();
    await app.listen(process.env.NOTIFICATIONS_PORT || 3100, process.env.HOST || '0.0.0.0');
    console.log(`Notifications: ${await app.getUrl()}`);
})();
