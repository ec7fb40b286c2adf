// Counts the files, functions and calls of this package that one event and one broadcast pass through. See README.md.
// Only functions of this package count, on an instrumented build: not those of Nest, ws or Node. A return is a call in
// a file that the path has left; it says how often a reader has to go back.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { io } from 'socket.io-client';
import { instrumentBuild } from './instrumented-build.mjs';
import { readOptions } from './options.mjs';
import { table } from './report/tables.mjs';
import { handles } from './servers/decorate.mjs';
import { HEARD } from './wire.mjs';

const RECEIVERS = 3;
const ROOM = 'room';
/** Events and broadcasts before the one that is recorded, so that lazily made state exists. */
const WARM_UP = 5;

const { list } = readOptions(process.argv.slice(2), { list: { flag: false } });

const build = instrumentBuild();
try {
  const { Broadcaster, Event, Gateway, SocketIoModule } = await build.load();
  const app = await NestFactory.create(appModule({ Event, Gateway, SocketIoModule }), { logger: ['error'] });
  const sockets = [];
  app.getHttpServer().on('connection', (socket) => sockets.push(socket));
  await app.listen(0, '127.0.0.1');
  const clients = [];
  try {
    for (let i = 0; i < RECEIVERS; i++) clients.push(await connect(app.getHttpServer().address().port));
    const paths = [
      await eventPath(clients[0], sockets[0]),
      await broadcastPath(app.get(Broadcaster), clients, sockets),
    ];
    console.log(table([['', 'files', 'functions', 'calls', 'returns to a file'], ...paths.map(countsOf)]));
    if (list) for (const path of paths) console.log(`\n${listOf(path)}`);
  } finally {
    for (const client of clients) client.disconnect();
    await app.close();
  }
} finally {
  build.remove();
}

function appModule({ Event, Gateway, SocketIoModule }) {
  class EchoGateway {
    echo(text) {
      return text;
    }
  }
  handles(EchoGateway, 'echo', Event);
  Gateway()(EchoGateway);
  class AppModule {}
  Module({ imports: [SocketIoModule.forRoot()], providers: [EchoGateway] })(AppModule);
  return AppModule;
}

function connect(port) {
  const client = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true });
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve(client));
    client.once('connect_error', reject);
  });
}

/** From the arrival of an event's bytes at the server to the write of its acknowledgement. */
async function eventPath(client, socket) {
  for (let i = 0; i < WARM_UP; i++) await client.emitWithAck('echo', 'hello');
  const recording = recordUntilWritten([socket]);
  socket.prependOnceListener('data', recording.start);
  await client.emitWithAck('echo', 'hello');
  return { title: '`@Event` with acknowledgement', calls: await recording.calls };
}

/** From the call of `to(room).emit(...)` to the write to the last receiver. */
async function broadcastPath(broadcaster, clients, sockets) {
  broadcaster.socketsJoin(ROOM);
  const broadcast = () => broadcaster.to(ROOM).emit(HEARD, 'hello');
  for (let i = 0; i < WARM_UP; i++) {
    const heard = Promise.all(clients.map((client) => new Promise((resolve) => client.once(HEARD, resolve))));
    broadcast();
    await heard;
  }
  const recording = recordUntilWritten(sockets);
  recording.start();
  broadcast();
  return { title: `broadcast to a room of ${sockets.length}`, calls: await recording.calls };
}

/** @returns `start()`, and `calls`: a promise of the functions entered until each of `sockets` has been written to */
function recordUntilWritten(sockets) {
  const calls = [];
  let pending = sockets.length;
  const written = new Promise((resolve) => {
    for (const socket of sockets) {
      const { write } = socket;
      socket.write = (...args) => {
        socket.write = write;
        if (--pending === 0) {
          build.record(null);
          resolve(calls);
        }
        return socket.write(...args);
      };
    }
  });
  return { start: () => build.record((file, name) => calls.push({ file, name })), calls: written };
}

/** A visit is a run of calls in one file; each visit of a file but the first is a return to it. */
function countsOf({ title, calls }) {
  const visits = calls.filter(({ file }, i) => file !== calls[i - 1]?.file);
  const files = new Set(calls.map(({ file }) => file)).size;
  const functions = new Set(calls.map(({ file, name }) => `${file} ${name}`)).size;
  return [title, files, functions, calls.length, visits.length - files];
}

/** The files in the order in which they are first entered, each with its functions in the same order. */
function listOf({ title, calls }) {
  const functions = new Map();
  for (const { file, name } of calls) functions.set(file, (functions.get(file) ?? new Set()).add(name));
  return [`${title}:`, ...[...functions].map(([file, names]) => `  ${file}: ${[...names].join(', ')}`)].join('\n');
}
