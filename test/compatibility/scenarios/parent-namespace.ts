import type { Scenario } from '../scenario.js';

export const PARENT_NAMESPACE: readonly Scenario[] = [
  {
    name: 'a RegExp serves each namespace that it matches, and `new_namespace` reports it',
    covers: ['Server: of', 'Events: new_namespace', 'ParentNamespace: use', 'ParentNamespace: emit'],
    async run(stage) {
      stage.io.on('new_namespace', (nsp) => stage.log('server', 'new_namespace', nsp.name));
      const parent = stage.io.of(/^\/room-\d$/);
      parent.use((socket, next) => {
        stage.log('server', 'middleware', socket.nsp.name);
        next();
      });
      parent.on('connection', (socket) => stage.log('server', 'connection', socket.nsp.name));
      await stage.join('a', '/room-1');
      await stage.join('b', '/room-2');
      stage.client('c', '/room-x');
      await stage.until('c', 'refused');
      stage.log('server', 'emit', parent.emit('all', 1));
      await stage.settle();
    },
  },
  {
    name: 'a function decides on names and on the data of the handshake',
    covers: ['Server: of'],
    async run(stage) {
      stage.io
        .of((name, auth, next) => {
          stage.log('server', 'asked', name, auth);
          next(null, (auth as { key?: string }).key === 'yes');
        })
        .on('connection', (socket) => stage.log('server', 'connection', socket.nsp.name));
      stage.client('a', '/dynamic', { auth: { key: 'no' } });
      await stage.until('a', 'refused');
      await stage.join('b', '/dynamic', { auth: { key: 'yes' } });
    },
  },
  {
    name: 'a function that fails or answers later',
    covers: ['Server: of'],
    async run(stage) {
      stage.io.of((name, _auth, next) => {
        if (name === '/error') next(new Error('no'), true);
        else setImmediate(() => next(null, true));
      });
      stage.client('a', '/error');
      await stage.until('a', 'refused');
      await stage.join('b', '/later');
    },
  },
  {
    name: 'two patterns match: the first that was declared serves',
    covers: ['Server: of'],
    async run(stage) {
      stage.io.of(/^\/x/).on('connection', () => stage.log('server', 'first'));
      stage.io.of(/^\/x-y/).on('connection', () => stage.log('server', 'second'));
      stage.io.of('/x-named').on('connection', () => stage.log('server', 'named'));
      await stage.join('a', '/x-y');
      await stage.join('b', '/x-named');
    },
  },
  {
    name: 'a namespace that is created before its pattern is not a child of the pattern',
    covers: ['Server: of', 'ParentNamespace: emit'],
    async run(stage) {
      stage.io.of('/x-1').on('connection', () => stage.log('server', 'named'));
      const parent = stage.io.of(/^\/x/);
      parent.on('connection', () => stage.log('server', 'pattern'));
      await stage.join('a', '/x-1');
      await stage.join('b', '/x-2');
      parent.emit('children');
      await stage.settle();
    },
  },
  {
    name: 'rooms, `except`, `send` and `volatile` of a parent reach all children',
    covers: [
      'ParentNamespace: to',
      'ParentNamespace: in',
      'ParentNamespace: except',
      'ParentNamespace: send',
      'ParentNamespace: write',
      'ParentNamespace: local',
      'ParentNamespace: volatile',
      'ParentNamespace: compress',
    ],
    async run(stage) {
      const parent = stage.io.of(/^\/x/);
      const [, a] = await stage.join('a', '/x-1');
      const [, b] = await stage.join('b', '/x-2');
      await stage.join('c', '/x-2');
      void a.join('r');
      void b.join('r');
      parent.to('r').emit('to');
      parent.in('r').emit('in');
      parent.except('r').emit('except');
      parent.send('m');
      parent.write('w');
      parent.local.emit('local');
      parent.compress(false).emit('compress');
      await stage.settle();
      parent.volatile.emit('volatile');
      await stage.settle();
    },
  },
  {
    name: 'listeners added to a parent do not apply to a child that already exists',
    covers: ['ParentNamespace: on'],
    async run(stage) {
      const parent = stage.io.of(/^\/x/);
      await stage.join('a', '/x-1');
      parent.on('connection', (socket) => stage.log('server', 'connection', socket.nsp.name));
      await stage.join('b', '/x-1');
      await stage.join('c', '/x-2');
    },
  },
  {
    name: '`createChild` makes a namespace that clients join',
    covers: ['ParentNamespace: createChild'],
    async run(stage) {
      const parent = stage.io.of(/^\/x/);
      parent.on('connection', (socket) => stage.log('server', 'connection', socket.nsp.name));
      const made = (parent as unknown as { createChild(name: string): { name: string } }).createChild('/x-own');
      stage.log('server', 'child', made.name);
      await stage.join('a', '/x-own');
    },
  },
  {
    name: '`fetchSockets` of a parent',
    covers: ['ParentNamespace: fetchSockets'],
    async run(stage) {
      const parent = stage.io.of(/^\/x/);
      await stage.join('a', '/x1');
      try {
        stage.log(
          'server',
          'sockets',
          (await parent.fetchSockets()).map(({ id }) => id),
        );
      } catch (error) {
        stage.log('server', 'throws', error instanceof Error);
      }
    },
    different: {
      because: 'the sockets of all children on this server can be listed',
      theirs: ['server: throws true', 'a: connected'],
      ours: ['server: sockets [ <a> ]', 'a: connected'],
    },
  },
  {
    name: '`createChild` for a namespace that exists',
    covers: ['ParentNamespace: createChild'],
    run(stage) {
      const parent = stage.io.of(/^\/x/) as unknown as { createChild(name: string): unknown };
      const first = parent.createChild('/x1');
      stage.log('server', 'is the same', parent.createChild('/x1') === first, stage.io.of('/x1') === first);
    },
    different: {
      because: 'a second namespace of the same name would replace the first, and leave its clients in neither',
      theirs: ['server: is the same false false'],
      ours: ['server: is the same true true'],
    },
  },
];
