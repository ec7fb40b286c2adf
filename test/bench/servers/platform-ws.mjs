// A Nest gateway on @nestjs/platform-ws, which has no acknowledgements and no rooms: it answers with another event.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import { HEARD } from '../wire.mjs';
import { serve } from './control.mjs';
import { handles } from './decorate.mjs';

class BenchGateway {
  echo(text) {
    return { event: 'echo', data: text };
  }

  say(text) {
    toAll(text);
  }
}
for (const method of ['echo', 'say']) handles(BenchGateway, method, SubscribeMessage);
WebSocketServer()(BenchGateway.prototype, 'server');
WebSocketGateway()(BenchGateway);

class AppModule {}
Module({ providers: [BenchGateway] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error'] });
app.useWebSocketAdapter(new WsAdapter(app));
await app.listen(0, '127.0.0.1');
const { server } = app.get(BenchGateway);

function toAll(text) {
  const message = JSON.stringify({ event: HEARD, data: text });
  for (const client of server.clients) client.send(message);
}

serve({ port: app.getHttpServer().address().port, clients: () => server.clients.size, toAll });
