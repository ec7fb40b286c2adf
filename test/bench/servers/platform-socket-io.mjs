// A Nest gateway on @nestjs/platform-socket.io.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import { HEARD } from '../wire.mjs';
import { serve } from './control.mjs';
import { handles } from './decorate.mjs';
import { serveSocketIo } from './socket-io-control.mjs';

class BenchGateway {
  echo(text) {
    return text;
  }

  say(text) {
    this.server.emit(HEARD, text);
  }
}
for (const method of ['echo', 'say']) handles(BenchGateway, method, SubscribeMessage);
WebSocketServer()(BenchGateway.prototype, 'server');
WebSocketGateway({ transports: ['websocket'] })(BenchGateway);

class AppModule {}
Module({ providers: [BenchGateway] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error'] });
await app.listen(0, '127.0.0.1');

serve({ port: app.getHttpServer().address().port, ...serveSocketIo(app.get(BenchGateway).server) });
