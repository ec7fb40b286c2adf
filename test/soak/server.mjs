// The server under test: a Nest application on the built package. Commands report its memory and its failures.
import 'reflect-metadata';
import { Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConnectedSocket } from '@nestjs/websockets';
import {
  Args,
  Auth,
  Broadcaster,
  ConnectionRefused,
  Event,
  Gateway,
  OnConnect,
  Server,
  SocketIoModule,
} from 'nest-socketio';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { answerCommands } from '../bench/commands.mjs';
import { handles } from '../bench/servers/decorate.mjs';
import { LARGE, PASSWORD } from './traffic.mjs';

const OPTIONS = {
  pingInterval: 5_000, // short, so that every timeout passes many times in a short run
  pingTimeout: 15_000,
  connectTimeout: 10_000,
  connectionStateRecovery: { maxDisconnectionDuration: 10_000 },
};

const BACKLOG = 4_096; // connections that the kernel accepts ahead; it drops those of a storm above Node's 511
const KEPT_FAILURES = 20;
const TURNS = 10; // in which a burst is sent

/** Rooms, numbered messages, acknowledgements, bursts. */
class Lobby {
  constructor(broadcaster) {
    this.broadcaster = broadcaster;
  }

  join(socket, room) {
    socket.join(room);
    return socket.rooms.size;
  }

  leave(socket, room) {
    socket.leave(room);
    return socket.rooms.size;
  }

  say(room, speaker, number) {
    this.broadcaster.to(room).emit('said', room, speaker, number);
    return number;
  }

  ask(number) {
    return number;
  }

  large() {
    return LARGE;
  }

  /** Sends `count` numbered messages to the client, over several turns of the event loop. */
  async burst(socket, id, count) {
    for (let sent = 0; sent < count;) {
      for (const end = Math.min(count, sent + Math.ceil(count / TURNS)); sent < end; sent++) {
        socket.emit('part', id, sent);
      }
      await nextTurn();
    }
    return count;
  }
}
handles(Lobby, 'join', Event, [ConnectedSocket(), Args(0)]);
handles(Lobby, 'leave', Event, [ConnectedSocket(), Args(0)]);
handles(Lobby, 'say', Event, [Args(0), Args(1), Args(2)]);
handles(Lobby, 'ask', Event, [Args(0)]);
handles(Lobby, 'large', Event, []);
handles(Lobby, 'burst', Event, [ConnectedSocket(), Args(0), Args(1)]);
Inject(Broadcaster)(Lobby, undefined, 0);
Gateway()(Lobby);

/** A namespace with a password. */
class Door {
  async enter(password) {
    await nextTurn(); // as if it were looked up
    if (password !== PASSWORD) throw new ConnectionRefused('wrong password');
  }
}
handles(Door, 'enter', () => OnConnect(), [Auth('password')]);
Gateway('/door')(Door);

/** Namespaces by pattern, created when a client joins one. */
class Hall {
  knock() {
    return true;
  }
}
handles(Hall, 'knock', Event, []);
Gateway('/hall/:name')(Hall);

class AppModule {}
Module({ imports: [SocketIoModule.forRoot(OPTIONS)], providers: [Lobby, Door, Hall] })(AppModule);

/** Failures of the process, and errors that it logged: none of them may be caused by a client. */
const escaped = [];
const logged = [];
process.on('uncaughtException', (error) => keep(escaped, `uncaughtException: ${error?.stack ?? error}`));
process.on('unhandledRejection', (error) => keep(escaped, `unhandledRejection: ${error?.stack ?? error}`));
process.on('SIGINT', () => {}); // Ctrl+C reaches all processes of the terminal, but the run ends this one

const logger = { log: ignore, debug: ignore, verbose: ignore, warn: ignore, error, fatal: error };
const app = await NestFactory.create(AppModule, { logger, abortOnError: false });
await app.init();
await once(app.getHttpServer().listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }), 'listening');
const { engine } = app.get(Server);
const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();

answerCommands({
  port: () => app.getHttpServer().address().port,

  /** Memory in bytes after a garbage collection, the longest stall of the event loop in ms, and the connections. */
  sample() {
    const stall = delay.max / 1e6;
    globalThis.gc();
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
    delay.reset(); // the collection above is not the server's work
    return { rss, heapUsed, external, arrayBuffers, stall, clients: engine.clientsCount };
  },

  /** CPU time of the process in ms, what failed, and how often each limit was reached. */
  state() {
    const { user, system } = process.cpuUsage();
    return { cpu: (user + system) / 1000, escaped, logged, limits: engine.limitCounts };
  },
});

function error(...args) {
  keep(logged, args.map((arg) => String(arg?.stack ?? arg)).join(' '));
}

function ignore() {}

function keep(list, text) {
  if (list.length < KEPT_FAILURES) list.push(text.slice(0, 1000));
}
