import type { Scenario } from '../scenario.js';

const next = (emitter: { once(event: string, call: (...args: never[]) => void): unknown }, event: string) =>
  new Promise<void>((resolve) => void emitter.once(event, () => resolve()));

export const RECOVERY: readonly Scenario[] = [
  {
    name: 'a client resumes its session with id, rooms, data and missed events',
    covers: ['Socket: recovered', 'Options: connectionStateRecovery'],
    options: { connectionStateRecovery: {} },
    async run(stage) {
      stage.io.on('connection', (socket) => {
        stage.log('server', 'connection', socket.recovered, socket.rooms.has('x'), socket.data);
      });
      const [a, socket] = await stage.join('a', '/', { reconnection: true, reconnectionDelay: 1 });
      const { id } = a;
      void socket.join('x');
      socket.data = { user: 7 };
      socket.emit('before');
      await stage.until('a', 'event');
      const gone = next(socket, 'disconnect');
      a.io.engine.close();
      await gone;
      stage.io.to('x').emit('to the room', 1);
      stage.io.emit('to all', 2);
      stage.io.to('y').emit('to others');
      socket.emit('to the socket', 3);
      socket.volatile.emit('volatile');
      await stage.until('a', 'connected', 2);
      await stage.settle();
      stage.log('server', 'same id', a.id === id, a.recovered);
    },
  },
  {
    name: 'a session that the client has left on purpose is not resumed',
    covers: ['Socket: recovered'],
    options: { connectionStateRecovery: {} },
    async run(stage) {
      const [a, socket] = await stage.join('a');
      socket.emit('before');
      await stage.until('a', 'event');
      const gone = next(socket, 'disconnect');
      a.disconnect();
      await gone;
      socket.emit('lost');
      stage.io.emit('lost');
      a.connect();
      await stage.until('a', 'connected', 2);
      stage.log('server', 'recovered', a.recovered);
    },
  },
  {
    name: 'a middleware and a client that resumes its session',
    covers: ['Options: connectionStateRecovery', 'Namespace: use'],
    options: { connectionStateRecovery: {} },
    async run(stage) {
      stage.io.use((socket, done) => {
        stage.log('server', 'middleware', socket.recovered);
        done();
      });
      const [a, socket] = await stage.join('a', '/', { reconnection: true, reconnectionDelay: 1 });
      socket.emit('before');
      await stage.until('a', 'event');
      a.io.engine.close();
      await stage.until('a', 'connected', 2);
    },
    different: {
      because: '`skipMiddlewares` is off by default, so that a session does not replace authentication',
      theirs: [
        'server: middleware false',
        'a: connected',
        "a: event 'before'",
        "a: disconnected 'forced close'",
        "a: connected 'recovered'",
      ],
      ours: [
        'server: middleware false',
        'server: middleware true',
        'a: connected',
        "a: event 'before'",
        "a: disconnected 'forced close'",
        "a: connected 'recovered'",
      ],
    },
  },
];
