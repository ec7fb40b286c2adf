import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Scenario } from '../scenario.js';

export const SERVER: readonly Scenario[] = [
  {
    name: 'the constructor takes options alone, and `attach` adds the HTTP server',
    covers: ['Server: new Server()', 'Server: attach', 'Server: httpServer', 'Server: sockets'],
    startsItself: true,
    async run(stage) {
      const io = stage.create({ path: '/live' });
      stage.log('server', 'httpServer', io.httpServer === undefined);
      stage.log('server', 'returns the server', io.attach(stage.http) === io);
      stage.log('server', 'httpServer is the one attached', io.httpServer === stage.http);
      stage.log('server', 'sockets is of("/")', io.sockets === io.of('/'));
      await stage.listen(io);
      await stage.join('a', '/', { path: '/live' });
    },
  },
  {
    name: 'the constructor takes a port',
    covers: ['Server: new Server()', 'Server: httpServer'],
    startsItself: true,
    async run(stage) {
      const io = stage.create();
      io.listen(0);
      await stage.listening(io);
      await stage.join('a');
      const response = await fetch(`${stage.url}/other`);
      stage.log('server', 'other path', response.status, await response.text());
    },
  },
  {
    name: '`listen` returns the server, and `attach` takes a port as text',
    covers: ['Server: listen', 'Server: attach'],
    startsItself: true,
    async run(stage) {
      const io = stage.create();
      stage.log('server', 'returns the server', io.listen('0' as unknown as number) === io);
      await stage.listening(io);
      await stage.join('a');
    },
  },
  {
    name: '`attach` refuses a function',
    covers: ['Server: attach'],
    startsItself: true,
    run(stage) {
      const io = stage.create();
      stage.attempt('attach', () => io.attach((() => {}) as never));
    },
  },
  {
    name: 'options of the constructor take precedence over those of `attach`',
    covers: ['Server: attach', 'io.engine: opts'],
    startsItself: true,
    async run(stage) {
      const io = stage.create({ pingInterval: 11_000 });
      io.attach(stage.http, { pingInterval: 22_000, pingTimeout: 33_000 });
      const { pingInterval, pingTimeout } = io.engine.opts;
      stage.log('server', 'opts', pingInterval, pingTimeout);
    },
  },
  {
    name: 'two HTTP servers are served by one server',
    covers: ['Server: attach', 'Server: httpServer'],
    async run(stage) {
      const second = createServer();
      stage.io.attach(second);
      stage.log('server', 'httpServer is the last', stage.io.httpServer === second);
      const [a] = await stage.join('a');
      await new Promise<void>((resolve) => void second.listen(0, '127.0.0.1', resolve));
      const b = stage.clientOf('b', `http://127.0.0.1:${(second.address() as AddressInfo).port}`);
      await stage.until('b', 'connected');
      stage.io.emit('all', 1);
      await stage.settle();
      a.disconnect();
      b.disconnect();
      await new Promise((resolve) => {
        second.close(resolve);
        second.closeAllConnections();
      });
    },
  },
  {
    name: '`of` adds the slash, returns one object per name and takes a listener',
    covers: ['Server: of', 'Namespace: name', 'Namespace: server'],
    async run(stage) {
      const chat = stage.io.of('chat', (socket) => stage.log('server', 'connection', socket.nsp.name));
      stage.log('server', 'same object', chat === stage.io.of('/chat'), chat.name, chat.server === stage.io);
      await stage.join('a', '/chat');
    },
  },
  {
    name: 'a client that asks for an unknown namespace is refused, and keeps its connection',
    covers: ['Server: of'],
    async run(stage) {
      const [a] = await stage.join('a');
      stage.sibling('a/none', a, '/none');
      await stage.until('a/none', 'refused');
      stage.io.emit('still', 'here');
      await stage.until('a', 'event');
    },
  },
  {
    name: '`path`, `connectTimeout` and `serveClient` read and set, and return the server',
    covers: ['Server: path', 'Server: connectTimeout', 'Server: serveClient'],
    startsItself: true,
    async run(stage) {
      const io = stage.create();
      stage.log('server', 'defaults', io.path(), io.connectTimeout(), io.serveClient());
      stage.log('server', 'chains', io.path('/p/').connectTimeout(5_000).serveClient(false) === io);
      stage.log('server', 'now', io.path(), io.connectTimeout(), io.serveClient());
      io.attach(stage.http);
      await stage.listen(io);
      await stage.join('a', '/', { path: '/p' });
    },
  },
  {
    name: 'a client that joins no namespace is closed after `connectTimeout`',
    covers: ['Server: connectTimeout', 'Options: connectTimeout'],
    options: { connectTimeout: 30 },
    async run(stage) {
      const ws = await stage.raw('w');
      await stage.until('w', 'closed');
      ws.terminate();
    },
  },
  {
    name: '`serveClient` serves the bundle by default, with `ETag` and 304',
    covers: ['Server: serveClient', 'Options: serveClient'],
    async run(stage) {
      for (const file of ['socket.io.js', 'socket.io.min.js', 'socket.io.esm.min.js', 'socket.io.msgpack.min.js']) {
        const { status, headers, text } = await stage.get(`/socket.io/${file}`);
        stage.log('server', file, status, headers['content-type']?.includes('javascript'), text.length > 10_000);
      }
      const { status, headers } = await stage.get('/socket.io/socket.io.js.map');
      stage.log('server', 'map', status, headers['content-type']?.startsWith('application/json'));
      const { etag = '' } = (await stage.get('/socket.io/socket.io.js')).headers;
      const again = await stage.get('/socket.io/socket.io.js', { 'if-none-match': etag });
      stage.log('server', 'again', again.status);
    },
  },
  {
    name: '`use` of the server is that of "/"',
    covers: ['Server: use'],
    async run(stage) {
      const same = stage.io.use((socket, next) => {
        stage.log('server', 'middleware', socket.nsp.name, socket.connected);
        next();
      });
      stage.log('server', 'chains', same === stage.io);
      stage.io.of('/other');
      const [a] = await stage.join('a');
      stage.sibling('a/other', a, '/other');
      await stage.until('a/other', 'connected');
    },
  },
  {
    name: '`adapter` reads and sets the adapter class',
    covers: ['Server: adapter', 'Namespace: adapter', 'Options: adapter'],
    async run(stage) {
      const { Adapter } = await import('socket.io-adapter');
      class Counting extends Adapter {}
      stage.log('server', 'chains', stage.io.adapter(Counting as never) === stage.io);
      stage.log('server', 'is read', stage.io.adapter() === (Counting as never));
      stage.log('server', 'is used', stage.io.of('/').adapter instanceof Counting);
      const [, socket] = await stage.join('a');
      await socket.join('room');
      stage.log('server', 'rooms', stage.io.of('/').adapter.rooms);
    },
  },
  {
    name: '`io.emit`, `send` and `write` reach all clients of "/" and no other namespace',
    covers: ['Server: emit', 'Server: send', 'Server: write'],
    async run(stage) {
      stage.io.of('/other');
      const [a] = await stage.join('a');
      await stage.join('b');
      stage.sibling('a/other', a, '/other');
      await stage.until('a/other', 'connected');
      stage.log('server', 'emit', stage.io.emit('one', 1, { two: [2] }, null));
      stage.log('server', 'send', stage.io.send('text') === stage.io);
      stage.log('server', 'write', stage.io.write('more', 3) === stage.io);
      await stage.settle();
    },
  },
  {
    name: 'arguments of every kind arrive alike',
    covers: ['Server: emit', 'Socket: emit'],
    async run(stage) {
      const [a, socket] = await stage.join('a');
      socket.on('up', (...args: unknown[]) => stage.log('server', 'up', ...args));
      const values = [1, -0.5, 'ä\u2028', true, null, undefined, [1, [2]], { a: { b: 1 } }, new Date(0)];
      stage.io.emit('down', ...values);
      stage.io.emit('bytes', Buffer.from([1, 2]), { deep: [new Uint8Array([3])] });
      stage.io.emit('nothing');
      a.emit('up', ...values);
      a.emit('up', Buffer.from([1, 2]), { deep: [Buffer.from([3])] });
      a.emit('up');
      await stage.settle();
    },
  },
  {
    name: 'reserved event names are refused by every `emit`',
    covers: ['Server: emit', 'Namespace: emit', 'BroadcastOperator: emit', 'Socket: emit', 'Listeners: emit'],
    async run(stage) {
      const [, socket] = await stage.join('a');
      for (const event of [
        'connect',
        'connect_error',
        'disconnect',
        'disconnecting',
        'newListener',
        'removeListener',
      ]) {
        stage.attempt(`io ${event}`, () => stage.io.emit(event as never));
        stage.attempt(`to ${event}`, () => stage.io.to('x').emit(event as never));
        stage.attempt(`socket ${event}`, () => socket.emit(event as never));
      }
      stage.attempt('connection', () => stage.io.emit('connection' as never));
      stage.attempt('error', () => socket.emit('error'));
      await stage.settle();
    },
  },
  {
    name: '`io.to`, `in` and `except` select rooms and ids, each client once',
    covers: ['Server: to', 'Server: in', 'Server: except'],
    async run(stage) {
      const [, a] = await stage.join('a');
      const [, b] = await stage.join('b');
      const [, c] = await stage.join('c');
      void a.join(['x', 'y']);
      void b.join('y');
      stage.io.to('x').emit('to x');
      stage.io.in('y').emit('in y');
      stage.io.to(['x', 'y']).emit('to both');
      stage.io.to('x').to('y').emit('chained');
      stage.io.except('x').emit('except x');
      stage.io.except(['x', 'y']).emit('except both');
      stage.io.to('y').except('x').emit('y without x');
      stage.io.to(c.id).emit('to an id');
      stage.io.except(c.id).emit('except an id');
      stage.io.to('nowhere').emit('nobody');
      stage.io.to('x').except('x').emit('nobody');
      await stage.settle();
    },
  },
  {
    name: '`io.compress`, `volatile`, `local` and `timeout` start chains that deliver',
    covers: ['Server: compress', 'Server: volatile', 'Server: local', 'Server: timeout'],
    async run(stage) {
      const [, a] = await stage.join('a');
      void a.join('x');
      await stage.join('b');
      await stage.settle();
      stage.io.volatile.emit('volatile');
      await stage.settle();
      stage.io.compress(false).emit('compress');
      stage.io.local.emit('local');
      stage.io.timeout(1_000).emit('timeout');
      stage.io.local.compress(true).to('x').emit('all');
      await stage.settle();
    },
  },
  {
    name: '`io.timeout().emit` collects the acknowledgements of all clients',
    covers: ['Server: timeout', 'Server: emit'],
    async run(stage) {
      const [a] = await stage.join('a');
      const [b] = await stage.join('b');
      a.on('ask', (n: number, ack: (n: number) => void) => ack(n + 1));
      b.on('ask', (n: number, ack: (n: number) => void) => ack(n + 2));
      stage.io.timeout(2_000).emit('ask', 1, (error: Error | null, answers: number[]) => {
        stage.log(
          'server',
          'answers',
          error,
          answers.toSorted((one, other) => one - other),
        );
      });
      await stage.until('server', 'answers');
    },
  },
  {
    name: '`io.timeout().emit` without clients answers with an empty list',
    covers: ['Server: timeout'],
    async run(stage) {
      stage.io.timeout(2_000).emit('ask', (error: Error | null, answers: unknown[]) => {
        stage.log('server', 'answers', error, answers);
      });
      await stage.until('server', 'answers');
    },
  },
  {
    name: '`serverSideEmit` without a cluster has no effect',
    covers: ['Server: serverSideEmit', 'Namespace: serverSideEmit'],
    async run(stage) {
      const { warn } = console;
      console.warn = () => {};
      stage.io.on('note' as never, () => stage.log('server', 'note'));
      stage.attempt('io', () => stage.io.serverSideEmit('note'));
      stage.attempt('namespace', () => stage.io.of('/x').serverSideEmit('note'));
      stage.attempt('reserved', () => stage.io.serverSideEmit('connection' as never));
      console.warn = warn;
    },
  },
  {
    name: '`serverSideEmitWithAck` without a cluster',
    covers: ['Server: serverSideEmitWithAck', 'Namespace: serverSideEmitWithAck'],
    async run(stage) {
      const { warn } = console;
      console.warn = () => {};
      void stage.io.serverSideEmitWithAck('ask').then((answers) => stage.log('server', 'io', answers));
      void stage.io
        .of('/x')
        .serverSideEmitWithAck('ask')
        .then((answers) => stage.log('server', 'namespace', answers));
      console.warn = warn;
      await stage.settle();
      stage.log('server', 'later');
    },
    different: {
      because: 'without other servers there is nothing to wait for; in Socket.IO the promise stays pending',
      theirs: ['server: later'],
      ours: ['server: io []', 'server: namespace []', 'server: later'],
    },
  },
  {
    name: '`fetchSockets` gives the sockets of "/"',
    covers: ['Server: fetchSockets', 'Server: allSockets'],
    async run(stage) {
      const [, a] = await stage.join('a');
      await stage.join('b');
      void a.join('x');
      a.data = { name: 'Ann' };
      const all = await stage.io.fetchSockets();
      stage.log('server', 'all', all.map(({ id }) => id).length);
      const [one] = await stage.io.in('x').fetchSockets();
      stage.log('server', 'one', one?.id, one?.rooms, one?.data, one === (a as never));
      stage.log('server', 'ids', await stage.io.in('x').allSockets(), (await stage.io.allSockets()).size);
      stage.log('server', 'none', await stage.io.in('none').fetchSockets());
    },
  },
  {
    name: '`socketsJoin`, `socketsLeave` and `disconnectSockets` of the server',
    covers: ['Server: socketsJoin', 'Server: socketsLeave', 'Server: disconnectSockets'],
    async run(stage) {
      const [, a] = await stage.join('a');
      const [, b] = await stage.join('b');
      stage.watchEnd(a, 'a ');
      stage.log('server', 'returns', stage.io.socketsJoin(['x', 'y']));
      stage.log('server', 'rooms', a.rooms, b.rooms);
      stage.log('server', 'returns', stage.io.socketsLeave('x'));
      stage.log('server', 'rooms', a.rooms, b.rooms);
      void b.leave('y');
      stage.log('server', 'returns', stage.io.in('y').disconnectSockets());
      await stage.until('a', 'disconnected');
      stage.io.disconnectSockets(true);
      await stage.until('b', 'disconnected');
    },
  },
];
