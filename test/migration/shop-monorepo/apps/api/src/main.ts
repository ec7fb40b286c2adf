import { setupWebsockets } from '@app/realtime';
import { NestFactory } from '@nestjs/core';
import { NestExpressApplication } from '@nestjs/platform-express';
import { ApiModule } from './api.module';

async function bootstrap(): Promise<void> {
    const app = await NestFactory.create<NestExpressApplication>(ApiModule);
    app.setGlobalPrefix('api');
    app.disable('x-powered-by');

    setupWebsockets(app);

    await app.listen(process.env.API_PORT || 3000, process.env.HOST || '0.0.0.0');
    console.log(`API: ${await app.getUrl()}`);
}

bootstrap().catch(error => {
    console.error(error);
    process.exit(1);
});
