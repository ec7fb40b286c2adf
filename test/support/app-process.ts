/** An application in its own process, stopped by SIGTERM as in production. */
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Event, Gateway, OnDisconnect, Reason, SocketIoModule } from 'nest-socketio';
import { setImmediate } from 'node:timers/promises';

@Gateway('/rooms/:id')
class Rooms {
  @Event()
  say(): number {
    return process.pid;
  }

  @OnDisconnect()
  async leave(@Reason() reason: string): Promise<void> {
    await setImmediate();
    console.log(`left: ${reason}`);
  }
}

@Controller()
class Health {
  @Get()
  health(): string {
    return 'up';
  }
}

@Module({ imports: [SocketIoModule.forRoot()], providers: [Rooms], controllers: [Health] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
await app.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1');
console.log(`listening at ${await app.getUrl()}`);
