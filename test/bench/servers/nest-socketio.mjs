// A Nest gateway of this package.
import 'reflect-metadata';
import { Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Broadcaster, Event, Gateway, SocketIoModule } from 'nest-socketio';
import { HEARD } from '../wire.mjs';
import { serve } from './control.mjs';
import { handles } from './decorate.mjs';

class BenchGateway {
  constructor(broadcaster) {
    this.broadcaster = broadcaster;
  }

  echo(text) {
    return text;
  }

  say(text) {
    this.broadcaster.emit(HEARD, text);
  }
}
for (const method of ['echo', 'say']) handles(BenchGateway, method, Event);
// More handlers than the two that are called: they must cost a connection nothing.
for (let i = 2; i < Number(process.env.HANDLERS ?? 2); i++) {
  BenchGateway.prototype[`unused${i}`] = () => {};
  handles(BenchGateway, `unused${i}`, Event);
}
Inject(Broadcaster)(BenchGateway, undefined, 0);
Gateway()(BenchGateway);

class AppModule {}
Module({ imports: [SocketIoModule.forRoot()], providers: [BenchGateway] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error'] });
await app.listen(0, '127.0.0.1');
const broadcaster = app.get(Broadcaster);

serve({
  port: app.getHttpServer().address().port,
  clients: async () => (await broadcaster.fetchSockets()).length,
  toAll: (text) => broadcaster.emit(HEARD, text),
  toRoom: (room, text) => broadcaster.to(`r${room}`).emit(HEARD, text),
  sockets: () => broadcaster.fetchSockets(),
});
