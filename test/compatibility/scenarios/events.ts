import type { Scenario } from '../scenario.js';

export const EVENTS: readonly Scenario[] = [
  {
    name: '`connect` and `connection` of the server and of a namespace: order and argument',
    covers: ['Events: connection', 'Events: connect'],
    async run(stage) {
      for (const event of ['connection', 'connect'] as const) {
        stage.io.on(event, (socket) => stage.log('server', `io ${event}`, socket.nsp.name, socket.connected));
        stage.io.of('/').on(event, (socket) => stage.log('server', `of("/") ${event}`, socket.nsp.name));
        stage.io.of('/chat').on(event, (socket) => stage.log('server', `/chat ${event}`, socket.nsp.name));
      }
      const [a] = await stage.join('a');
      stage.sibling('a/chat', a, '/chat');
      await stage.until('a/chat', 'connected');
    },
  },
  {
    name: 'events that a `connection` listener emits arrive after the client is connected, in order',
    covers: ['Events: connection'],
    async run(stage) {
      stage.io.on('connection', (socket) => {
        socket.emit('first', 1);
        void socket.join('x');
        stage.io.to('x').emit('second');
        socket.broadcast.emit('others');
        stage.io.emit('third');
      });
      await stage.join('a');
      await stage.join('b');
      await stage.settle();
    },
  },
  {
    name: 'events that a client sends right after its CONNECT reach listeners of `connection`',
    covers: ['Events: connection'],
    async run(stage) {
      stage.io.use((_socket, done) => setImmediate(done));
      stage.io.on('connection', (socket) => socket.on('early', (n) => stage.log('server', 'early', n)));
      const a = stage.client('a');
      a.emit('early', 1);
      a.emit('early', 2);
      await stage.until('server', 'early 2');
    },
  },
  {
    name: '`new_namespace` is for all namespaces but "/"',
    covers: ['Events: new_namespace'],
    async run(stage) {
      stage.io.on('new_namespace', (nsp) => stage.log('server', 'new_namespace', nsp.name));
      stage.io.of('/one');
      stage.io.of('/one');
      stage.io.of('/');
      stage.io.of(/^\/x/);
      await stage.join('a', '/x1');
      await stage.join('b', '/x1');
    },
  },
  {
    name: 'an event `error` that a client sends',
    covers: ['Events: error'],
    async run(stage) {
      const [a, socket] = await stage.join('a');
      socket.on('error', (...args: unknown[]) => stage.log('server', 'error', ...args));
      socket.onAny((event) => stage.log('server', 'any', event));
      a.emit('error', 'text');
      a.emit('after');
      await stage.settle();
    },
    different: {
      because: 'a client must not be able to call the listeners that handle errors of the server',
      theirs: ["server: any 'error'", "server: any 'after'", "server: error 'text'", 'a: connected'],
      ours: ["server: any 'error'", "server: any 'after'", 'a: connected'],
    },
  },
  {
    name: 'a client that is disconnected in a `connection` listener',
    covers: ['Events: connection', 'Socket: disconnect'],
    async run(stage) {
      stage.io.on('connection', (socket) => {
        stage.watchEnd(socket);
        socket.emit('bye');
        socket.disconnect();
        stage.log('server', 'connected', socket.connected, stage.io.of('/').sockets.size);
      });
      stage.client('a');
      await stage.until('a', 'disconnected');
    },
  },
  {
    name: 'reserved names that a client sends end its connection',
    covers: ['Events: disconnect'],
    async run(stage) {
      const ended: string[] = [];
      stage.io.on('connection', (socket) => {
        socket.on('disconnect', () => ended.push('disconnect'));
        socket.on('connect', () => stage.log('server', 'never'));
      });
      for (const event of ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener']) {
        const ws = await stage.raw(event);
        ws.send('40');
        await stage.until(event, 'message');
        ws.send(`42["${event}"]`);
        await stage.until(event, 'closed');
      }
      stage.log('server', 'ended', ended.length);
    },
  },
];
