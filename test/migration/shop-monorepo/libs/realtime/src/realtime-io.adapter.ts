import { INestApplicationContext, Logger } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { createAdapter } from '@socket.io/redis-adapter';
import Redis from 'ioredis';
import { Server } from 'socket.io';
import { redisOptions } from './redis.options';

/**
 * All our servers share one Redis.
 */
export class RealtimeIoAdapter extends IoAdapter {
    private readonly log = new Logger('Realtime');
    private pubClient: Redis;
    private subClient: Redis;

    constructor(app: INestApplicationContext) {
        super(app);
        this.pubClient = new Redis(redisOptions());
        this.subClient = this.pubClient.duplicate();

        for (const client of [this.pubClient, this.subClient]) {
            client.on('error', (error: Error) => this.log.error(`Redis: ${error.message}`));
        }
    }

    public createIOServer(port: number, options?: any): Server {
        const server: Server = super.createIOServer(port, {
            ...options,
            cors: { origin: process.env.SHOP_ORIGIN || '*', methods: ['GET', 'POST'] },
            pingTimeout: 30000,
            allowEIO3: false
        });
        server.adapter(createAdapter(this.pubClient, this.subClient, { key: 'shop' }));

        return server;
    }

    public async close(server: Server): Promise<void> {
        await super.close(server);
        this.pubClient.disconnect();
        this.subClient.disconnect();
    }
}
