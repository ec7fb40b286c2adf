/**
 * Dispatches a decoded event to a gateway and acknowledges the answer, compared with Nest's own dispatch on the adapter
 * for Socket.IO. No network socket is involved.
 */
import 'reflect-metadata';
import { EventEmitter } from 'node:events';
import { Module, UseGuards, UseInterceptors, UsePipes } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import { Event, Gateway, SocketIoModule } from 'nest-socketio';
import { handles } from '../servers/decorate.mjs';
import { textOf } from '../wire.mjs';

const TEXT = textOf(0, 0);
const ENHANCERS = [
  UseGuards({ canActivate: () => true }),
  UsePipes({ transform: (value) => value }),
  UseInterceptors({ intercept: (_, next) => next.handle() }),
];

/** The adapter of `@nestjs/platform-socket.io`, with an `EventEmitter` as its server. */
class EmitterAdapter extends IoAdapter {
  create() {
    return new EventEmitter();
  }

  async close() {}
}

function gatewayClass(onEvent, onClass, enhancers) {
  class MicroGateway {
    echo(text) {
      return text;
    }
  }
  handles(MicroGateway, 'echo', onEvent);
  WebSocketServer()(MicroGateway.prototype, 'server');
  onClass()(MicroGateway);
  for (const enhancer of enhancers) enhancer(MicroGateway);
  return MicroGateway;
}

function create(Class, imports) {
  class AppModule {}
  Module({ imports, providers: [Class] })(AppModule);
  return NestFactory.create(AppModule, { logger: ['error'] });
}

async function ours(enhancers) {
  const Class = gatewayClass(Event, Gateway, enhancers);
  const app = await create(Class, [SocketIoModule.forRoot()]);
  await app.init();
  const namespace = app.get(Class).server.of('/');
  const packet = { type: 2, nsp: '/', id: 1, data: ['echo', TEXT] };
  return () =>
    new Promise((resolve) => {
      namespace.handle({ nsp: namespace, acknowledge: (_, answer) => resolve(answer) }, packet);
    });
}

async function theirs(enhancers) {
  const Class = gatewayClass(SubscribeMessage, WebSocketGateway, enhancers);
  const app = await create(Class, []);
  app.useWebSocketAdapter(new EmitterAdapter(app));
  await app.init();
  const socket = new EventEmitter();
  app.get(Class).server.emit('connection', socket);
  return () =>
    new Promise((resolve) => {
      socket.emit('echo', TEXT, resolve);
    });
}

export const dispatch = [
  { name: 'dispatch: a handler', ours: await ours([]), theirs: await theirs([]) },
  {
    name: 'dispatch: with a guard, a pipe and an interceptor',
    ours: await ours(ENHANCERS),
    theirs: await theirs(ENHANCERS),
  },
];
