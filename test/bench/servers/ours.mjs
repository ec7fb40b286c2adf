// A Nest gateway of ours; decorators applied by hand, so that no build step is needed beside the package's own.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessageBody } from '@nestjs/websockets';
import { Broadcaster, Event, Gateway, SocketIoModule } from 'nest-socketio';

class EchoGateway {
  echo(text) {
    return text;
  }

  say(text) {
    app.get(Broadcaster).emit('said', text);
  }
}
for (const name of ['echo', 'say']) {
  MessageBody()(EchoGateway.prototype, name, 0);
  Event(name)(EchoGateway.prototype, name, Object.getOwnPropertyDescriptor(EchoGateway.prototype, name));
}
Gateway()(EchoGateway);

class AppModule {}
Module({ imports: [SocketIoModule.forRoot()], providers: [EchoGateway] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error'] });
await app.listen(0, '127.0.0.1');
const { port } = app.getHttpServer().address();
process.on('message', () => process.send({ cpu: process.cpuUsage() }));
process.send({ port });
