import type { Scenario } from '../scenario.js';

export const DISCONNECT: readonly Scenario[] = [
  {
    name: 'the client disconnects: reasons, rooms and order',
    covers: ['Socket: disconnect', 'Events: disconnecting', 'Events: disconnect'],
    async run(stage) {
      const [a, socket] = await stage.join('a');
      void socket.join('x');
      socket.on('disconnecting', (reason, ...rest: unknown[]) => {
        stage.log('server', 'disconnecting', reason, rest, socket.rooms.size);
      });
      socket.on('disconnect', (reason, ...rest: unknown[]) => {
        stage.log('server', 'disconnect', reason, rest, socket.rooms.size);
      });
      a.disconnect();
      await stage.until('server', 'disconnect ');
    },
  },
  {
    name: 'the server disconnects from the namespace, and the connection stays',
    covers: ['Socket: disconnect'],
    async run(stage) {
      stage.io.of('/chat');
      const [a] = await stage.join('a');
      stage.sibling('a/chat', a, '/chat');
      await stage.until('a/chat', 'connected');
      const [socket] = [...stage.io.of('/chat').sockets.values()];
      if (socket === undefined) return;
      stage.watchEnd(socket);
      stage.log('server', 'returns it', socket.disconnect() === socket);
      stage.log('server', 'again', socket.disconnect() === socket);
      await stage.until('a/chat', 'disconnected');
      stage.io.emit('still');
      await stage.until('a', 'event');
    },
  },
  {
    name: '`disconnect(true)` ends all namespaces of the connection',
    covers: ['Socket: disconnect'],
    async run(stage) {
      stage.io.of('/chat');
      const [a, main] = await stage.join('a');
      stage.sibling('a/chat', a, '/chat');
      await stage.until('a/chat', 'connected');
      const [chat] = [...stage.io.of('/chat').sockets.values()];
      stage.watchEnd(main, 'main ');
      if (chat !== undefined) stage.watchEnd(chat, 'chat ');
      main.disconnect(true);
      await stage.until('a/chat', 'disconnected');
      await stage.until('a', 'disconnected');
    },
  },
  {
    name: 'the client closes its connection',
    covers: ['Events: disconnect'],
    async run(stage) {
      const [a, socket] = await stage.join('a');
      stage.watchEnd(socket);
      a.io.engine.close();
      await stage.until('server', 'disconnect ');
    },
  },
  {
    name: 'the connection is lost without a closing handshake',
    covers: ['Events: disconnect'],
    async run(stage) {
      stage.io.on('connection', (socket) => stage.watchEnd(socket));
      const ws = await stage.raw('w');
      ws.send('40');
      await stage.until('w', 'message');
      ws.terminate();
      await stage.until('server', 'disconnect ');
    },
  },
  {
    name: 'the client does not answer pings',
    covers: ['Events: disconnect', 'Options: pingInterval', 'Options: pingTimeout'],
    options: { pingInterval: 100, pingTimeout: 100 },
    async run(stage) {
      stage.io.on('connection', (socket) => stage.watchEnd(socket));
      const ws = await stage.raw('w');
      ws.send('40');
      await stage.until('server', 'disconnect ');
      await stage.until('w', 'closed');
    },
  },
  {
    name: 'the client breaks the protocol',
    covers: ['Events: disconnect'],
    async run(stage) {
      stage.io.on('connection', (socket) => stage.watchEnd(socket));
      const ws = await stage.raw('w');
      ws.send('40');
      await stage.until('w', 'message');
      ws.send('4abc');
      await stage.until('w', 'closed');
      await stage.settle();
    },
    different: {
      because:
        'Socket.IO documents the reason `parse error` for this, which distinguishes a bad client from a server that closes',
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
  {
    name: 'an event and a disconnect of the client in one write',
    covers: ['Events: disconnect'],
    async run(stage) {
      const [a, socket] = await stage.join('a');
      socket.on('last', (value: number) => stage.log('server', 'last', value));
      socket.on('disconnect', (reason) => stage.log('server', 'disconnect', reason));
      a.emit('last', 1);
      a.disconnect();
      await stage.until('server', 'disconnect');
    },
    different: {
      because:
        'Socket.IO handles an event one tick after it has read it, and drops it if the client is gone by then. An event that a client sent before it left must be handled',
      theirs: [
        "server: disconnect 'client namespace disconnect'",
        'a: connected',
        "a: disconnected 'io client disconnect'",
      ],
      ours: [
        'server: last 1',
        "server: disconnect 'client namespace disconnect'",
        'a: connected',
        "a: disconnected 'io client disconnect'",
      ],
    },
  },
];
