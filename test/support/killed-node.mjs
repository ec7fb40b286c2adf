/**
 * A server that is killed. A client that enters a room is tracked, and is sent the past, an event and two latest values;
 * `count` is a stream without an end. Its arguments are the broker and, as JSON, more options of the server.
 */
import { createCluster, Server } from 'nest-socketio';
import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';

const [, , broker, options = '{}'] = process.argv;

async function* count() {
  for (let n = 1; ; n++) {
    yield n;
    await setTimeout(1);
  }
}

const http = createServer();
const server = new Server(http, { broker: createCluster(broker), history: { '/': {} }, ...JSON.parse(options) });
server.sockets.serveStreams(); // as gateways do
server.on('connection', (socket) => {
  socket.on('enter', async (user, room, done) => {
    socket.nsp.presence.track(socket, { user });
    await socket.join(room, {});
    server.to(room).emit('said', user);
    for (const price of [1, 2]) server.to(room).latest('AAPL').emit('price', price);
    await server.sockets.history.read(room); // all of it has been stored by then
    done();
  });
  socket.on('say', (text, room) => {
    server.to(room).emit('said', text);
  });
  socket.on('count', (done) => {
    const { id, proceed } = server.streams.open(socket, { values: count(), controller: null });
    done({ stream: id });
    proceed();
  });
});
await server.joinCluster();
http.listen(0, '127.0.0.1', () => console.log(`port ${http.address().port}`));
