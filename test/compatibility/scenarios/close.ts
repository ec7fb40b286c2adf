import { createServer } from 'node:http';
import type { Scenario } from '../scenario.js';

export const CLOSE: readonly Scenario[] = [
  {
    name: '`close` disconnects with `server shutting down`, and calls back',
    covers: ['Server: close', 'Events: disconnecting', 'Events: disconnect'],
    async run(stage) {
      const [, a] = await stage.join('a');
      void a.join('x');
      a.on('disconnecting', (reason) => stage.log('server', 'disconnecting', reason, a.rooms, a.connected));
      a.on('disconnect', (reason) => stage.log('server', 'disconnect', reason, a.rooms, a.connected));
      stage.http.unref();
      void stage.io.close(() => {});
      await stage.until('a', 'disconnected');
    },
  },
  {
    name: 'after `close`, `listen` serves again, with the listeners from before',
    covers: ['Server: close', 'Server: listen'],
    startsItself: true,
    async run(stage) {
      const io = stage.create();
      io.on('connection', (socket) => stage.log('server', 'connection', socket.rooms));
      io.listen(0);
      await stage.listening(io);
      await stage.join('a');
      await io.close();
      await stage.until('a', 'disconnected');
      io.listen(0);
      await stage.listening(io);
      const [, b] = await stage.join('b');
      void b.join('x');
      io.to('x').emit('again');
      await stage.settle();
    },
  },
  {
    name: 'when a client notices that the server closes, the port is free',
    covers: ['Server: close'],
    startsItself: true,
    async run(stage) {
      const io = stage.create();
      io.listen(0);
      await stage.listening(io);
      const [a] = await stage.join('a');
      const { port } = stage;
      const free = new Promise<string>((resolve) => {
        a.on('disconnect', () => {
          const other = createServer();
          other.once('error', ({ message }) => resolve(message));
          other.listen(port, () => other.close(() => resolve('free')));
        });
      });
      void io.close();
      stage.log('server', 'port', await free);
    },
  },
];
