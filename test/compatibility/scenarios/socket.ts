import type { Scenario } from '../scenario.js';

export const SOCKET: readonly Scenario[] = [
  {
    name: '`id`, `nsp`, `client`, `conn` and `data` of a new socket',
    covers: ['Socket: id', 'Socket: nsp', 'Socket: client', 'Socket: conn', 'Socket: data', 'Socket: recovered'],
    async run(stage) {
      const [a, socket] = await stage.join('a');
      stage.log('server', 'id', socket.id === a.id, socket.id.length);
      stage.log('server', 'nsp', socket.nsp === stage.io.of('/'), socket.client.conn === socket.conn);
      stage.log('server', 'data', socket.data, socket.recovered);
      socket.data.one = 1;
      stage.log('server', 'data', socket.data);
    },
  },
  {
    name: '`handshake` has the query, the headers and the data of the client',
    covers: ['Socket: handshake'],
    async run(stage) {
      const [, { handshake }] = await stage.join('a', '/', {
        query: { page: 'p', list: ['1', '2'] as never },
        auth: { token: 't', deep: { list: [1] } },
        extraHeaders: { 'X-Own': 'own', Origin: stage.url },
      });
      const { headers, address, xdomain, secure, issued, time, url, query, auth } = handshake;
      stage.log('server', 'keys', Object.keys(handshake).toSorted());
      stage.log('server', 'headers', headers['x-own'], headers.upgrade, address, xdomain, secure);
      stage.log('server', 'times', Math.abs(Date.now() - issued) < 10_000, Math.abs(Date.parse(time) - issued) < 2_000);
      stage.log('server', 'url', url.startsWith('/socket.io/?'), query['page'], query['EIO'], query['transport']);
      stage.log('server', 'auth', auth);
    },
  },
  {
    name: '`handshake.auth` without data is an empty object, and `auth` may be a function',
    covers: ['Socket: handshake'],
    async run(stage) {
      const [, plain] = await stage.join('a');
      stage.log('server', 'auth', plain.handshake.auth);
      const [, made] = await stage.join('b', '/', { auth: (give) => give({ made: true }) });
      stage.log('server', 'auth', made.handshake.auth);
    },
  },
  {
    name: 'the request is set to `null` on the connection, to save memory',
    covers: ['Socket: handshake', 'Client: request'],
    async run(stage) {
      stage.io.engine.on('connection', (connection: { request: unknown }) => {
        connection.request = null;
      });
      const [, socket] = await stage.join('a', '/', { auth: { key: 1 } });
      stage.log('server', 'request', socket.request);
      stage.log('server', 'handshake', socket.handshake.auth, socket.handshake.address, socket.handshake.query['EIO']);
    },
    different: {
      because: 'the handshake keeps its headers, url and query, which the server holds apart from the request',
      theirs: ['server: request null', "server: handshake { key: 1 } '127.0.0.1' undefined", 'a: connected'],
      ours: ['server: request null', "server: handshake { key: 1 } '127.0.0.1' '4'", 'a: connected'],
    },
  },
  {
    name: '`connected` and `disconnected` before, during and after',
    covers: ['Socket: connected', 'Socket: disconnected'],
    async run(stage) {
      stage.io.use((socket, done) => {
        stage.log('server', 'middleware', socket.connected, socket.disconnected);
        done();
      });
      stage.io.on('connection', (socket) => {
        stage.log('server', 'connection', socket.connected, socket.disconnected);
        for (const event of ['disconnecting', 'disconnect'] as const) {
          socket.on(event, () => stage.log('server', event, socket.connected, socket.disconnected));
        }
      });
      const [a] = await stage.join('a');
      a.disconnect();
      await stage.until('server', 'disconnect ');
    },
  },
  {
    name: '`rooms` is a Set that begins with the id, and is empty after `disconnect`',
    covers: ['Socket: rooms', 'Socket: join', 'Socket: leave'],
    async run(stage) {
      const [a, socket] = await stage.join('a');
      stage.log('server', 'rooms', socket.rooms instanceof Set, socket.rooms);
      void socket.join('x');
      void socket.join(['y', 'z']);
      void socket.leave('y');
      void socket.leave('never joined');
      stage.log('server', 'rooms', socket.rooms);
      await socket.join('awaited');
      await socket.leave('awaited');
      socket.on('disconnecting', () => stage.log('server', 'disconnecting', socket.rooms));
      socket.on('disconnect', () => {
        stage.log('server', 'disconnect', socket.rooms);
        void socket.join('too late');
        stage.log('server', 'too late', socket.rooms, stage.io.of('/').adapter.rooms.has('too late'));
      });
      a.disconnect();
      await stage.until('server', 'too late');
    },
  },
  {
    name: '`emit` returns true, and a callback gets the acknowledgement',
    covers: ['Socket: emit'],
    async run(stage) {
      const [a, socket] = await stage.join('a');
      a.on('ask', (n: number, ack: (...args: unknown[]) => void) => ack(n + 1, { more: [n] }, Buffer.from([n])));
      stage.log(
        'server',
        'emit',
        socket.emit('tell', 1),
        socket.emit('ask', 1, (...answer: unknown[]) => {
          stage.log('server', 'answer', ...answer);
        }),
      );
      await stage.until('server', 'answer');
    },
  },
  {
    name: '`emitWithAck` resolves with the first argument',
    covers: ['Socket: emitWithAck'],
    async run(stage) {
      const [a, socket] = await stage.join('a');
      a.on('ask', (n: number, ack: (...args: unknown[]) => void) => ack(n + 1, 'second'));
      a.on('nothing', (ack: () => void) => ack());
      stage.log('server', 'answer', await socket.emitWithAck('ask', 1));
      stage.log('server', 'answer', await socket.emitWithAck('nothing'));
      stage.log('server', 'answer', await socket.timeout(1_000).emitWithAck('ask', 2));
    },
  },
  {
    name: '`timeout().emitWithAck` rejects',
    covers: ['Socket: emitWithAck', 'Socket: timeout'],
    async run(stage) {
      const [, socket] = await stage.join('a');
      await socket
        .timeout(30)
        .emitWithAck('ask')
        .catch((error: unknown) => {
          stage.log('server', 'rejected', error instanceof Error);
        });
    },
  },
  {
    name: '`timeout().emit` passes an error first',
    covers: ['Socket: timeout'],
    async run(stage) {
      const [a, socket] = await stage.join('a');
      a.on('ask', (ack: (answer: string) => void) => ack('yes'));
      socket.timeout(1_000).emit('ask', (error: Error | null, answer: unknown) => {
        stage.log('server', 'answer', error, answer);
      });
      await stage.until('server', 'answer');
      socket.timeout(30).emit('silence', (error: Error | null, ...rest: unknown[]) => {
        stage.log('server', 'late', error instanceof Error, ...rest);
      });
      await stage.until('server', 'late');
    },
  },
  {
    name: 'a handler acknowledges with any arguments, and only the first call counts',
    covers: ['Socket: emit', 'Listeners: on'],
    async run(stage) {
      const [a, socket] = await stage.join('a');
      socket.on('ask', (n: number, ack: (...args: unknown[]) => void) => {
        ack(n, { text: 't' }, [Buffer.from([1])]);
        ack('again');
      });
      socket.on('empty', (ack: () => void) => ack());
      socket.on('none', (...args: unknown[]) => stage.log('server', 'none', args.length));
      a.emit('ask', 1, (...args: unknown[]) => stage.log('a', 'answer', ...args));
      a.emit('empty', (...args: unknown[]) => stage.log('a', 'empty answer', ...args));
      a.emit('none');
      await stage.until('a', 'empty answer');
      await stage.settle();
    },
  },
  {
    name: 'an event without a listener that asks for an acknowledgement gets none',
    covers: ['Socket: emit'],
    async run(stage) {
      const [a] = await stage.join('a');
      a.timeout(80).emit('unknown', (error: Error | null) => stage.log('a', 'answer', error instanceof Error));
      await stage.until('a', 'answer');
    },
  },
  {
    name: '`to`, `in`, `except` and `broadcast` of a socket leave it out',
    covers: ['Socket: to', 'Socket: in', 'Socket: except', 'Socket: broadcast', 'Socket: local'],
    async run(stage) {
      const [, a] = await stage.join('a');
      const [, b] = await stage.join('b');
      await stage.join('c');
      void a.join('x');
      void b.join('x');
      a.to('x').emit('to');
      a.in(['x', 'y']).emit('in');
      a.except('x').emit('except');
      a.broadcast.emit('broadcast');
      a.local.emit('local');
      a.to('x').except(b.id).emit('nobody');
      a.broadcast.except('x').emit('rest');
      await stage.settle();
    },
  },
  {
    name: '`send` and `write` send `message` and return the socket',
    covers: ['Socket: send', 'Socket: write'],
    async run(stage) {
      const [, socket] = await stage.join('a');
      stage.log('server', 'send', socket.send('one', 2) === socket, socket.write({ three: 3 }) === socket);
      await stage.settle();
    },
  },
  {
    name: '`volatile`, `compress` and `timeout` apply to the next emit',
    covers: ['Socket: volatile', 'Socket: compress', 'Socket: timeout'],
    async run(stage) {
      const [, socket] = await stage.join('a');
      await stage.settle();
      socket.volatile.emit('volatile');
      await stage.settle();
      socket.compress(false).emit('compress');
      socket.compress(true).timeout(1_000).emit('both');
      await stage.settle();
    },
  },
  {
    name: 'a volatile event right after another event',
    covers: ['Socket: volatile'],
    async run(stage) {
      const [, socket] = await stage.join('a');
      await stage.settle();
      socket.emit('first');
      socket.volatile.emit('second');
      await stage.settle();
    },
    different: {
      because:
        'an event of the same turn is sent in the same write, so the client is ready for both: only a client that has not read earlier data misses it',
      theirs: ['a: connected', "a: event 'first'"],
      ours: ['a: connected', "a: event 'first'", "a: event 'second'"],
    },
  },
  {
    name: '`socket.volatile` without an emit marks the socket for its next emit',
    covers: ['Socket: volatile'],
    async run(stage) {
      const [, socket] = await stage.join('a');
      stage.log('server', 'is the socket', socket.volatile === (socket as never));
      stage.log('server', 'is the socket', socket.timeout(5) === (socket as never));
    },
    different: {
      because: 'the flags are values of the chain, so they cannot leak into an emit that was written elsewhere',
      theirs: ['server: is the socket true', 'server: is the socket true', 'a: connected'],
      ours: ['server: is the socket false', 'server: is the socket false', 'a: connected'],
    },
  },
  {
    name: 'an emit after the disconnect, and an acknowledgement that can no longer arrive',
    covers: ['Socket: emit'],
    async run(stage) {
      const [, socket] = await stage.join('a');
      let answered = false;
      socket.emit('ask', () => (answered = true));
      socket.disconnect();
      stage.log('server', 'emit', socket.emit('late'), socket.send('late') === socket);
      await stage.until('a', 'disconnected');
      await stage.settle();
      stage.log('server', 'answered', answered);
    },
  },
  {
    name: '`use` sees each event, may change it, and refuses it with an error',
    covers: ['Socket: use', 'Events: error'],
    async run(stage) {
      const [a, socket] = await stage.join('a');
      const same = socket.use((event, done) => {
        stage.log('server', 'middleware', event[0], event.length);
        if (event[0] === 'bad') done(new Error('no'));
        else {
          event[1] = 'changed';
          done();
        }
      });
      stage.log('server', 'chains', same === socket);
      socket.use((_event, done) => setImmediate(done));
      socket.on('good', (value: unknown) => stage.log('server', 'good', value));
      socket.on('bad', () => stage.log('server', 'never'));
      socket.on('error', (error) => stage.log('server', 'error', error));
      a.emit('good', 1);
      a.emit('bad', 1);
      await stage.until('server', 'good');
      await stage.until('server', 'error');
    },
  },
  {
    name: 'catch-all listeners of incoming events',
    covers: ['Socket: onAny', 'Socket: prependAny', 'Socket: offAny', 'Socket: listenersAny'],
    async run(stage) {
      const [a, socket] = await stage.join('a');
      const first = (event: string, ...args: unknown[]): void => {
        stage.log('server', 'first', event, ...args.map((arg) => typeof arg));
      };
      const second = (event: string): void => stage.log('server', 'second', event);
      stage.log('server', 'none', socket.listenersAny());
      stage.log('server', 'chains', socket.onAny(first) === socket, socket.prependAny(second) === socket);
      stage.log('server', 'listeners', socket.listenersAny()[0] === second, socket.listenersAny().length);
      socket.on('one', () => stage.log('server', 'heard'));
      a.emit('one', 1, 'x', () => {});
      await stage.until('server', 'heard');
      stage.log('server', 'off', socket.offAny(second) === socket, socket.listenersAny().length);
      a.emit('two');
      await stage.settle();
      socket.offAny();
      stage.log('server', 'all off', socket.listenersAny().length);
      a.emit('three');
      await stage.settle();
    },
  },
  {
    name: 'catch-all listeners of outgoing events',
    covers: [
      'Socket: onAnyOutgoing',
      'Socket: prependAnyOutgoing',
      'Socket: offAnyOutgoing',
      'Socket: listenersAnyOutgoing',
    ],
    async run(stage) {
      const [a, socket] = await stage.join('a');
      const first = (...args: unknown[]): void => stage.log('server', 'first', ...args);
      const second = (event: string): void => stage.log('server', 'second', event);
      stage.log(
        'server',
        'chains',
        socket.onAnyOutgoing(first) === socket,
        socket.prependAnyOutgoing(second) === socket,
      );
      stage.log('server', 'listeners', socket.listenersAnyOutgoing().length);
      a.on('ask', (ack: () => void) => ack());
      socket.on('question', (ack: (answer: number) => void) => ack(1));
      socket.emit('one', 1);
      stage.io.emit('all', 2);
      socket.emit('ask', () => {});
      await stage.io.timeout(1_000).emitWithAck('ask');
      await a.emitWithAck('question');
      socket.offAnyOutgoing(second);
      socket.emit('two');
      socket.offAnyOutgoing();
      stage.log('server', 'off', socket.listenersAnyOutgoing().length);
      socket.emit('three');
    },
  },
  {
    name: 'the request has the headers, the url and the query of the upgrade',
    covers: ['Socket: request', 'Client: request'],
    async run(stage) {
      const [, socket] = await stage.join('a', '/', { query: { q: '1' } });
      const { request } = socket;
      stage.log('server', 'same object', request === socket.client.request, request === (socket.conn.request as never));
      stage.log('server', 'request', request.method, request.headers.upgrade, request.httpVersion);
      stage.log('server', 'query', (request as unknown as { _query: Record<string, string> })._query['q']);
      stage.log('server', 'address', request.socket.remoteAddress);
    },
  },
  {
    name: '`emitWithAck` when the client leaves',
    covers: ['Socket: emitWithAck'],
    async run(stage) {
      const [a, socket] = await stage.join('a');
      void socket.emitWithAck('ask').then(
        () => stage.log('server', 'answered'),
        (error: unknown) => stage.log('server', 'rejected', error instanceof Error),
      );
      socket.on('disconnect', () => stage.log('server', 'disconnect'));
      await stage.until('a', 'event');
      a.disconnect();
      await stage.until('server', 'disconnect');
      await stage.settle();
    },
    different: {
      because: 'the promise rejects; in Socket.IO it stays pending, and the handler that awaits it never ends',
      theirs: ['server: disconnect', 'a: connected', "a: event 'ask'", "a: disconnected 'io client disconnect'"],
      ours: [
        'server: disconnect',
        'server: rejected true',
        'a: connected',
        "a: event 'ask'",
        "a: disconnected 'io client disconnect'",
      ],
    },
  },
];
