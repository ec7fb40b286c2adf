/** The commands that both contenders on `socket.io` share. */
import { HEARD } from '../wire.mjs';

export const serveSocketIo = (io) => ({
  clients: () => io.engine.clientsCount,
  toAll: (text) => io.emit(HEARD, text),
  toRoom: (room, text) => io.to(`r${room}`).emit(HEARD, text),
  sockets: () => [...io.sockets.sockets.values()],
});
