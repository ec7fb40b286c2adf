import { INestApplication } from '@nestjs/common';
import { RealtimeIoAdapter } from './realtime-io.adapter';

/**
 * Call it before `listen` in each app that has gateways.
 */
export function setupWebsockets(app: INestApplication): void {
    app.enableShutdownHooks();
    app.useWebSocketAdapter(new RealtimeIoAdapter(app));
}
