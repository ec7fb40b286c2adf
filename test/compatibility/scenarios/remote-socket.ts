import type { Scenario } from '../scenario.js';

export const REMOTE_SOCKET: readonly Scenario[] = [
  {
    name: 'a socket of `fetchSockets` has `id`, `handshake`, `rooms` and `data`',
    covers: ['RemoteSocket: id', 'RemoteSocket: handshake', 'RemoteSocket: rooms', 'RemoteSocket: data'],
    async run(stage) {
      const [, socket] = await stage.join('a', '/', { auth: { key: 1 }, query: { q: '2' } });
      socket.data = { user: 7 };
      void socket.join('x');
      for (const remote of await stage.io.fetchSockets()) {
        const { auth, query, url, secure, xdomain } = remote.handshake;
        stage.log('server', 'socket', remote.id, remote.rooms, remote.data);
        stage.log('server', 'handshake', auth, query['q'], url.startsWith('/socket.io/'), secure, xdomain);
      }
    },
  },
  {
    name: '`emit`, `join`, `leave` and `disconnect` of a fetched socket',
    covers: ['RemoteSocket: emit', 'RemoteSocket: join', 'RemoteSocket: leave', 'RemoteSocket: disconnect'],
    async run(stage) {
      const [, socket] = await stage.join('a');
      stage.watchEnd(socket);
      const [remote] = await stage.io.fetchSockets();
      stage.log('server', 'emit', remote?.emit('direct', 1));
      remote?.join(['x', 'y']);
      remote?.leave('x');
      stage.log('server', 'rooms', socket.rooms);
      await stage.settle();
      stage.log('server', 'disconnect returns it', remote?.disconnect(true) === remote);
      await stage.until('a', 'disconnected');
    },
  },
];
