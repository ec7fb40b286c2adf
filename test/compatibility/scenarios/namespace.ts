import type { Scenario } from '../scenario.js';

export const NAMESPACE: readonly Scenario[] = [
  {
    name: '`sockets` has each connected socket under its id',
    covers: ['Namespace: sockets', 'Namespace: name', 'Namespace: server'],
    async run(stage) {
      const nsp = stage.io.of('/chat');
      stage.log('server', 'is a Map', nsp.sockets instanceof Map, nsp.sockets.size);
      const [a, socket] = await stage.join('a', '/chat');
      stage.log('server', 'sockets', [...nsp.sockets.keys()], nsp.sockets.get(socket.id) === socket);
      socket.on('disconnecting', () => stage.log('server', 'disconnecting', nsp.sockets.size, socket.connected));
      socket.on('disconnect', () => stage.log('server', 'disconnect', nsp.sockets.size, socket.connected));
      a.disconnect();
      await stage.until('server', 'disconnect ');
    },
  },
  {
    name: '`adapter` has rooms and socket ids as a Map of Sets',
    covers: ['Namespace: adapter'],
    async run(stage) {
      const { adapter } = stage.io.of('/');
      const [, a] = await stage.join('a');
      void a.join(['x', 'y']);
      stage.log('server', 'classes', adapter.rooms instanceof Map, adapter.sids instanceof Map);
      stage.log('server', 'classes', adapter.rooms.get('x') instanceof Set, adapter.sids.get(a.id) instanceof Set);
      stage.log('server', 'rooms', adapter.rooms);
      stage.log('server', 'sids', adapter.sids);
      stage.log('server', 'x', adapter.rooms.get('x'), adapter.rooms.has('z'), adapter.rooms.get('z'));
      stage.log('server', 'sockets', await adapter.sockets(new Set(['x'])), adapter.socketRooms(a.id));
      stage.log('server', 'servers', await adapter.serverCount());
      stage.log('server', 'copies', new Map(adapter.rooms), new Set(adapter.rooms.get('y')), [...adapter.rooms.keys()]);
    },
  },
  {
    name: '`adapter` reports rooms that are created, joined, left and deleted',
    covers: ['Namespace: adapter'],
    async run(stage) {
      const { adapter } = stage.io.of('/');
      for (const event of ['create-room', 'join-room', 'leave-room', 'delete-room']) {
        adapter.on(event, (...args: unknown[]) => stage.log('server', event, ...args.filter((arg) => arg === 'x')));
      }
      const [client, a] = await stage.join('a');
      const [, b] = await stage.join('b');
      void a.join('x');
      void b.join('x');
      void a.join('x');
      void a.leave('x');
      void a.leave('x');
      b.disconnect();
      client.disconnect();
      await stage.settle();
    },
  },
  {
    name: 'middlewares run in order, before the client is connected',
    covers: ['Namespace: use'],
    async run(stage) {
      const nsp = stage.io.of('/');
      for (const step of [1, 2]) {
        nsp.use((socket, next) => {
          stage.log('server', 'middleware', step, socket.connected, socket.rooms, nsp.sockets.size);
          setImmediate(next);
        });
      }
      nsp.on('connection', (socket) => stage.log('server', 'connection', socket.connected, nsp.sockets.size));
      await stage.join('a');
    },
  },
  {
    name: 'a middleware refuses with a message and data, and later ones do not run',
    covers: ['Namespace: use'],
    async run(stage) {
      stage.io.use((socket, next) => {
        socket.on('disconnect', () => stage.log('server', 'never'));
        next(Object.assign(new Error('not you'), { data: { code: 7, list: [1] } }));
      });
      stage.io.use((_socket, next) => {
        stage.log('server', 'never');
        next();
      });
      stage.io.on('connection', () => stage.log('server', 'never'));
      stage.client('a');
      await stage.until('a', 'refused');
      stage.log('server', 'sockets', stage.io.of('/').sockets.size, await stage.io.fetchSockets());
    },
  },
  {
    name: 'a middleware refuses without data',
    covers: ['Namespace: use'],
    async run(stage) {
      stage.io.use((_socket, next) => next(new Error('plain')));
      stage.client('a');
      await stage.until('a', 'refused');
      stage.log('server', 'sockets', stage.io.of('/').sockets.size);
    },
  },
  {
    name: 'a middleware sets `data` and joins rooms, which the connected socket has',
    covers: ['Namespace: use', 'Socket: join', 'Socket: data'],
    async run(stage) {
      stage.io.use((socket, next) => {
        socket.data.user = 'Ann';
        void socket.join('early');
        next();
      });
      stage.io.on('connection', (socket) => {
        stage.log('server', 'connection', socket.data, [...socket.rooms].length);
        stage.io.to('early').emit('hello');
      });
      await stage.join('a');
    },
  },
  {
    name: 'a client that leaves while a middleware decides is never connected',
    covers: ['Namespace: use', 'Events: connection'],
    async run(stage) {
      const later: (() => void)[] = [];
      stage.io.use((_socket, next) => {
        stage.log('server', 'middleware');
        later.push(next);
      });
      stage.io.on('connection', () => stage.log('server', 'connection'));
      const ws = await stage.raw('w');
      ws.send('40');
      await stage.until('server', 'middleware');
      ws.close();
      await stage.until('w', 'closed');
      await stage.settle();
      for (const next of later) next();
      await stage.settle();
      stage.log('server', 'sockets', stage.io.of('/').sockets.size);
    },
  },
  {
    name: '`to`, `in` and `except` of a namespace stay in the namespace',
    covers: ['Namespace: to', 'Namespace: in', 'Namespace: except'],
    async run(stage) {
      const nsp = stage.io.of('/chat');
      const [, main] = await stage.join('main');
      const [, a] = await stage.join('a', '/chat');
      await stage.join('b', '/chat');
      void main.join('x');
      void a.join('x');
      nsp.to('x').emit('to');
      nsp.in(['x', 'y']).emit('in');
      nsp.except('x').emit('except');
      await stage.settle();
    },
  },
  {
    name: '`emit`, `send` and `write` of a namespace',
    covers: ['Namespace: emit', 'Namespace: send', 'Namespace: write'],
    async run(stage) {
      const nsp = stage.io.of('/chat');
      await stage.join('main');
      await stage.join('a', '/chat');
      stage.log('server', 'emit', nsp.emit('news', 1));
      stage.log('server', 'send', nsp.send('m') === nsp);
      stage.log('server', 'write', nsp.write('w') === nsp);
      await stage.settle();
    },
  },
  {
    name: '`compress`, `volatile`, `local` and `timeout` of a namespace',
    covers: ['Namespace: compress', 'Namespace: volatile', 'Namespace: local', 'Namespace: timeout'],
    async run(stage) {
      const nsp = stage.io.of('/chat');
      const [a] = await stage.join('a', '/chat');
      a.on('ask', (ack: (answer: string) => void) => ack('yes'));
      await stage.settle();
      nsp.volatile.emit('volatile');
      await stage.settle();
      nsp.compress(true).emit('compress');
      nsp.local.emit('local');
      nsp.timeout(1_000).emit('ask', (error: Error | null, answers: unknown) => {
        stage.log('server', 'answers', error, answers);
      });
      await stage.until('server', 'answers');
    },
  },
  {
    name: '`fetchSockets`, `allSockets` and the bulk methods of a namespace',
    covers: [
      'Namespace: fetchSockets',
      'Namespace: allSockets',
      'Namespace: socketsJoin',
      'Namespace: socketsLeave',
      'Namespace: disconnectSockets',
    ],
    async run(stage) {
      const nsp = stage.io.of('/chat');
      await stage.join('main');
      const [, a] = await stage.join('a', '/chat');
      stage.watchEnd(a);
      stage.log(
        'server',
        'fetchSockets',
        (await nsp.fetchSockets()).map(({ id }) => id),
      );
      stage.log('server', 'allSockets', await nsp.allSockets());
      nsp.socketsJoin('x');
      stage.log('server', 'joined', a.rooms);
      nsp.socketsLeave(['x', 'y']);
      stage.log('server', 'left', a.rooms);
      nsp.disconnectSockets();
      await stage.until('a', 'disconnected');
    },
  },
  {
    name: 'a client joins several namespaces on one connection, and leaves one of them',
    covers: ['Namespace: sockets', 'Client: conn'],
    async run(stage) {
      const nsp = stage.io.of('/chat');
      const [a, main] = await stage.join('a');
      const chat = stage.sibling('a/chat', a, '/chat');
      await stage.until('a/chat', 'connected');
      const [socket] = [...nsp.sockets.values()];
      stage.log('server', 'one connection', socket?.conn === main.conn, socket?.client === main.client);
      stage.log('server', 'two ids', socket?.id === main.id);
      stage.watchEnd(main, 'main ');
      if (socket !== undefined) stage.watchEnd(socket, 'chat ');
      chat.disconnect();
      await stage.until('server', 'chat disconnect ');
      stage.io.emit('still');
      await stage.until('a', 'event');
    },
  },
  {
    name: 'a client that calls `connect()` twice in a row',
    covers: ['Namespace: sockets'],
    async run(stage) {
      stage.io.of('/chat');
      const [a] = await stage.join('a');
      stage.sibling('a/chat', a, '/chat').connect();
      await stage.until('a/chat', 'connected');
      await stage.settle();
      stage.log('server', 'sockets', stage.io.of('/chat').sockets.size);
    },
    different: {
      because: 'a client has one socket in a namespace: a CONNECT that it repeats before it has the answer is ignored',
      theirs: ['server: sockets 2', 'a: connected', 'a/chat: connected', 'a/chat: connected'],
      ours: ['server: sockets 1', 'a: connected', 'a/chat: connected'],
    },
  },
  {
    name: 'a second CONNECT after the answer to the first ends the connection',
    covers: ['Namespace: sockets'],
    async run(stage) {
      stage.io.on('connection', (socket) => stage.watchEnd(socket));
      const ws = await stage.raw('w');
      ws.send('40');
      await stage.until('w', 'message');
      ws.send('40');
      await stage.until('w', 'closed');
    },
    different: {
      because: 'Socket.IO documents the reason `parse error` for a client that breaks the protocol',
      theirs: [
        "server: disconnecting 'forced close'",
        "server: disconnect 'forced close'",
        `w: message '40{"sid":"..."}'`,
        'w: closed',
      ],
      ours: [
        "server: disconnecting 'parse error'",
        "server: disconnect 'parse error'",
        `w: message '40{"sid":"..."}'`,
        'w: closed',
      ],
    },
  },
];
