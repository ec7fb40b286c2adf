// A node that knows who is in its rooms: with the presence of this package, or with a recipe for Socket.IO that asks all
// nodes for the sockets of a room whenever a client joins. Both send the same events. See ../presence.mjs.
import { createServer } from 'node:http';
import { serve } from './control.mjs';

const TICK = 5; // ms

const http = createServer();
const io = process.env.CONTENDER === 'presence' ? await withPresence() : await withRecipe();
await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));

// The longest time on the CPU between two ticks: unlike the time that has passed, other processes do not add to it.
let longest = 0;
let ticked = process.cpuUsage();
setInterval(() => {
  const { user, system } = process.cpuUsage(ticked);
  longest = Math.max(longest, user + system);
  ticked = process.cpuUsage();
}, TICK);

serve({
  port: http.address().port,
  clients: () => io.sockets.sockets.size,
  toAll: () => {},
  join: () => {},
  /** The longest stall since the last call, in ms. */
  stall: () => {
    const stall = longest / 1_000;
    longest = 0;
    return stall;
  },
});

async function withPresence() {
  const { createCluster, Server } = await import('nest-socketio');
  const server = new Server(http, { broker: createCluster(process.env.REDIS_URL) });
  const { presence } = server.sockets;
  server.on('connection', (socket) => {
    const enter = (room, user, done) => {
      socket.join(room);
      if (presence.user(user)?.devices.some(({ id }) => id === socket.id) !== true) {
        presence.track(socket, { user, meta: metaOf(user) });
      }
      done();
    };
    socket.on('enter', enter);
    socket.on('fill', enter);
    socket.on('exit', (_room, _user, done) => {
      presence.untrack(socket);
      leaveAll(socket);
      done();
    });
  });
  await server.joinCluster();
  return server;
}

async function withRecipe() {
  const [{ Server }, { redisAdapter }] = await Promise.all([import('socket.io'), import('./redis-adapter.mjs')]);
  const { adapter, subscribed } = await redisAdapter();
  const server = new Server(http, { adapter, transports: ['websocket'] });
  server.on('connection', (socket) => {
    socket.on('enter', async (room, user, done) => {
      socket.data = { user, meta: metaOf(user) };
      const sockets = await server.in(room).fetchSockets();
      const users = new Map(sockets.map(({ data }) => [data.user, data.meta]));
      void socket.join(room);
      socket.emit('presence_state', room, [...users]);
      if (!users.has(user)) {
        socket.to(room).emit('presence_diff', room, { joins: [[user, metaOf(user)]], leaves: [] });
      }
      done();
    });
    socket.on('exit', (_room, _user, done) => {
      leaveAll(socket);
      done();
    });
    socket.on('fill', (room, user, done) => {
      socket.data = { user, meta: metaOf(user) };
      void socket.join(room);
      done();
    });
  });
  await subscribed();
  return server;
}

function leaveAll(socket) {
  for (const room of socket.rooms) if (room !== socket.id) void socket.leave(room);
}

function metaOf(user) {
  return { name: `The user ${user}` };
}
