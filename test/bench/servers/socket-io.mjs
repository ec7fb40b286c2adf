// Socket.IO with its defaults, but without long polling, which the load does not use.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { HEARD } from '../wire.mjs';
import { serve } from './control.mjs';
import { serveSocketIo } from './socket-io-control.mjs';

const http = createServer();
const io = new Server(http, { transports: ['websocket'] });

io.on('connection', (socket) => {
  socket.on('echo', (text, acknowledge) => acknowledge(text));
  socket.on('say', (text) => io.emit(HEARD, text));
});
http.listen(0, '127.0.0.1', () => serve({ port: http.address().port, ...serveSocketIo(io) }));
