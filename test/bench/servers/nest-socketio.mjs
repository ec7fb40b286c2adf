// A Nest gateway on this package, which sends in the way named by `WAY`, and records the part `TRACES` of its traces.
import 'reflect-metadata';
import { Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import { Broadcaster, Server, SocketIoModule } from 'nest-socketio';
import { HEARD } from '../wire.mjs';
import { serve } from './control.mjs';
import { handles } from './decorate.mjs';
import { wayOf } from './ways.mjs';

const { TRACES } = process.env;
const telemetry = TRACES === undefined ? {} : (await import('./traces.mjs')).telemetry(Number(TRACES));

const way = wayOf(process.env.WAY ?? 'text');

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

  enter(room, client) {
    client.join(room);
    client.data.room = room;
  }

  tell(text, client) {
    this.broadcaster.to(client.data.room).emit(HEARD, text);
  }
}
for (const method of ['echo', 'say']) handles(BenchGateway, method, way.Event);
for (const method of ['enter', 'tell']) {
  handles(BenchGateway, method, way.Event, [MessageBody(), ConnectedSocket()]);
}
// Handlers that are never called: they must not add to the cost of a connection.
for (let i = 2; i < Number(process.env.HANDLERS ?? 2); i++) {
  BenchGateway.prototype[`unused${i}`] = () => {};
  handles(BenchGateway, `unused${i}`, way.Event);
}
Inject(Broadcaster)(BenchGateway, undefined, 0);
way.Gateway({ namespace: way.namespace })(BenchGateway);

class AppModule {}
Module({ imports: [SocketIoModule.forRoot({ ...(await way.options()), telemetry })], providers: [BenchGateway] })(
  AppModule,
);

const app = await NestFactory.create(AppModule, { logger: ['error'] });
await app.listen(0, '127.0.0.1');
const server = app.get(Server);
await way.prepare(server);
const broadcaster = app.get(Broadcaster).of(way.namespace);

serve({
  port: app.getHttpServer().address().port,
  clients: () => server.engine.clientsCount,
  toAll: way.send(broadcaster, server),
  toRoom: (room, text) => broadcaster.to(`r${room}`).emit(HEARD, text),
  sockets: () => broadcaster.fetchSockets(),
});
