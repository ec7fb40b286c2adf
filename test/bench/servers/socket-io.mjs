// Socket.IO with its defaults, but without long polling, which the load does not use. With `REDIS`, a node of a cluster.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { HEARD } from '../wire.mjs';
import { serve } from './control.mjs';
import { redisAdapter } from './redis-adapter.mjs';
import { serveSocketIo } from './socket-io-control.mjs';

const http = createServer();
const cluster = process.env.REDIS === undefined ? null : await redisAdapter();
const io = new Server(http, { transports: ['websocket'], ...(cluster === null ? {} : { adapter: cluster.adapter }) });
await cluster?.subscribed();

io.on('connection', (socket) => {
  socket.on('echo', (text, acknowledge) => acknowledge(text));
  socket.on('say', (text) => io.emit(HEARD, text));
  socket.on('enter', (room, acknowledge) => {
    void socket.join(room);
    socket.data.room = room;
    acknowledge();
  });
  socket.on('tell', (text, acknowledge) => {
    io.to(socket.data.room).emit(HEARD, text);
    acknowledge();
  });
});
http.listen(0, '127.0.0.1', () => serve({ port: http.address().port, ...serveSocketIo(io) }));
